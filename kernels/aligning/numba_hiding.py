"""Which points limbs hide, on a CPU: point after point, until one limb is before it."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import FLAG, FLOAT, FUSED, kernel, read_only, written
from bunraku.spec.arrays import Array

TINY = 1e-6
"""A limb's squared length is at least this, in pixels."""


def hidden_by_limbs(
    place: Array,
    bone: NDArray[np.int32],
    starts: Array,
    ends: Array,
    radius: Array,
    depth: float,
    before: float,
) -> NDArray[np.bool_]:
    """As ``bunraku.kernels.hidden_by_limbs`` says, for arrays that have passed its checks."""
    out = np.empty(len(place), np.bool_)
    given = map(np.ascontiguousarray, (place, bone, starts, ends, radius))
    _hidden(*given, np.float32(depth), np.float32(before), out)
    return out


@numba.njit(inline="always")
def _inside(value: Any) -> Any:
    return min(max(value, np.float32(0)), np.float32(1))


@kernel(
    (
        *(read_only(2), read_only(1, numba.int32), read_only(2), read_only(2), read_only(1)),
        *(FLOAT, FLOAT, written(1, FLAG)),
    ),
    FUSED,
)
def _hidden(
    place: Any, bone: Any, starts: Any, ends: Any, radius: Any, depth: Any, before: Any, out: Any
) -> None:
    limbs = len(starts)
    way = np.empty((limbs, 4), np.float32)  # x, y and z of a limb, its squared length
    for k in range(limbs):
        x, y = ends[k, 0] - starts[k, 0], ends[k, 1] - starts[k, 1]
        way[k, 0], way[k, 1], way[k, 2] = x, y, ends[k, 2] - starts[k, 2]
        way[k, 3] = max(x * x + y * y, np.float32(TINY))
    for m in range(len(place)):
        own, at = depth, bone[m]
        if at < limbs:
            x, y = place[m, 0] - starts[at, 0], place[m, 1] - starts[at, 1]
            within = _inside((x * way[at, 0] + y * way[at, 1]) / way[at, 3])
            own = starts[at, 2] + within * way[at, 2]
        out[m] = False
        for k in range(limbs):
            x, y = place[m, 0] - starts[k, 0], place[m, 1] - starts[k, 1]
            within = _inside((x * way[k, 0] + y * way[k, 1]) / way[k, 3])
            x, y = x - within * way[k, 0], y - within * way[k, 1]
            near = x * x + y * y < radius[k] * radius[k]
            if near and starts[k, 2] + within * way[k, 2] < own - before:
                out[m] = True
                break
