"""Enlarging a flow on a CPU: stretched across, then down, then the torn pixels put in.

``a + (b - a) * w`` in this order, as OpenCV has it, so that pictures do not depend on which of the
two enlarges.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.enlarge.tears import TORN
from bunraku.kernels.jit import BYTE, FUSED, INDEX, kernel, read_only, share, written
from bunraku.spec.arrays import Array


class Axis(NamedTuple):
    """How each output pixel of one axis is made; read-only."""

    near: NDArray[np.int64]
    """``[side]``: the input pixel before it."""
    far: NDArray[np.int64]
    """``[side]``: the one behind it; at the end the same."""
    weight: Array
    """``[side]``: of the far one."""
    start: NDArray[np.int64]
    """``[n + 1]``: input pixel i is nearest to the outputs ``start[i]`` to ``start[i + 1] - 1``."""


def enlarge_flow(flow: Array, side: int, *, threads: int | None, out: Array | None = None) -> Array:
    """As ``bunraku.kernels.enlarge_flow`` says, for an array that has passed its checks."""
    return enlarged(flow, side, threads=threads, out=out)[0]


def enlarged(
    flow: Array, side: int, *, threads: int | None, out: Array | None = None
) -> tuple[Array, NDArray[np.uint8]]:
    """The flow enlarged, and which of its own pixels are torn: ``[B,n,n]``, 1 or 0."""
    flow = np.ascontiguousarray(flow)
    batch, _, n, _ = flow.shape
    if out is None:
        out = np.empty((batch, 2, side, side), np.float32)
    tables = axis(n, side)
    torn = np.empty((batch, n, n), np.uint8)
    stretched = np.empty((batch, 2, n, side), np.float32)

    def across(first: int, step: int) -> None:
        _across(flow, tables.near, tables.far, tables.weight, torn, stretched, first, step)

    def down(first: int, step: int) -> None:
        _down(flow, torn, stretched, *tables, out, first, step)

    share(across, batch * n, threads)
    share(down, batch * side, threads)
    return out, torn


@lru_cache(maxsize=32)
def axis(n: int, side: int) -> Axis:
    """The tables of one axis, from n pixels to ``side``."""
    outputs = np.arange(side)
    position = np.clip((outputs + 0.5) * (n / side) - 0.5, 0, n - 1)
    near = position.astype(np.int64)
    nearest = outputs * n // side
    tables = Axis(
        near,
        np.minimum(near + 1, n - 1),
        (position - near).astype(np.float32),
        np.searchsorted(nearest, np.arange(n + 1)).astype(np.int64),
    )
    for table in tables:
        table.flags.writeable = False
    return tables


_TABLE = read_only(1, INDEX)


@kernel(
    (read_only(4), _TABLE, _TABLE, read_only(1), written(3, BYTE), written(4), INDEX, INDEX),
    FUSED,
)
def _across(
    flow: Any,
    near: Any,
    far: Any,
    weight: Any,
    torn: Any,
    stretched: Any,
    first: Any,
    step: Any,
) -> None:
    """Every ``step``-th input row: where it is torn ``[B,n,n]``, and stretched ``[B,2,n,side]``."""
    batch, channels, n, _ = flow.shape
    side = near.shape[0]
    limit = np.float32(TORN)
    low = np.empty(n + 2, np.float32)  # of each column's three pixels, one column more at each end
    high = np.empty(n + 2, np.float32)
    for row in range(first, batch * n, step):
        b = row // n
        i = row % n
        above = max(i - 1, 0)
        below = min(i + 1, n - 1)
        for c in range(channels):
            for j in range(n):
                p = flow[b, c, above, j]
                q = flow[b, c, i, j]
                r = flow[b, c, below, j]
                least = p if p < q else q
                most = p if p > q else q
                low[j + 1] = r if r < least else least
                high[j + 1] = r if r > most else most
            low[0], low[n + 1] = low[1], low[n]
            high[0], high[n + 1] = high[1], high[n]
            for j in range(n):
                least = low[j] if low[j] < low[j + 1] else low[j + 1]
                most = high[j] if high[j] > high[j + 1] else high[j + 1]
                least = low[j + 2] if low[j + 2] < least else least
                most = high[j + 2] if high[j + 2] > most else most
                apart = np.uint8(most - least > limit)
                torn[b, i, j] = apart if c == 0 else torn[b, i, j] | apart
            for j in range(side):
                value = flow[b, c, i, near[j]]
                stretched[b, c, i, j] = value + (flow[b, c, i, far[j]] - value) * weight[j]


@kernel(
    (
        *(read_only(4), read_only(3, BYTE), read_only(4)),
        *(_TABLE, _TABLE, read_only(1), _TABLE, written(4), INDEX, INDEX),
    ),
    FUSED,
)
def _down(
    flow: Any,
    torn: Any,
    stretched: Any,
    near: Any,
    far: Any,
    weight: Any,
    start: Any,
    out: Any,
    first: Any,
    step: Any,
) -> None:
    """Every ``step``-th output row of ``[B,2,side,side]``."""
    batch, channels, n, _ = flow.shape
    side = out.shape[3]
    for row in range(first, batch * side, step):
        b = row // side
        i = row % side
        upper = near[i]
        lower = far[i]
        share_of = weight[i]
        nearest = i * n // side
        for c in range(channels):
            for j in range(side):
                value = stretched[b, c, upper, j]
                out[b, c, i, j] = value + (stretched[b, c, lower, j] - value) * share_of
            for j in range(n):
                if torn[b, nearest, j]:
                    for k in range(start[j], start[j + 1]):
                        out[b, c, i, k] = flow[b, c, nearest, j]
