"""Staying on a CPU: a pixel at a time, each step rounded as numpy rounds it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import INDEX, STRICT, kernel, read_only, written
from bunraku.kernels.staying.terms import FAR_PX, SURE
from bunraku.spec.arrays import Array


def strayed(
    flow: Array,
    trust: Array,
    mask: Array,
    owner: NDArray[np.int64],
    near: Array,
    corner: tuple[int, int],
) -> Array:
    """As ``bunraku.kernels.strayed`` says, for arrays that have passed its checks."""
    out = np.empty(owner.shape, np.float32)
    given = map(np.ascontiguousarray, (flow[0], trust[0, 0], mask[0, 0], owner, near))
    _strayed(*given, *corner, out)
    return out


def still_share(
    moved: Array,
    weight: Array,
    slack: Array,
    steep: Array,
    share: Array,
    corner: tuple[int, int],
    n: int,
) -> Array:
    """As ``bunraku.kernels.still_share`` says, for arrays that have passed its checks."""
    out = np.zeros((n, n), np.float32)
    _still_share(*map(np.ascontiguousarray, (moved, weight, slack, steep, share)), *corner, out)
    return out


@kernel(
    (
        *(read_only(3), read_only(2), read_only(2), read_only(2, INDEX), read_only(2)),
        *(INDEX, INDEX, written(2)),
    ),
    STRICT,
)
def _strayed(
    flow: Any, trust: Any, mask: Any, owner: Any, near: Any, top: Any, left: Any, out: Any
) -> None:
    """Where it is not the photo that is shown, nobody knows whether it has moved: that is far."""
    height, width = owner.shape
    half, one, zero = np.float32(len(mask) / 2), np.float32(1), np.float32(0)
    far, certain = np.float32(FAR_PX), np.float32(SURE)
    for i in range(height):
        last, moved = np.int64(-1), zero
        for j in range(width):
            if near[i, j] == zero:
                out[i, j] = zero
                continue
            nth = owner[i, j]
            if nth != last:  # beside the person whole rows have one owner
                last = nth
                # Without a sign: of others each is looked at for whether it counts from the end.
                y, x = np.uint64(top + nth // width), np.uint64(left + nth % width)
                moved = np.maximum(abs(flow[0, y, x]), abs(flow[1, y, x])) * half
                sure = certain * trust[y, x] * mask[y, x]
                moved = np.minimum(moved + far * np.maximum(one - sure, zero), far)
            out[i, j] = moved * near[i, j]


@kernel((*(read_only(2),) * 5, INDEX, INDEX, written(2)), STRICT)
def _still_share(
    moved: Any, weight: Any, slack: Any, steep: Any, share: Any, top: Any, left: Any, out: Any
) -> None:
    zero, one = np.float32(0), np.float32(1)
    for i in range(moved.shape[0]):
        for j in range(moved.shape[1]):
            left_over = (slack[i, j] - moved[i, j] * weight[i, j]) * steep[i, j]
            shown = np.minimum(np.maximum(left_over, zero), one) * share[i, j]
            out[np.uint64(top + i), np.uint64(left + j)] = shown
