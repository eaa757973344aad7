"""Pasting on a CPU: the window packed pixel by pixel, then row after row over the plate."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLAG, FLOAT, INDEX, clamped, kernel, read_only, share, written
from bunraku.kernels.pasting.numba_field import FIELD, find_spans, pack_field
from bunraku.kernels.pasting.terms import JUMP, TRACE, Box, Detail, Fade, inside
from bunraku.kernels.reading import LEVELS, with_pixels
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.tensors import WARPED_CHANNELS


def paste(
    plate: Picture,
    photo: Picture,
    image: Array,
    mask: Array,
    box: Box,
    *,
    fade: Fade,
    detail: Detail | None,
    mixed: bool = False,
    threads: int | None,
    out: Picture | None = None,
) -> Picture:
    """As ``bunraku.kernels.paste`` says, for arrays that have passed its checks."""
    side = image.shape[3]
    trust, warped, flow = detail or _no_detail(side)
    planes = [np.ascontiguousarray(t) for t in (image[0], mask[0, 0], trust[0, 0], warped[0])]
    field = np.empty((side, side, FIELD), np.float32)
    spans = np.empty((side, 2), np.int64)
    half = box[2] / 2.0
    find_spans(planes[1], spans)
    reach = 6 + 2 * (side // box[2])
    scaled = np.ascontiguousarray(flow[0]), np.float32(half)
    pack_field(*planes, *scaled, spans, reach, field)
    if out is None:
        out = np.empty(plate.shape, np.uint8)
    if out is not plate:
        np.copyto(out, plate)
    corners = inside(box, photo.shape)
    shared = (
        *(out, np.ascontiguousarray(photo), field, spans, np.array([*box, *corners], np.int64)),
        *(np.ascontiguousarray(factor) for factor in fade),
        *(np.float32(JUMP * half), mixed, reach),
    )
    rows = corners[3] - corners[1]
    share(lambda first, step: _paste_rows(*shared, first, step), rows, threads)
    return out


@lru_cache(maxsize=4)
def _no_detail(side: int) -> Detail:
    """Nothing trusted; read-only."""
    nothing = np.zeros((1, WARPED_CHANNELS, side, side), np.float32)
    nothing.flags.writeable = False
    return nothing[:, :1], nothing, nothing[:, :2]


@numba.njit(inline="always")
def _mixed(below: Any, above: Any, weight: Any) -> Any:
    """One 8-bit value over another, rounded."""
    value = LEVELS[below] * (np.float32(1.0) - weight) + above * weight + np.float32(0.5)
    return np.uint8(min(max(value, np.float32(0.0)), np.float32(255.0)))


@numba.njit(inline="always")
def _between(near: Any, far: Any, weight: Any, jump: Any) -> Any:
    """A flow between two pixels: their mean by weight, or at an edge the nearer one's."""
    if abs(far - near) > jump:
        return far if weight > np.float32(0.5) else near
    return near + (far - near) * weight


@kernel(
    (read_only(3, BYTE), read_only(3), INDEX, INDEX, FLOAT, FLOAT, *(INDEX,) * 6),
)
def _read_corners(
    photo: Any,
    field: Any,
    row: Any,
    column: Any,
    fx: Any,
    fy: Any,
    x: Any,
    y: Any,
    x0: Any,
    y0: Any,
    x1: Any,
    y1: Any,
) -> Any:
    """What the four pixels around read in the photo, each by its trust and how near it is."""
    one = np.float32(1.0)
    red = green = blue = np.float32(0.0)
    for k in range(4):
        q, r = row + k // 2, column + k % 2
        t = (fx if k % 2 else one - fx) * (fy if k > 1 else one - fy) * field[q, r, 3]
        if not t > np.float32(0.0):
            continue
        sx = clamped(np.float32(x - x0) + field[q, r, 4], np.float32(x1 - 1 - x0))
        sy = clamped(np.float32(y - y0) + field[q, r, 5], np.float32(y1 - 1 - y0))
        px, py = min(int(sx), x1 - x0 - 2), min(int(sy), y1 - y0 - 2)
        hx, hy = sx - np.float32(px), sy - np.float32(py)
        px, py = px + x0, py + y0
        sums = red, green, blue
        red, green, blue = with_pixels(photo, px, py, hx, hy, t, sums)
    return red, green, blue


