"""From offsets to pixels: how the shades meet at the seams, and the copy itself.

An offset (y, x), in pixels, says where a pixel of the hole is copied from.

Source: P. Pérez et al., "Poisson Image Editing", 2003, section 2 (gradients are copied, not
colours); Tukey's biweight for what is a shade.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.plate.matching import INT

OVER = np.float32(1.85)
"""Successive over-relaxation."""
STEPS = ((1, 0), (-1, 0), (0, 1), (0, -1))


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

    :param picture: ``[H,W,C]`` float32, of which the first three channels are colours.
    :param hole: ``[H,W]`` uint8, and ``pixels`` ``[n,2]`` int32, those of the hole.
    :param inside: ``[H,W]`` uint8, what is picture and not the rim around it.
    :param offsets: ``[H,W,2]`` int32; those of the hole, and a pixel beyond, lead into the picture.
    :param shade: ``[H,W,3]`` float32, zeros, changed.
    :param hold: how strongly it is drawn to nothing: a step fades over about 1/√hold pixels.
    :param edge: steps beyond this are edges, not shades, and stay; in levels of all colours.
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
            weight = max(np.float32(1) - steep / (edge * edge), np.float32(0))
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


@numba.njit(inline="always")
def _spline(at: Any, weights: Any) -> None:
    """Weights of the three nearest of a row, by the quadratic B-spline.

    :param at: from the middle one, in [-0.5, 0.5].
    """
    half = np.float32(0.5)
    weights[0] = half * (half - at) * (half - at)
    weights[1] = np.float32(0.75) - at * at
    weights[2] = half * (half + at) * (half + at)


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
    """Copy along offsets that were found at a smaller size.

    Seams are smooth lines, not steps of that size's pixels, and narrower than these.

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
    near_y, near_x = np.empty(3, np.float32), np.empty(3, np.float32)
    apart = np.empty((9, 2), np.int32)  # the different offsets around a pixel
    share_of = np.empty(9, np.float32)
    add = np.empty((9, 3), np.float32)
    for v in range(weight.shape[0]):
        y = v + corner[0]
        at_y = (np.float32(y - top) + half) / scale_y - half
        iy = int(np.floor(at_y + half))
        _spline(at_y - np.float32(iy), near_y)
        for u in range(weight.shape[1]):
            share = weight[v, u]
            if share <= 0:
                continue
            x = u + corner[1]
            at_x = (np.float32(x - left) + half) / scale_x - half
            ix = int(np.floor(at_x + half))
            _spline(at_x - np.float32(ix), near_x)
            count = 0
            for m in range(9):
                cy, cx = iy + m // 3 - 1, ix + m % 3 - 1
                cy, cx = min(max(cy, 0), rows - 1), min(max(cx, 0), columns - 1)
                if not hole[cy, cx]:
                    continue
                near = near_y[m // 3] * near_x[m % 3]
                k = 0
                while k < count and (
                    apart[k, 0] != offsets[cy, cx, 0] or apart[k, 1] != offsets[cy, cx, 1]
                ):
                    k += 1
                if k == count:
                    apart[k, 0], apart[k, 1] = offsets[cy, cx, 0], offsets[cy, cx, 1]
                    share_of[k] = 0
                    add[k] = 0
                    count += 1
                share_of[k] += near
                for c in range(3):
                    add[k, c] += near * shade[cy, cx, c]
            total = np.float32(0)
            new[:] = 0
            for k in range(count):
                if share_of[k] <= 0:
                    continue
                qy = y + int(np.floor(np.float32(apart[k, 0]) * scale_y + half))
                qx = x + int(np.floor(np.float32(apart[k, 1]) * scale_x + half))
                qy, qx = min(max(qy, top), bottom - 1), min(max(qx, left), right - 1)
                sharp = share_of[k] * share_of[k] * share_of[k]
                total += sharp
                for c in range(3):
                    new[c] += sharp * (np.float32(photo[qy, qx, c]) + add[k, c] / share_of[k])
            if total <= 0:
                continue
            for c in range(3):
                mixed = (np.float32(1) - share) * np.float32(photo[y, x, c])
                mixed += share * new[c] / total + half
                out[y, x, c] = np.uint8(min(max(mixed, np.float32(0)), np.float32(255)))
