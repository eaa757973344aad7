"""Composing on a CPU: sheet by sheet onto a stack, then pixel by pixel down through it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import BYTE, FLAG, INDEX, clamped, kernel, read_only, written
from bunraku.kernels.layers.numba_body import (
    DOWN,
    PLANE,
    RIGHT,
    SHOWN,
    SPOT,
    SURFACE,
    UNDER,
    show_body,
)
from bunraku.kernels.layers.terms import (
    ALIKE_PX,
    STEEPNESS,
    STILL_PX,
    TRACE,
    BodyMesh,
    Composed,
    PhotoMesh,
)
from bunraku.kernels.raster.numba_cpu import carried
from bunraku.kernels.raster.operator import Raster
from bunraku.kernels.reading import between, cell
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import WARPED_CHANNELS

FRAGMENT = 4
"""Numbers of what a group shows at a pixel."""
DEPTH, PLACE, PART = 0, 1, 3
"""Its depth, x and y in the photo, and how much of the pixel is its."""
NOTHING, BODY, PHOTO = 0, 1, 2
"""What a pixel shows."""
_NUMBER = numba.int32


def compose(
    sheets: Sequence[Raster], photo: PhotoMesh, raster: Raster, body: BodyMesh, behind: float
) -> Composed:
    """As ``bunraku.kernels.compose`` says, for arrays that have passed its checks."""
    n = len(photo.picture)
    top, left, height, width = _box([*sheets, raster], n)
    under = np.zeros((height, width, UNDER), np.float32)
    seen = map(np.ascontiguousarray, (raster.depth, raster.triangle, raster.bary))
    mesh = map(np.ascontiguousarray, (body.triangles, body.place, body.plane))
    cover = np.pad(raster.triangle >= 0, 2)
    show_body(*seen, cover, *raster.origin, *mesh, n, np.float32(behind), top, left, under)
    stack = np.empty((height, width, len(sheets), FRAGMENT), np.float32)
    count = np.zeros((height, width), np.uint8)
    parts = [
        np.ascontiguousarray(a) for a in (photo.triangles, photo.place, photo.cut, photo.share)
    ]
    for sheet, members in zip(sheets, photo.members, strict=True):
        row, column = sheet.origin[0] - top, sheet.origin[1] - left
        seen = map(np.ascontiguousarray, (sheet.depth, sheet.triangle, sheet.bary))
        _lay(*seen, row, column, *parts, np.ascontiguousarray(members), stack, count)
    made = np.zeros((1, 3 + 1 + 1 + WARPED_CHANNELS + 2, n, n), np.float32)
    pictures = map(np.ascontiguousarray, (body.planes, photo.picture, photo.rim))
    _look(under, stack, count, *pictures, top, left, made[0])
    _extend(np.pad(_kinds(under, count), 1), top, left, made[0])
    image, mask, trust, warped, flow = np.split(made, np.cumsum([3, 1, 1, WARPED_CHANNELS]), 1)
    return Composed(image, mask, trust, warped, flow)


def _kinds(under: Array, count: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """``[h,w]``: whether a pixel shows the photo, the body, or nothing."""
    return np.where(count > 0, PHOTO, under[..., SHOWN] > 0).astype(np.uint8)


def _box(rasters: Sequence[Raster], n: int) -> tuple[int, int, int, int]:
    """First row and column, rows and columns of what holds them all and a pixel around."""
    spans = []
    for axis in (0, 1):
        first = min(raster.origin[axis] for raster in rasters)
        last = max(raster.origin[axis] + raster.triangle.shape[axis] for raster in rasters)
        spans.append((max(first - 1, 0), min(last + 1, n)))
    (top, bottom), (left, right) = spans
    return top, left, bottom - top, right - left


@kernel(
    (
        *(read_only(2), read_only(2, _NUMBER), read_only(3), INDEX, INDEX),
        *(read_only(2, _NUMBER), read_only(2), read_only(1, FLAG), read_only(1), read_only(2)),
        *(written(4), written(2, BYTE)),
    )
)
def _lay(
    depth: Any,
    number: Any,
    bary: Any,
    row: Any,
    column: Any,
    triangles: Any,
    place: Any,
    cut: Any,
    share: Any,
    members: Any,
    stack: Any,
    count: Any,
) -> None:
    """Put a sheet's pixels onto the stack, whose fragments lie near before far."""
    height, width = number.shape
    last = np.float32(members.shape[0] - 1)
    zero, half, one = np.float32(0), np.float32(0.5), np.float32(1)
    for i in range(height):
        for j in range(width):
            t = number[i, j]
            if t < 0:
                continue
            x = carried(bary, i, j, triangles, t, place, 0)
            y = carried(bary, i, j, triangles, t, place, 1)
            part = share[t]
            if part <= zero:
                continue
            if cut[t]:
                own = members[int(np.rint(clamped(y, last))), int(np.rint(clamped(x, last)))]
                part *= min(max((own - half) * np.float32(STEEPNESS) + half, zero), one)
            near = depth[i, j]
            at = stack[row + i, column + j]
            k = np.int64(count[row + i, column + j])
            count[row + i, column + j] = k + 1
            while k > 0 and near < at[k - 1, 0]:
                for c in range(FRAGMENT):
                    at[k, c] = at[k - 1, c]
                k -= 1
            at[k, 0], at[k, 1], at[k, 2], at[k, 3] = near, x, y, part


