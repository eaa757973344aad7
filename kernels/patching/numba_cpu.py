"""Patching on a CPU: one pass that looks which pixels count, and one over these.

Each step is rounded as numpy rounds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels.jit import FLOAT, INDEX, STRICT, kernel, read_only, written
from bunraku.kernels.pasting.terms import PREMULTIPLIED, Box
from bunraku.kernels.patching.terms import AROUND, Looked, Rectangle
from bunraku.spec.arrays import Array


def look_for(flow: Array, box: Box, patch: Rectangle, size: tuple[int, int]) -> Looked:
    """As ``bunraku.kernels.look_for`` says, for an array that has passed its checks."""
    n, (left, top, side), (rows, columns) = flow.shape[3], box, size
    wide, high = patch.width / columns, patch.height / rows
    planes = np.ascontiguousarray(flow[0])
    place = map(np.float32, (side / 2, side / n, left - patch.left, top - patch.top))
    ends = map(np.float32, (-wide, patch.width + wide, -high, patch.height + high))
    given = (planes, *place)
    first, last, low, past = _look(*given, *ends)
    x, y = np.empty((2, past - low, last - first), np.float32)
    across, down = np.float32(columns / patch.width), np.float32(rows / patch.height)
    _places(*given, across, down, low, first, x, y)
    return Looked((low, first), x, y)


def show_through(
    image: Array, trust: Array, warped: Array, share: Array, corner: tuple[int, int]
) -> None:
    """As ``bunraku.kernels.show_through`` says, for arrays that have passed its checks."""
    _show(image[0], trust[0, 0], *map(np.ascontiguousarray, (warped[0], share)), *corner)


@kernel((read_only(3), *(FLOAT,) * 8), STRICT)
def _look(
    flow: Any,
    half: Any,
    step: Any,
    right: Any,
    down: Any,
    least_x: Any,
    most_x: Any,
    least_y: Any,
    most_y: Any,
) -> Any:
    """First column, the one after the last, first row, the one after the last."""
    n = flow.shape[1]
    first, last, low, high = n, -1, n, -1
    offsets = np.empty(n, np.float32)
    for j in range(n):
        offsets[j] = (np.float32(j) + np.float32(0.5)) * step + right
    for i in range(n):
        offset = (np.float32(i) + np.float32(0.5)) * step + down
        begin, end = n, -1
        for j in range(n):
            y = flow[1, i, j] * half + offset
            x = flow[0, i, j] * half + offsets[j]
            if y >= least_y and y <= most_y and x >= least_x and x <= most_x:
                begin, end = min(begin, j), j
        if end >= 0:
            first, last = min(first, begin), max(last, end)
            low, high = min(low, i), i
    if last < 0:
        return 0, 1, 0, 1
    return (
        max(first - AROUND, 0),
        min(last + 1 + AROUND, n),
        max(low - AROUND, 0),
        min(high + 1 + AROUND, n),
    )


@kernel((read_only(3), *(FLOAT,) * 6, INDEX, INDEX, written(2), written(2)), STRICT)
def _places(
    flow: Any,
    half: Any,
    step: Any,
    right: Any,
    down: Any,
    across: Any,
    along: Any,
    top: Any,
    left: Any,
    x: Any,
    y: Any,
) -> None:
    """:param across: pixels of the smaller picture for one of the photo's; :param along: down."""
    middle = np.float32(0.5)
    for i in range(x.shape[0]):
        below = (np.float32(top + i) + middle) * step + down
        for j in range(x.shape[1]):
            beside = (np.float32(left + j) + middle) * step + right
            row, column = np.uint64(top + i), np.uint64(left + j)
            x[i, j] = (flow[0, row, column] * half + beside) * across - middle
            y[i, j] = (flow[1, row, column] * half + below) * along - middle


@kernel((written(3), written(2), read_only(3), read_only(2), INDEX, INDEX), STRICT)
def _show(image: Any, trust: Any, warped: Any, share: Any, top: Any, left: Any) -> None:
    zero, one, trace = np.float32(0), np.float32(1), np.float32(PREMULTIPLIED)
    for i in range(share.shape[0]):
        for j in range(share.shape[1]):
            if share[i, j] == zero:
                continue
            y, x = np.uint64(top + i), np.uint64(left + j)
            more = np.maximum(np.minimum(warped[3, y, x], one) - trust[y, x], zero)
            part = share[i, j] * more / (one - trust[y, x] + trace)
            whole = warped[3, y, x] + trace
            for c in range(3):
                colour = np.minimum(np.maximum(warped[c, y, x] / whole, zero), one)
                image[c, y, x] += (colour - image[c, y, x]) * part
            trust[y, x] += (one - trust[y, x]) * part
