"""What streaks and tears leave on a CPU: triangle after triangle."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import FLAG, STRICT, kernel, read_only, written
from bunraku.spec.arrays import Array


def unstreaked(moved: Array, triangles: Any, unstretched: Array, streaks: Array) -> Array:
    """As ``bunraku.kernels.unstreaked`` says, for arrays that have passed its checks."""
    sums, out = np.zeros((len(moved), 2)), np.empty(len(moved), np.float32)
    _add(*map(np.ascontiguousarray, (moved, triangles, unstretched, streaks)), sums, out)
    return out


def untorn(moved: Array, triangles: Any, limits: Array) -> NDArray[np.bool_]:
    """As ``bunraku.kernels.untorn`` says, for arrays that have passed its checks."""
    out = np.empty(len(triangles), np.bool_)
    _measure(*map(np.ascontiguousarray, (moved, triangles, limits)), out)
    return out


@kernel((read_only(2), read_only(2, numba.int32), read_only(2), written(1, FLAG)), STRICT)
def _measure(moved: Any, triangles: Any, limits: Any, out: Any) -> None:
    for t in range(triangles.shape[0]):
        out[t] = True
        for k in range(3):
            start, end = triangles[t, k], triangles[t, (k + 1) % 3]
            x, y = moved[start, 0] - moved[end, 0], moved[start, 1] - moved[end, 1]
            if x * x + y * y > limits[t, k]:
                out[t] = False


@kernel(
    (
        *(read_only(2), read_only(2, numba.int32), read_only(3), read_only(2)),
        *(written(2, numba.float64), written(1)),
    ),
    STRICT,
)
def _add(moved: Any, triangles: Any, unstretched: Any, streaks: Any, sums: Any, out: Any) -> None:
    """Add up what each vertex has to show, and of how many triangles.

    :param sums: ``[v,2]``, zero.
    """
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x, y = moved[a, 0], moved[a, 1]
        bx, cx = moved[b, 0] - x, moved[c, 0] - x
        by, cy = moved[b, 1] - y, moved[c, 1] - y
        back = unstretched[t]
        xx, xy = bx * back[0, 0] + cx * back[1, 0], bx * back[0, 1] + cx * back[1, 1]
        yx, yy = by * back[0, 0] + cy * back[1, 0], by * back[0, 1] + cy * back[1, 1]
        squares, area = xx * xx + xy * xy + yx * yx + yy * yy, xx * yy - xy * yx
        root = np.sqrt(max(squares * squares - np.float32(4) * area * area, zero))
        longest = np.sqrt(half * (squares + root))  # the larger singular value
        start, end = streaks[t, 0], streaks[t, 1]
        shown = min(max((end - longest) / (end - start), zero), one)
        for k in (a, b, c):
            sums[k, 0] += shown
            sums[k, 1] += 1.0
    for k in range(sums.shape[0]):
        out[k] = sums[k, 0] / max(sums[k, 1], 1.0)
