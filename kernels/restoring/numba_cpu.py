"""Restoring on a CPU: row after row, and only where the map is not zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels.jit import BYTE, INDEX, clamped, kernel, read_only, written
from bunraku.kernels.jit import share as shared
from bunraku.kernels.pasting.terms import TRACE, Box, inside
from bunraku.spec.arrays import Array, Picture


def restore(picture: Picture, photo: Picture, share: Array, box: Box, threads: int | None) -> None:
    """As ``bunraku.kernels.restore`` says, for arrays that have passed its checks."""
    corners = inside(box, picture.shape)
    where = np.array([*box, *corners], np.int64)
    given = np.ascontiguousarray(photo), np.ascontiguousarray(share), where
    rows = corners[3] - corners[1]
    shared(lambda first, step: _rows(picture, *given, first, step), rows, threads)


@kernel((written(3, BYTE), read_only(3, BYTE), read_only(2), read_only(1, INDEX), INDEX, INDEX))
def _rows(picture: Any, photo: Any, share: Any, where: Any, first: Any, step: Any) -> None:
    """Every ``step``-th row of the window's part of the photo.

    :param where: ``[7]``: left, top and side of the window; x0, y0, x1, y1 of that part.
    """
    left, top, side = where[0], where[1], where[2]
    x0, y0, x1, y1 = where[3], where[4], where[5], where[6]
    n = share.shape[0]
    half, one, trace = np.float32(0.5), np.float32(1.0), np.float32(TRACE)
    ratio, last = np.float32(n) / np.float32(side), np.float32(n - 1)
    begins = np.empty(n, np.int64)  # the first of the photo's pixels that reads from each on
    for i in range(n):
        first_one = np.int64(np.ceil((np.float32(i) + half) / ratio - half)) + left
        begins[i] = min(max(first_one, x0), x1)
    begins[0], begins[n - 1] = x0, x1
    line = np.empty(n, np.float32)
    for y in range(y0 + first, y1, step):
        v = clamped((np.float32(y - top) + half) * ratio - half, last)
        row = min(int(v), n - 2)
        fy = v - np.float32(row)
        for i in range(n):
            line[i] = share[row, i] * (one - fy) + share[row + 1, i] * fy
        for i in range(n - 1):
            least, most = min(line[i], line[i + 1]), max(line[i], line[i + 1])
            if not most >= trace:  # NaN shows nothing either
                continue
            if least >= one - trace:
                for x in range(begins[i], begins[i + 1]):
                    picture[y, x, 0], picture[y, x, 1] = photo[y, x, 0], photo[y, x, 1]
                    picture[y, x, 2] = photo[y, x, 2]
                continue
            for x in range(begins[i], begins[i + 1]):
                u = clamped((np.float32(x - left) + half) * ratio - half, last)
                fx = min(max(u - np.float32(i), np.float32(0.0)), one)
                weight = line[i] + (line[i + 1] - line[i]) * fx
                if not weight >= trace:
                    continue
                for c in range(3):
                    below = np.float32(picture[y, x, c])
                    value = below + (np.float32(photo[y, x, c]) - below) * weight + half
                    picture[y, x, c] = np.uint8(value)
