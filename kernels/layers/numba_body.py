"""The body of a person under the photo's mesh, pixel by pixel on a CPU."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import FLAG, FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.layers.terms import AROUND, WHOLE

UNDER = 3
"""Numbers of what the body shows at a pixel."""
SHOWN, SURFACE, NEAREST = 0, 1, 2
"""How much of the pixel it fills, and from which depth on it hides the photo: +inf where it is not,
and only lends its colours; and the least of these of the pixel and those around it."""
DOWN, RIGHT = np.array(AROUND, np.int64).T.copy()
_NUMBER = numba.int32


@kernel(
    (
        *(read_only(2), read_only(2, FLAG), INDEX, INDEX, INDEX, FLOAT, INDEX, INDEX),
        *(written(3), written(2, _NUMBER)),
    )
)
def show_body(
    depth: Any,
    cover: Any,
    row: Any,
    column: Any,
    n: Any,
    behind: Any,
    top: Any,
    left: Any,
    under: Any,
    seen: Any,
) -> None:
    """Where the body is, its edges smoothed, and so a pixel beyond them.

    :param depth: ``[a,b]``, of its raster.
    :param cover: ``[a+4,b+4]``, where it is, with two pixels around.
    :param row: of its first pixel in the window; :param column: of the same.
    :param n: side of the window.
    :param top: row of ``under`` in the window; :param left: column.
    :param under: ``[h,w,UNDER]``, zero; what the body shows.
    :param seen: ``[h,w]``: flat index of the raster's pixel that tells what it looks like.
    """
    three = np.empty(cover.shape[1], np.uint8)  # how many of a pixel and those above and below it
    for i in range(max(1 - row, 0), min(cover.shape[0] - 2, n + 1 - row)):
        y = row + i - 1
        for j in range(cover.shape[1]):
            three[j] = np.uint8(cover[i, j]) + np.uint8(cover[i + 1, j]) + np.uint8(cover[i + 2, j])
        for j in range(max(1 - column, 0), min(cover.shape[1] - 2, n + 1 - column)):
            x = column + j - 1
            filled = int(three[j]) + int(three[j + 1]) + int(three[j + 2])
            if filled == 0:
                continue
            nearest = np.float32(np.inf)
            for k in range(3):
                for m in range(3):
                    if cover[i + k, j + m]:
                        nearest = min(nearest, depth[i + k - 2, j + m - 2])
            a, b = i - 1, j - 1
            own = cover[i + 1, j + 1]
            if not own:
                for k in range(len(DOWN)):
                    if cover[i + 1 + DOWN[k], j + 1 + RIGHT[k]]:
                        a, b = a + DOWN[k], b + RIGHT[k]
                        break
            counted = (min(y + 2, n) - max(y - 1, 0)) * (min(x + 2, n) - max(x - 1, 0))
            under[y - top, x - left, SHOWN] = np.float32(filled) / np.float32(counted)
            under[y - top, x - left, SURFACE] = depth[a, b] + behind if own else np.float32(np.inf)
            under[y - top, x - left, NEAREST] = nearest + behind
            seen[y - top, x - left] = a * depth.shape[1] + b


@numba.njit(inline="always")
def hiding(under: Any, i: Any, j: Any, y: Any, x: Any, n: Any, depth: Any) -> Any:
    """Where around a pixel the body hides what lies so deep: in how many of the nine pixels, how
    many of them are in the window, and the number of the first in ``AROUND``, -1 for the pixel's
    own.

    :param y: the pixel's row in the window; :param x: its column.
    """
    there, counted, first = 0, 0, len(DOWN)
    for k in range(-1, len(DOWN)):
        down = DOWN[k] if k >= 0 else 0
        right = RIGHT[k] if k >= 0 else 0
        if not (0 <= y + down < n and 0 <= x + right < n):
            continue
        counted += 1
        p, q = i + down, j + right
        if p < 0 or q < 0 or p >= under.shape[0] or q >= under.shape[1]:
            continue
        if under[p, q, SHOWN] > np.float32(0) and under[p, q, SURFACE] <= depth:
            there += 1
            first = min(first, k)
    return there, counted, first


@numba.njit(inline="always")
def amid(under: Any, i: Any, j: Any, reach: Any) -> Any:
    """Whether the body goes on each way from a pixel."""
    whole = np.float32(WHOLE)
    if i < reach or j < reach or i + reach >= under.shape[0] or j + reach >= under.shape[1]:
        return False
    return (
        under[i, j, SHOWN] > whole
        and under[i - reach, j, SHOWN] > whole
        and under[i + reach, j, SHOWN] > whole
        and under[i, j - reach, SHOWN] > whole
        and under[i, j + reach, SHOWN] > whole
    )