@kernel(
    (
        *(written(3, BYTE), read_only(3, BYTE), read_only(3), read_only(2, INDEX)),
        *(read_only(1, INDEX), read_only(1), read_only(1), FLOAT, FLAG, INDEX, INDEX, INDEX),
    )
)
def _paste_rows(
    out: Any,
    photo: Any,
    field: Any,
    spans: Any,
    box: Any,
    fade_x: Any,
    fade_y: Any,
    jump: Any,
    mixed: Any,
    reach: Any,
    first: Any,
    step: Any,
) -> None:
    """Blend every ``step``-th row of the window over ``out``, which holds the plate.

    :param field: ``[n, n, 8]`` of ``pack_field``; :param spans: ``[n, 2]`` of ``find_spans``.
    :param box: left, top, side of the window, then x0, y0, x1, y1: its part inside the photo.
    :param fade_x: ``[x1 - x0]``, factor of the mask; :param fade_y: ``[y1 - y0]``.
    :param jump: in photo pixels; where the flow changes by more, there is an edge.
    :param mixed: whether the photo is read along both flows there.
    :param reach: columns beyond those of a span that pixels of the photo lie between.
    """
    left, top, side, x0, y0, x1, y1 = box
    n = field.shape[0]
    ratio = np.float32(n) / np.float32(side)
    # As numbers in a row they are read by the eight.
    flat, level = field.reshape(n, n * FIELD), np.empty(n * FIELD, np.float32)
    line = level.reshape(n, FIELD)
    torn = np.empty(n, np.bool_)
    edge = np.empty(n, np.bool_)  # between a column and the next
    half, one, last = np.float32(0.5), np.float32(1.0), np.float32(n - 1)
    near, beside = np.empty(x1 - x0, np.uint64), np.empty(x1 - x0, np.float32)
    for x in range(x0, x1):
        u = clamped((np.float32(x - left) + half) * ratio - half, last)
        column = min(int(u), n - 2)
        near[x - x0], beside[x - x0] = column, u - np.float32(column)
    for y in range(y0 + first, y1, step):
        v = clamped((np.float32(y - top) + half) * ratio - half, last)
        row = min(int(v), n - 2)
        fy = v - np.float32(row)
        # The columns in which one of its two rows shows something: else what is between shows none.
        low, high = min(spans[row, 0], spans[row + 1, 0]), max(spans[row, 1], spans[row + 1, 1]) - 1
        if high < 0:
            continue
        start = left + int((np.float32(low) - one) / ratio) - 1
        end = left + int((np.float32(high) + one + half) / ratio) + 2
        # The field between its two rows, once for all columns.
        begin, past = max(low - reach, 0), min(high + reach, n)
        upper, lower, gy = flat[row], flat[row + 1], one - fy
        # Without a sign: of others each is looked at for whether it counts from the end.
        for k in range(np.uint64(begin * FIELD), np.uint64(past * FIELD)):
            level[k] = upper[k] * gy + lower[k] * fy
        for i in range(begin, past):
            k = i * FIELD
            right, down = abs(lower[k + 4] - upper[k + 4]), abs(lower[k + 5] - upper[k + 5])
            torn[i] = max(right, down) > jump
            if torn[i]:
                for c in range(4, 6):
                    line[i, c] = _between(upper[k + c], lower[k + c], fy, jump)
        for i in range(begin, past - 1):
            edge[i] = torn[i] or torn[i + 1]
            edge[i] |= abs(line[i + 1, 4] - line[i, 4]) > jump
            edge[i] |= abs(line[i + 1, 5] - line[i, 5]) > jump
        dim = fade_y[y - y0]
        for x in range(max(x0, start), min(x1, end)):
            nth, at, down = np.uint64(x - x0), np.uint64(x), np.uint64(y)
            here, fx = near[nth], beside[nth]
            after, gx = here + np.uint64(1), one - fx
            m = (line[here, 6] * gx + line[after, 6] * fx) * (fade_x[nth] * dim)
            if not m >= np.float32(TRACE):  # NaN shows nothing either
                continue
            red = line[here, 0] * gx + line[after, 0] * fx
            green = line[here, 1] * gx + line[after, 1] * fx
            blue = line[here, 2] * gx + line[after, 2] * fx
            t = line[here, 3] * gx + line[after, 3] * fx
            if mixed and edge[here]:
                r, g, b = _read_corners(
                    photo, field, row, np.int64(here), fx, fy, x, y, x0, y0, x1, y1
                )
                red, green, blue = red + r, green + g, blue + b
            elif t > np.float32(0.0):
                sx = np.float32(x) + _between(line[here, 4], line[after, 4], fx, jump)
                sy = np.float32(y) + _between(line[here, 5], line[after, 5], fx, jump)
                # Within the window's part of the photo, as the warp stays within the window.
                sx = clamped(sx - np.float32(x0), np.float32(x1 - 1 - x0))
                sy = clamped(sy - np.float32(y0), np.float32(y1 - 1 - y0))
                px, py = min(int(sx), x1 - x0 - 2), min(int(sy), y1 - y0 - 2)
                hx, hy = sx - np.float32(px), sy - np.float32(py)
                px, py = px + x0, py + y0
                sums = red, green, blue
                red, green, blue = with_pixels(photo, px, py, hx, hy, t, sums)
            out[down, at, 0] = _mixed(out[down, at, 0], red, m)
            out[down, at, 1] = _mixed(out[down, at, 1], green, m)
            out[down, at, 2] = _mixed(out[down, at, 2], blue, m)
