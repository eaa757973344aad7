"""Layers on a CPU: row after row, only pixels that move."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, INDEX, clamped, kernel, read_only, share, written
from bunraku.kernels.reading import with_pixels
from bunraku.kernels.redraw.terms import CHANNELS, STILL_PX, Box
from bunraku.spec.arrays import Array, Picture


def redraw(
    photo: Picture,
    field: Array,
    box: Box,
    out: Picture,
    origin: tuple[int, int],
    *,
    threads: int | None,
) -> None:
    """As ``bunraku.kernels.redraw`` says, for arrays that have passed its checks."""
    numbers = np.array([*box, *origin], np.int64)
    shared = (np.ascontiguousarray(photo), np.ascontiguousarray(field), numbers, out)
    share(lambda first, step: _rows(*shared, first, step), box[3], threads)


@numba.njit(inline="always")
def _level(value: Any) -> Any:
    return np.uint8(min(max(value + np.float32(0.5), np.float32(0.0)), np.float32(255.0)))


@kernel((read_only(3, BYTE), read_only(3), read_only(1, INDEX), written(3, BYTE), INDEX, INDEX))
def _rows(photo: Any, field: Any, numbers: Any, out: Any, first: Any, step: Any) -> None:
    """Every ``step``-th row of the box.

    :param field: ``[h, w, 9]`` by ``terms.Channel``.
    :param numbers: left, top, width, height of the box, x and y of ``out`` in the photo.
    """
    left, top, width, height, x0, y0 = numbers
    rows, columns, _ = field.shape
    last_x, last_y = photo.shape[1] - 1, photo.shape[0] - 1
    zero, one, half = np.float32(0.0), np.float32(1.0), np.float32(0.5)
    still = np.float32(STILL_PX)
    line = np.empty((columns, CHANNELS), np.float32)
    does = np.empty(columns, np.int8)  # nothing, skin alone, more layers
    near, beside = np.empty(width, np.int64), np.empty(width, np.float32)
    for column in range(width):
        u = (np.float32(column) + half) * np.float32(columns) / np.float32(width) - half
        u = clamped(u, np.float32(columns - 1))
        near[column] = min(int(u), max(columns - 2, 0))
        beside[column] = u - np.float32(near[column])
    for row in range(first, height, step):
        v = (np.float32(row) + half) * np.float32(rows) / np.float32(height) - half
        v = clamped(v, np.float32(rows - 1))
        upper = min(int(v), max(rows - 2, 0))
        lower, down = min(upper + 1, rows - 1), v - np.float32(upper)
        for i in range(columns):  # the field between its two rows, once for all columns
            for c in range(CHANNELS):
                line[i, c] = field[upper, i, c] + (field[lower, i, c] - field[upper, i, c]) * down
            does[i] = 1 if abs(line[i, 0]) >= still or abs(line[i, 1]) >= still else 0
            if line[i, 2] > zero or line[i, 5] > zero:
                does[i] = 2
        y = np.float32(top + row)
        for column in range(width):
            i, across = near[column], beside[column]
            j = min(i + 1, columns - 1)
            do = max(does[i], does[j])
            if do == 0:
                continue
            x = np.float32(left + column)
            dx = line[i, 0] + (line[j, 0] - line[i, 0]) * across
            dy = line[i, 1] + (line[j, 1] - line[i, 1]) * across
            red, green, blue, over, skin = zero, zero, zero, zero, one
            if do == 2:
                over = line[i, 2] + (line[j, 2] - line[i, 2]) * across
                skin -= over + line[i, 5] + (line[j, 5] - line[i, 5]) * across
                red = line[i, 6] + (line[j, 6] - line[i, 6]) * across
                green = line[i, 7] + (line[j, 7] - line[i, 7]) * across
                blue = line[i, 8] + (line[j, 8] - line[i, 8]) * across
            if abs(dx) < still and abs(dy) < still and skin >= one:
                continue
            for which in range(2):
                weight = skin
                if which == 1:
                    weight = over
                    dx = line[i, 3] + (line[j, 3] - line[i, 3]) * across
                    dy = line[i, 4] + (line[j, 4] - line[i, 4]) * across
                if weight < np.float32(1e-4):
                    continue
                sx, sy = clamped(x + dx, np.float32(last_x)), clamped(y + dy, np.float32(last_y))
                px, py = min(int(sx), last_x - 1), min(int(sy), last_y - 1)
                hx, hy = sx - np.float32(px), sy - np.float32(py)
                sums = red, green, blue
                red, green, blue = with_pixels(photo, px, py, hx, hy, weight, sums)
            out[top + row - y0, left + column - x0, 0] = _level(red)
            out[top + row - y0, left + column - x0, 1] = _level(green)
            out[top + row - y0, left + column - x0, 2] = _level(blue)
