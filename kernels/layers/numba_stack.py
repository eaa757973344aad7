"""What the groups of a photo show at each pixel, piled up on a CPU."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLAG, INDEX, kernel, read_only, written
from bunraku.kernels.layers.terms import ALIKE_PX, STEEPNESS
from bunraku.kernels.raster.numba_cpu import carried
from bunraku.kernels.reading import between, cell

FRAGMENT = 4
"""Numbers of what a group shows at a pixel."""
DEPTH, PLACE, PART = 0, 1, 3
"""Its depth, x and y in the photo, and how much of the pixel is its."""
_NUMBER = numba.int32


@numba.njit(inline="always")
def _filled(cover: Any, i: Any, j: Any, y: Any, x: Any, n: Any) -> Any:
    """How much of a pixel and those around it, in the window, is covered: the outline is soft."""
    if cover[i, j + 1] and cover[i + 2, j + 1] and cover[i + 1, j] and cover[i + 1, j + 2]:
        return np.float32(1)
    there = counted = 0
    for k in range(3):
        for m in range(3):
            if 0 <= y + k - 1 < n and 0 <= x + m - 1 < n:
                counted += 1
                there += int(cover[i + k, j + m] > 0)
    return np.float32(there) / np.float32(counted)


@kernel((read_only(2, _NUMBER), INDEX, INDEX, written(2, BYTE)))
def tally(number: Any, row: Any, column: Any, cover: Any) -> None:
    """Count a sheet's pixels.

    :param row: of the stack that the sheet's first pixel is; :param column: likewise.
    :param cover: ``[h+2,w+2]``: how many sheets are at each pixel of the stack, and around it none.
    """
    for i in range(number.shape[0]):
        for j in range(number.shape[1]):
            cover[row + i + 1, column + j + 1] += np.uint8(number[i, j] >= 0)


@kernel((read_only(2, BYTE), written(2, _NUMBER)))
def make_room(cover: Any, first: Any) -> Any:
    """Give each pixel as many places in a row as there are sheets at it.

    :param cover: of ``tally``.
    :param first: ``[h,w]``: the number of its first place.
    :return: how many places there are.
    """
    total = 0
    for i in range(first.shape[0]):
        for j in range(first.shape[1]):
            first[i, j] = total
            total += int(cover[i + 1, j + 1])
    return total


@kernel(
    (
        *(read_only(2), read_only(2, _NUMBER), read_only(3), INDEX, INDEX, INDEX, INDEX),
        read_only(2, BYTE),
        *(read_only(2, _NUMBER), read_only(2), read_only(1, FLAG), read_only(2), read_only(3)),
        *(read_only(2, _NUMBER), written(2), written(2, BYTE)),
    )
)
def lay(
    depth: Any,
    number: Any,
    bary: Any,
    row: Any,
    column: Any,
    top: Any,
    left: Any,
    cover: Any,
    triangles: Any,
    place: Any,
    cut: Any,
    share: Any,
    members: Any,
    first: Any,
    stack: Any,
    count: Any,
) -> None:
    """Put a sheet's pixels onto the stack, whose fragments lie near before far.

    :param row: of the stack that the sheet's first pixel is; :param column: likewise.
    :param top: row of the window that the stack's first pixel is; :param left: column.
    :param members: ``[n,n,1]``, the sheet's own.
    :param cover: of ``tally``, of all the sheets; :param first: of ``make_room``.
    :param stack: ``[m,FRAGMENT]``; :param count: ``[h,w]``: how many of a pixel's places are taken.
    """
    height, width = number.shape
    n = members.shape[0]
    zero, half, one = np.float32(0), np.float32(0.5), np.float32(1)
    for i in range(height):
        for j in range(width):
            t = number[i, j]
            if t < 0:
                continue
            x = carried(bary, i, j, triangles, t, place, 0)
            y = carried(bary, i, j, triangles, t, place, 1)
            part = carried(bary, i, j, triangles, t, share, 0)
            if part <= zero:
                continue
            if cut[t]:
                right, down, fx, fy = cell(x, y, n)
                own = between(members, right, down, fx, fy, 0)
                part *= min(max((own - half) * np.float32(STEEPNESS) + half, zero), one)
            part *= _filled(cover, row + i, column + j, top + row + i, left + column + j, n)
            near = depth[i, j]
            start = np.int64(first[row + i, column + j])
            k = start + np.int64(count[row + i, column + j])
            count[row + i, column + j] += np.uint8(1)
            while k > start and near < stack[k - 1, 0]:
                for c in range(FRAGMENT):
                    stack[k, c] = stack[k - 1, c]
                k -= 1
            stack[k, 0], stack[k, 1], stack[k, 2], stack[k, 3] = near, x, y, part


@numba.njit(inline="always")
def alike(stack: Any, one: Any, other: Any) -> Any:
    """Whether two fragments read the same place of the photo.

    By their numbers: a row of an array costs as much as all the rest.
    """
    apart = max(
        abs(stack[one, PLACE] - stack[other, PLACE]),
        abs(stack[one, PLACE + 1] - stack[other, PLACE + 1]),
    )
    return apart < np.float32(ALIKE_PX)
