"""Composing on a CPU: sheet by sheet onto a stack, then pixel by pixel down through it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import BYTE, FLOAT, INDEX, kernel, read_only, share, written
from bunraku.kernels.layers.numba_body import (
    DOWN,
    FAR,
    FIRST,
    LAST,
    NEAR,
    OPEN,
    RIGHT,
    UNDER,
    amid,
    later,
    shaded,
    show_body,
)
from bunraku.kernels.layers.numba_stack import (
    DEPTH,
    FRAGMENT,
    PART,
    PLACE,
    alike,
    lay,
    make_room,
    tally,
)
from bunraku.kernels.layers.terms import (
    AMID,
    OUT,
    PLANES,
    STILL_PX,
    TRACE,
    BodyMesh,
    Composed,
    PhotoMesh,
)
from bunraku.kernels.raster.terms import Raster
from bunraku.kernels.reading import between, cell
from bunraku.spec.arrays import Array

NOTHING, BODY, PHOTO = 0, 1, 2
"""What a pixel shows."""
RIM = 2
"""Pixels: the body goes a pixel beyond its raster, and lends its colours to one more."""
_NUMBER = numba.int32
_PARTS = tuple(pairwise(np.cumsum((0, *OUT)).tolist()))


def compose(
    sheets: Sequence[Raster],
    photo: PhotoMesh,
    raster: Raster,
    body: BodyMesh,
    behind: float,
    threads: int | None = None,
) -> Composed:
    """As ``bunraku.kernels.compose`` says, for arrays that have passed its checks."""
    n = len(photo.picture)
    top, left, height, width = _box([*sheets, raster], n)
    under = np.zeros((height, width, UNDER), np.float32)
    seen = np.empty((height, width, 2), np.int32)
    below = [np.ascontiguousarray(a) for a in (raster.triangle, raster.bary)]
    depth = np.full(tuple(size + 4 for size in raster.triangle.shape), np.inf, np.float32)
    np.copyto(depth[2:-2, 2:-2], raster.depth, where=raster.triangle >= 0)
    show_body(depth, *raster.origin, n, np.float32(behind), top, left, under, seen)
    first, stack, count = _pile(sheets, photo, top, left, height, width)
    made = np.zeros((1, PLANES, n, n), np.float32)
    mesh = (body.triangles, body.place, body.plane, body.mix[:, None])
    pictures = (body.planes, photo.picture, photo.rim, photo.core)
    read = tuple(map(np.ascontiguousarray, (*mesh, *pictures)))
    kinds = np.zeros((height + 2, width + 2), np.uint8)
    beneath = (depth, *raster.origin, np.float32(behind), under, seen, *below)
    looked = (*beneath, first, stack, count, *read, top, left, made[0], kinds)
    share(lambda band, bands: _look(*looked, band, bands), height, threads)
    _extend(kinds, top, left, made[0])
    return Composed(*(made[:, first:end] for first, end in _PARTS))


def _pile(
    sheets: Sequence[Raster], photo: PhotoMesh, top: int, left: int, height: int, width: int
) -> tuple[NDArray[np.int32], Array, NDArray[np.uint8]]:
    """The sheets pixel by pixel: where each pixel's fragments begin, all of them, how many it has.

    :param top: row of the window at which the pile begins; :param left: column.
    """
    numbers = [np.ascontiguousarray(sheet.triangle) for sheet in sheets]
    places = [(sheet.origin[0] - top, sheet.origin[1] - left) for sheet in sheets]
    cover = np.zeros((height + 2, width + 2), np.uint8)
    for number, place in zip(numbers, places, strict=True):
        tally(number, *place, cover)
    first = np.empty((height, width), np.int32)
    stack = np.empty((make_room(cover, first), FRAGMENT), np.float32)
    count = np.zeros((height, width), np.uint8)
    own = [
        np.ascontiguousarray(a)
        for a in (photo.triangles, photo.place, photo.cut, photo.share[:, None])
    ]
    for k, sheet in enumerate(sheets):
        depth, bary, members = map(
            np.ascontiguousarray, (sheet.depth, sheet.bary, photo.members[k][..., None])
        )
        where = (*places[k], top, left)
        lay(depth, numbers[k], bary, *where, cover, *own, members, first, stack, count)
    return first, stack, count


def _box(rasters: Sequence[Raster], n: int) -> tuple[int, int, int, int]:
    """First row and column, rows and columns of what holds them all and ``RIM`` around."""
    spans = []
    for axis in (0, 1):
        first = min(raster.origin[axis] for raster in rasters)
        last = max(raster.origin[axis] + raster.triangle.shape[axis] for raster in rasters)
        spans.append((max(first - RIM, 0), min(last + RIM, n)))
    (top, bottom), (left, right) = spans
    return top, left, bottom - top, right - left


@numba.njit(inline="always")
def _give(rest: Any, counted: Any, weight: Any, some: Any) -> Any:
    """What is left of a pixel, and how much is seen of what takes the share of some of the pixels
    around that have not been told of yet."""
    if some <= np.float32(0):
        return rest, counted, weight
    share = rest * (some / counted)
    return rest - share, counted - some, weight + share


@kernel(
    (
        *(read_only(2), INDEX, INDEX, FLOAT),
        *(read_only(3), read_only(3, _NUMBER), read_only(2, _NUMBER), read_only(3)),
        *(read_only(2, _NUMBER), written(2), read_only(2, BYTE)),
        *(read_only(2, _NUMBER), read_only(2), read_only(2, _NUMBER), read_only(2)),
        *(read_only(4), read_only(3), read_only(2), read_only(2), INDEX, INDEX),
        *(written(3), written(2, BYTE), INDEX, INDEX),
    )
)
def _look(
    depth: Any,
    row: Any,
    column: Any,
    behind: Any,
    under: Any,
    seen: Any,
    number: Any,
    bary: Any,
    first: Any,
    stack: Any,
    count: Any,
    triangles: Any,
    place: Any,
    plane: Any,
    mix: Any,
    planes: Any,
    picture: Any,
    rim: Any,
    core: Any,
    top: Any,
    left: Any,
    out: Any,
    kinds: Any,
    band: Any,
    bands: Any,
) -> None:
    """Look down through every ``bands``-th row of the stack onto the body.

    :param depth: as ``show_body`` takes it, and row, column and ``behind``.
    :param under: of ``show_body``; :param seen: of the same, into ``number`` and ``bary``.
    :param first: of ``make_room``; :param stack: of ``lay``, whose parts become shares.
    :param top: row of the stack in the window; :param left: column.
    :param out: ``[12,n,n]``: image, mask, trust, warped, flow; zero.
    :param kinds: ``[h+2,w+2]``, zero: whether a pixel shows the photo, the body, or nothing.
    """
    height, width = count.shape
    n = picture.shape[0]
    mesh = triangles, place, plane, mix
    zero, one = np.float32(0), np.float32(1)
    trace, scale = np.float32(TRACE), np.float32(2) / np.float32(n)
    half, reach = np.float32(0.5), -(-n // AMID)
    for i in range(band, height, bands):
        for j in range(width):
            near, far, layers = under[i, j, NEAR], under[i, j, FAR], np.int64(count[i, j])
            shown = near > zero
            if layers == 0 and not shown:
                continue
            y, x = np.uint64(top + i), np.uint64(left + j)  # as rows and columns of ``reading``
            # Each shows its share of what is left by those before, so that the two sides of a
            # soft edge fill a pixel together.
            rest, best, chosen = one, zero, -1
            # The body does in as many of ``counted`` pixels as hide what comes next, and at last in
            # all that it is in.
            weight, beyond, counted = zero, zero, near + far + under[i, j, OPEN]
            start = np.int64(first[i, j])
            for k in range(start, start + layers):
                deep = stack[k, DEPTH]
                hides = near + far > zero and deep >= under[i, j, FIRST]
                if hides and (chosen < 0 or not alike(stack, k, chosen)):
                    still_near = still_far = zero
                    if deep < under[i, j, LAST]:
                        a, b = top + i - row + RIM, left + j - column + RIM
                        still_near, still_far = later(depth, a, b, under[i, j, FIRST], behind, deep)
                    rest, counted, weight = _give(rest, counted, weight, near - still_near)
                    rest, counted, beyond = _give(rest, counted, beyond, far - still_far)
                    near, far = still_near, still_far
                part, px, py = stack[k, PART], stack[k, PLACE], stack[k, PLACE + 1]
                stack[k, PART] = zero
                if rest <= zero:
                    continue
                moved = max(abs(px - np.float32(x)), abs(py - np.float32(y)))
                still = min(max(np.float32(STILL_PX) - moved, zero), one)
                u, v, fu, fv = cell(px, py, n)
                alpha = max(between(picture, u, v, fu, fv, 3), still * rim[y, x])
                if still < one and shown:
                    inner = max(core[v + int(fv > half), u + int(fu > half)], still)
                    if inner < one and amid(under, i, j, reach):
                        alpha *= inner
                share = min(part * alpha, rest)
                rest -= share
                stack[k, PART] = share
                if share + trace * part > best:
                    best, chosen = share + trace * part, k
            rest, counted, weight = _give(rest, counted, weight, near)
            rest, counted, beyond = _give(rest, counted, beyond, far)
            mask = one - rest
            out[3, y, x] = mask
            body = zero, zero, zero
            if weight > zero:
                body = shaded(seen[i, j, 0], weight, body, number, bary, mesh, planes)
            if beyond > zero:
                body = shaded(seen[i, j, 1], beyond, body, number, bary, mesh, planes)
            red, green, blue = body
            if chosen < 0:
                kinds[i + 1, j + 1] = BODY if shown else NOTHING
                if weight + beyond > zero:
                    total = one / (weight + beyond)
                    out[0, y, x], out[1, y, x] = red * total, green * total
                    out[2, y, x] = blue * total
                continue
            kinds[i + 1, j + 1] = PHOTO
            px, py = stack[chosen, PLACE], stack[chosen, PLACE + 1]
            trusted = trace
            for k in range(start, start + layers):
                part = stack[k, PART]
                if part <= zero:
                    continue
                if alike(stack, k, chosen):
                    trusted += part
                    continue
                u, v, fu, fv = cell(stack[k, PLACE], stack[k, PLACE + 1], n)
                red += part * between(picture, u, v, fu, fv, 0)
                green += part * between(picture, u, v, fu, fv, 1)
                blue += part * between(picture, u, v, fu, fv, 2)
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

    Those of the photo lend their flow to the body's, and all they have to what shows nothing. Of
    the mask they lend its square, so that soft rims lend hardly any, by their share of the nine
    pixels around: where the mesh ends or folds an outline is soft beyond it too.

    :param kinds: of ``_look``.
    """
    ninth = np.float32(1 / 9)
    highest = np.empty(kinds.shape[1], np.uint8)  # of a pixel and those above and below it
    for i in range(kinds.shape[0] - 2):
        for j in range(kinds.shape[1]):
            highest[j] = max(kinds[i, j], kinds[i + 1, j], kinds[i + 2, j])
        for j in range(kinds.shape[1] - 2):
            own = kinds[i + 1, j + 1]
            most = max(highest[j], highest[j + 1], highest[j + 2])
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
                if most == PHOTO:
                    there = 0
                    for k in range(8):
                        there += int(kinds[i + 1 + DOWN[k], j + 1 + RIGHT[k]] == PHOTO)
                    out[3, y, x] = out[3, p, q] * out[3, p, q] * (np.float32(there) * ninth)
