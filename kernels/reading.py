"""Reading a picture between its pixels, for the CPU kernels."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import clamped

LEVELS = np.arange(256, dtype=np.float32)
"""Of each byte the number: to look it up takes less than to convert it."""


@numba.njit(inline="always")
def cell(x: Any, y: Any, n: Any) -> Any:
    """The pixel before a place, and how far beyond it the place is: column, row, shares."""
    x, y = clamped(x, np.float32(n - 1)), clamped(y, np.float32(n - 1))
    column, row = min(int(x), n - 2), min(int(y), n - 2)
    return column, row, x - np.float32(column), y - np.float32(row)


@numba.njit(inline="always")
def _counted(row: Any, column: Any) -> Any:
    """A row and the next, a column and the next, without a sign: of other numbers each is looked at
    for whether it counts from the end."""
    i, j = np.uint64(row), np.uint64(column)
    return i, i + np.uint64(1), j, j + np.uint64(1)


@numba.njit(inline="always")
def between(picture: Any, column: Any, row: Any, fx: Any, fy: Any, c: Any) -> Any:
    """A channel's value between four pixels of ``cell``."""
    i, next_row, j, beside = _counted(row, column)
    above = picture[i, j, c]
    above += (picture[i, beside, c] - above) * fx
    below = picture[next_row, j, c]
    below += (picture[next_row, beside, c] - below) * fx
    return above + (below - above) * fy


@numba.njit(inline="always")
def of_plane(planes: Any, k: Any, column: Any, row: Any, fx: Any, fy: Any, c: Any) -> Any:
    """``between`` of one of several pictures."""
    i, next_row, j, beside = _counted(row, column)
    k = np.uint64(k)
    above = planes[k, i, j, c]
    above += (planes[k, i, beside, c] - above) * fx
    below = planes[k, next_row, j, c]
    below += (planes[k, next_row, beside, c] - below) * fx
    return above + (below - above) * fy


@numba.njit(inline="always")
def with_pixels(photo: Any, column: Any, row: Any, fx: Any, fy: Any, weight: Any, sums: Any) -> Any:
    """Sums of three colours, and what a picture has between four pixels, by a weight."""
    red, green, blue = sums
    one = np.float32(1.0)
    i, below, j, beside = _counted(row, column)
    w00, w01 = weight * (one - fx) * (one - fy), weight * fx * (one - fy)
    w10, w11 = weight * (one - fx) * fy, weight * fx * fy
    red += LEVELS[photo[i, j, 0]] * w00 + LEVELS[photo[i, beside, 0]] * w01
    red += LEVELS[photo[below, j, 0]] * w10 + LEVELS[photo[below, beside, 0]] * w11
    green += LEVELS[photo[i, j, 1]] * w00 + LEVELS[photo[i, beside, 1]] * w01
    green += LEVELS[photo[below, j, 1]] * w10 + LEVELS[photo[below, beside, 1]] * w11
    blue += LEVELS[photo[i, j, 2]] * w00 + LEVELS[photo[i, beside, 2]] * w01
    blue += LEVELS[photo[below, j, 2]] * w10 + LEVELS[photo[below, beside, 2]] * w11
    return red, green, blue