@numba.njit(inline="always")
def _alike(one: Any, other: Any) -> Any:
    """Whether two fragments read the same place of the photo."""
    apart = max(abs(one[PLACE] - other[PLACE]), abs(one[PLACE + 1] - other[PLACE + 1]))
    return apart < np.float32(ALIKE_PX)


@kernel(
    (
        *(read_only(3), written(4), written(2, BYTE), read_only(4), read_only(3), read_only(2)),
        *(INDEX, INDEX, written(3)),
    )
)
def _look(
    under: Any,
    stack: Any,
    count: Any,
    planes: Any,
    picture: Any,
    rim: Any,
    top: Any,
    left: Any,
    out: Any,
) -> None:
    """Look down through the stack onto the body.

    :param top: row of the stack in the window; :param left: column.
    :param out: ``[12,n,n]``: image, mask, trust, warped, flow; zero.
    """
    height, width = count.shape
    n = picture.shape[0]
    zero, one = np.float32(0), np.float32(1)
    trace, scale = np.float32(TRACE), np.float32(2) / np.float32(n)
    for i in range(height):
        for j in range(width):
            shown, layers = under[i, j, SHOWN], np.int64(count[i, j])
            if layers == 0 and shown == zero:
                continue
            surface = under[i, j, SURFACE] if shown > zero else np.float32(np.inf)
            y, x = top + i, left + j
            # Each shows its share of what is left by those before, so that the two sides of a
            # soft edge fill a pixel together.
            rest, weight, best, chosen = one, zero, zero, -1
            for k in range(layers):
                own = stack[i, j, k]
                apart = chosen < 0 or not _alike(own, stack[i, j, chosen])
                if weight == zero and apart and own[DEPTH] >= surface:
                    weight = rest * shown
                    rest -= weight
                part = own[PART]
                own[PART] = zero
                if rest <= zero:
                    continue
                moved = max(abs(own[PLACE] - np.float32(x)), abs(own[PLACE + 1] - np.float32(y)))
                still = min(max(np.float32(STILL_PX) - moved, zero), one)
                u, v, fu, fv = cell(own[PLACE], own[PLACE + 1], n)
                alpha = max(between(picture, u, v, fu, fv, 3), still * rim[y, x])
                share = min(part * alpha, rest)
                rest -= share
                own[PART] = share
                if share + trace * part > best:
                    best, chosen = share + trace * part, k
            if weight == zero:
                weight = rest * shown
                rest -= weight
            mask = one - rest
            out[3, y, x] = mask
            red = green = blue = zero
            if weight > zero:
                own_plane = planes[int(under[i, j, PLANE])]
                u, v, fu, fv = cell(under[i, j, SPOT], under[i, j, SPOT + 1], n)
                red = weight * between(own_plane, u, v, fu, fv, 0)
                green = weight * between(own_plane, u, v, fu, fv, 1)
                blue = weight * between(own_plane, u, v, fu, fv, 2)
            if chosen < 0:
                count[i, j] = 0
                if weight > zero:
                    total = one / weight
                    out[0, y, x], out[1, y, x] = red * total, green * total
                    out[2, y, x] = blue * total
                continue
            top_one = stack[i, j, chosen]
            px, py = top_one[PLACE], top_one[PLACE + 1]
            trusted = trace
            for k in range(layers):
                own = stack[i, j, k]
                if own[PART] <= zero:
                    continue
                if _alike(own, top_one):
                    trusted += own[PART]
                    continue
                u, v, fu, fv = cell(own[PLACE], own[PLACE + 1], n)
                red += own[PART] * between(picture, u, v, fu, fv, 0)
                green += own[PART] * between(picture, u, v, fu, fv, 1)
                blue += own[PART] * between(picture, u, v, fu, fv, 2)
            total = one / (mask + trace)
            u, v, fu, fv = cell(px, py, n)
            for c in range(3):
                out[5 + c, y, x] = between(picture, u, v, fu, fv, c)
            out[0, y, x] = (red + trusted * out[5, y, x]) * total
            out[1, y, x] = (green + trusted * out[6, y, x]) * total
            out[2, y, x] = (blue + trusted * out[7, y, x]) * total
            out[4, y, x], out[8, y, x] = trusted * total, one
            out[10, y, x] = (px - np.float32(x)) * scale
            out[11, y, x] = (py - np.float32(y)) * scale


@kernel((read_only(2, BYTE), INDEX, INDEX, written(3)))
def _extend(kinds: Any, top: Any, left: Any, out: Any) -> None:
    """Give pixels at the rim what their neighbours read.

    Those of the photo lend their flow to the body's, and all they have to what shows nothing.

    :param kinds: ``[h+2,w+2]``, whether a pixel shows the photo, the body, or nothing.
    """
    for i in range(kinds.shape[0] - 2):
        for j in range(kinds.shape[1] - 2):
            own = kinds[i + 1, j + 1]
            most = own
            for k in range(3):
                most = max(most, kinds[i + k, j], kinds[i + k, j + 1], kinds[i + k, j + 2])
            if most == own:
                continue
            k = 0
            while kinds[i + 1 + DOWN[k], j + 1 + RIGHT[k]] < most:
                k += 1
            y, x = top + i, left + j
            p, q = y + DOWN[k], x + RIGHT[k]
            if most == PHOTO:
                out[10, y, x], out[11, y, x] = out[10, p, q], out[11, p, q]
            if own == NOTHING:
                for c in range(9):
                    if c != 3:
                        out[c, y, x] = out[c, p, q]
