"""From offsets to pixels: where the seams lie, how the shades meet there, and the copy itself.

An offset (y, x), in pixels, says where a pixel of the hole is copied from.

Source: Y. Pritch et al., "Shift-Map Image Editing", 2009, section 2 (what a seam costs); P. Pérez
et al., "Poisson Image Editing", 2003, section 2 (gradients are copied, not colours).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.plate.matching import CHANNELS, INT

SEAM = np.float32(30)
"""What a pixel of a seam costs even where it is not seen, in squared levels."""
OVER = np.float32(1.85)
"""Successive over-relaxation."""
STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@numba.njit(inline="always")
def _differ(picture: Any, ay: Any, ax: Any, by: Any, bx: Any) -> Any:
    apart = np.float32(0)
    for c in range(CHANNELS):
        d = picture[ay, ax, c] - picture[by, bx, c]
        apart += d * d
    return apart


@kernel(
    (
        *(read_only(3), read_only(2, BYTE), read_only(2, BYTE), read_only(2, INT)),
        *(written(3, INT), INDEX),
    )
)
def join(picture: Any, hole: Any, known: Any, pixels: Any, offsets: Any, passes: Any) -> None:
    """Move the seams to where they are seen least: each pixel may take a neighbour's offset.

    :param picture: ``[H,W,CHANNELS]`` float32, the hole filled.
    :param hole: and ``known``: ``[H,W]`` uint8; what is not known is never copied.
    :param pixels: ``[n,2]`` int32, those of the hole.
    :param offsets: ``[H,W,2]`` int32, changed; those of the hole, and a pixel beyond, lead into the
        picture.
    """
    height, width = hole.shape
    count = pixels.shape[0]
    for k in range(passes):
        for j in range(count):
            i = count - 1 - j if k % 2 else j
            y, x = pixels[i, 0], pixels[i, 1]
            own_y, own_x = offsets[y, x, 0], offsets[y, x, 1]
            best, by, bx = np.float32(1e30), own_y, own_x
            for m in range(9):
                my, mx = y + m // 3 - 1, x + m % 3 - 1
                if not hole[my, mx]:
                    continue
                oy, ox = offsets[my, mx, 0], offsets[my, mx, 1]
                if m != 4 and oy == own_y and ox == own_x:
                    continue
                qy, qx = y + oy, x + ox
                if qy < 1 or qx < 1 or qy > height - 2 or qx > width - 2 or not known[qy, qx]:
                    continue
                cost = _differ(picture, qy, qx, y, x)
                for step_y, step_x in STEPS:
                    ty, tx = y + step_y, x + step_x
                    if not hole[ty, tx]:
                        cost += _differ(picture, ty + oy, tx + ox, ty, tx)
                        continue
                    ny, nx = offsets[ty, tx, 0], offsets[ty, tx, 1]
                    if ny != oy or nx != ox:
                        # What either says of this pixel and of the one beyond the seam.
                        cost += SEAM + _differ(picture, ty + oy, tx + ox, ty + ny, tx + nx)
                        cost += _differ(picture, qy, qx, y + ny, x + nx)
                if cost < best:
                    best, by, bx = cost, oy, ox
            offsets[y, x, 0], offsets[y, x, 1] = by, bx


@kernel(
    (
        *(read_only(3), read_only(2, BYTE), read_only(2, BYTE), read_only(2, INT)),
        *(read_only(3, INT), written(3), FLOAT, FLOAT, INDEX),
    )
)
def level(
    picture: Any,
    hole: Any,
    inside: Any,
    pixels: Any,
    offsets: Any,
    shade: Any,
    hold: Any,
    edge: Any,
    passes: Any,
) -> None:
    """What is to be added to the copied colours so that they meet at the seams and at the rim.

    :param picture: ``[H,W,CHANNELS]`` float32, of which the first three are colours.
    :param inside: ``[H,W]`` uint8, what is picture and not the rim around it.
    :param offsets: as in ``join``.
    :param shade: ``[H,W,3]`` float32, zeros, changed.
    :param hold: how strongly it is drawn to nothing: a step fades over about 1/√hold pixels.
    :param edge: steps beyond this are edges, not shades, and stay; in levels.
    """
    count = pixels.shape[0]
    wanted = np.zeros((count, 3), np.float32)
    links = np.zeros((count, 4), np.float32)
    inverse = np.empty(count, np.float32)
    jump = np.empty(3, np.float32)
    for i in range(count):
        y, x = pixels[i, 0], pixels[i, 1]
        oy, ox = offsets[y, x, 0], offsets[y, x, 1]
        total = hold
        for t, (step_y, step_x) in enumerate(STEPS):
            ty, tx = y + step_y, x + step_x
            if not inside[ty, tx]:
                continue
            ny, nx = offsets[ty, tx, 0], offsets[ty, tx, 1]
            steep = np.float32(0)
            for c in range(3):
                jump[c] = 0
                if not hole[ty, tx]:
                    jump[c] = picture[ty, tx, c] - picture[ty + oy, tx + ox, c]
                elif ny != oy or nx != ox:
                    there = picture[ty + ny, tx + nx, c] - picture[ty + oy, tx + ox, c]
                    here = picture[y + ny, x + nx, c] - picture[y + oy, x + ox, c]
                    jump[c] = np.float32(0.5) * (there + here)
                steep += jump[c] * jump[c]
            weight = np.float32(1) / (np.float32(1) + steep / (edge * edge))
            weight *= weight
            total += weight
            for c in range(3):
                wanted[i, c] += weight * jump[c]
            if hole[ty, tx]:
                links[i, t] = weight
        inverse[i] = np.float32(1) / max(total, np.float32(1e-6))
    for k in range(passes):
        for j in range(count):
            i = count - 1 - j if k % 2 else j
            y, x = pixels[i, 0], pixels[i, 1]
            for c in range(3):
                pull = wanted[i, c]
                pull += links[i, 0] * shade[y + 1, x, c] + links[i, 1] * shade[y - 1, x, c]
                pull += links[i, 2] * shade[y, x + 1, c] + links[i, 3] * shade[y, x - 1, c]
                shade[y, x, c] += OVER * (pull * inverse[i] - shade[y, x, c])


@kernel(
    (
        *(read_only(3, BYTE), read_only(2), read_only(2, BYTE), read_only(3, INT)),
        *(read_only(3), read_only(1, INDEX), read_only(1, INDEX), written(3, BYTE)),
    )
)
def copy(
    photo: Any,
    weight: Any,
    hole: Any,
    offsets: Any,
    shade: Any,
    box: Any,
    corner: Any,
    out: Any,
) -> None:
    """Copy along offsets that were found at a smaller size; seams are as wide as its pixels.

    :param photo: ``[H,W,3]`` uint8; pixels are taken from within ``box``.
    :param weight: ``[h,w]`` float32 in [0, 1], how much of each pixel is new.
    :param hole: ``[n,m]`` uint8, ``offsets`` ``[n,m,2]`` int32, ``shade`` ``[n,m,3]`` float32: of
        ``box``, at the smaller size.
    :param box: int64, top, left, bottom, right in the photo.
    :param corner: int64, top and left of ``weight`` in the photo.
    :param out: ``[H,W,3]`` uint8, a copy of the photo, changed.
    """
    rows, columns = hole.shape
    top, left, bottom, right = box[0], box[1], box[2], box[3]
    scale_y = np.float32(bottom - top) / np.float32(rows)
    scale_x = np.float32(right - left) / np.float32(columns)
    half = np.float32(0.5)
    new = np.empty(3, np.float32)
    for v in range(weight.shape[0]):
        y = v + corner[0]
        at_y = (np.float32(y - top) + half) / scale_y - half
        iy = int(np.floor(at_y))
        for u in range(weight.shape[1]):
            share = weight[v, u]
            if share <= 0:
                continue
            x = u + corner[1]
            at_x = (np.float32(x - left) + half) / scale_x - half
            ix = int(np.floor(at_x))
            total = np.float32(0)
            new[:] = 0
            for dy in range(2):
                for dx in range(2):
                    cy, cx = min(max(iy + dy, 0), rows - 1), min(max(ix + dx, 0), columns - 1)
                    if not hole[cy, cx]:
                        continue
                    near = np.float32(1) - abs(at_y - np.float32(iy + dy))
                    near *= np.float32(1) - abs(at_x - np.float32(ix + dx))
                    qy = y + int(np.floor(np.float32(offsets[cy, cx, 0]) * scale_y + half))
                    qx = x + int(np.floor(np.float32(offsets[cy, cx, 1]) * scale_x + half))
                    qy, qx = min(max(qy, top), bottom - 1), min(max(qx, left), right - 1)
                    total += near
                    for c in range(3):
                        new[c] += near * (np.float32(photo[qy, qx, c]) + shade[cy, cx, c])
            if total <= 0:
                continue
            for c in range(3):
                mixed = (np.float32(1) - share) * np.float32(photo[y, x, c])
                mixed += share * new[c] / total + half
                out[y, x, c] = np.uint8(min(max(mixed, np.float32(0)), np.float32(255)))
