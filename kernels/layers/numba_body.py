"""The body of a person under the photo's mesh, pixel by pixel on a CPU."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.layers.terms import AROUND
from bunraku.kernels.raster.numba_cpu import carried
from bunraku.kernels.reading import cell, of_plane

UNDER = 5
"""Numbers of what the body shows at a pixel."""
NEAR, FAR, OPEN, FIRST, LAST = range(UNDER)
"""Of the pixel and those around it in the window: in how many the body's nearer part is, in how
many what it has behind that, and in how many it is not; from which depth on the first of them hides
the photo, and from which all that do."""
DOWN, RIGHT = np.array(AROUND, np.int64).T.copy()
_NUMBER = numba.int32


@numba.njit(inline="always")
def _lender(depth: Any, i: Any, j: Any, before: Any, most: Any) -> Any:
    """A pixel, or else the first of those around it, that is behind ``before``, at most so deep."""
    if before < depth[i, j] <= most:
        return i, j
    for k in range(len(DOWN)):
        p, q = i + DOWN[k], j + RIGHT[k]
        if before < depth[p, q] <= most:
            return p, q
    return i, j


@kernel(
    (
        *(read_only(2), INDEX, INDEX, INDEX, FLOAT, INDEX, INDEX),
        *(written(3), written(3, _NUMBER)),
    )
)
def show_body(
    depth: Any,
    row: Any,
    column: Any,
    n: Any,
    behind: Any,
    top: Any,
    left: Any,
    under: Any,
    seen: Any,
) -> None:
    """Where the body is, and so a pixel beyond its edges; and where it goes on behind itself.

    :param depth: ``[a+4,b+4]``, of its raster, with two pixels around; +inf where it is not.
    :param row: of its first pixel in the window; :param column: of the same.
    :param n: side of the window.
    :param top: row of ``under`` in the window; :param left: column.
    :param under: ``[h,w,UNDER]``, zero; what the body shows.
    :param seen: ``[h,w,2]``: flat index of the raster's pixels that tell what its nearer part looks
        like, and what it has behind that.
    """
    nowhere = np.float32(np.inf)
    width = depth.shape[1] - 4
    # Of a pixel and those above and below it: the least and the most depth, and how many are there.
    low, high = np.empty(depth.shape[1], np.float32), np.empty(depth.shape[1], np.float32)
    three = np.empty(depth.shape[1], np.int32)
    for i in range(max(1 - row, 0), min(depth.shape[0] - 2, n + 1 - row)):
        y = row + i - 1
        for j in range(depth.shape[1]):
            a, b, c = depth[i, j], depth[i + 1, j], depth[i + 2, j]
            low[j] = min(a, b, c)
            three[j] = int(a < nowhere) + int(b < nowhere) + int(c < nowhere)
            a = a if a < nowhere else -nowhere
            b = b if b < nowhere else -nowhere
            c = c if c < nowhere else -nowhere
            high[j] = max(a, b, c)
        for j in range(max(1 - column, 0), min(depth.shape[1] - 2, n + 1 - column)):
            x = column + j - 1
            filled = three[j] + three[j + 1] + three[j + 2]
            if filled == 0:
                continue
            nearest = min(low[j], low[j + 1], low[j + 2])
            farthest = max(high[j], high[j + 1], high[j + 2])
            u, v, first, near = y - top, x - left, nearest + behind, filled
            p, q = _lender(depth, i + 1, j + 1, -nowhere, first)
            seen[u, v, 0] = (p - 2) * width + q - 2
            if farthest > first:
                near = 0
                for k in range(3):
                    for m in range(3):
                        near += int(depth[i + k, j + m] <= first)
                p, q = _lender(depth, i + 1, j + 1, first, farthest)
                seen[u, v, 1] = (p - 2) * width + q - 2
            counted = (min(y + 2, n) - max(y - 1, 0)) * (min(x + 2, n) - max(x - 1, 0))
            under[u, v, NEAR] = np.float32(near)
            under[u, v, FAR] = np.float32(filled - near)
            under[u, v, OPEN] = np.float32(counted - filled)
            under[u, v, FIRST] = first
            under[u, v, LAST] = farthest + behind


@numba.njit(inline="always")
def later(depth: Any, i: Any, j: Any, first: Any, behind: Any, deep: Any) -> Any:
    """In how many of a pixel and those around it the body does not hide what lies so deep: of its
    nearer part, and of what it has behind that.

    :param depth: of ``show_body``; :param i: its row there; :param j: its column.
    :param first: of what ``show_body`` tells of the pixel.
    """
    near, far = 0, 0
    for k in range(-1, 2):
        for m in range(-1, 2):
            its = depth[i + k, j + m]
            shows = its + behind > deep and its < np.float32(np.inf)
            near += int(shows and its <= first)
            far += int(shows and its > first)
    return np.float32(near), np.float32(far)


@numba.njit(inline="always")
def shaded(
    flat: Any, weight: Any, onto: Any, number: Any, bary: Any, mesh: Any, planes: Any
) -> Any:
    """Colours, and so much of the body's at a pixel of its raster.

    :param mesh: its triangles, and of ``BodyMesh`` place, plane and mix.
    """
    triangles, place, plane, mix = mesh
    a, b = flat // number.shape[1], flat % number.shape[1]
    t = number[a, b]
    own, other = plane[t, 0], plane[t, 1]
    px = carried(bary, a, b, triangles, t, place, 0)
    py = carried(bary, a, b, triangles, t, place, 1)
    u, v, fu, fv = cell(px, py, planes.shape[1])
    mixed = weight * carried(bary, a, b, triangles, t, mix, 0)
    kept = weight - mixed
    red, green, blue = onto
    red += kept * of_plane(planes, own, u, v, fu, fv, 0)
    green += kept * of_plane(planes, own, u, v, fu, fv, 1)
    blue += kept * of_plane(planes, own, u, v, fu, fv, 2)
    if mixed > np.float32(0):
        red += mixed * of_plane(planes, other, u, v, fu, fv, 0)
        green += mixed * of_plane(planes, other, u, v, fu, fv, 1)
        blue += mixed * of_plane(planes, other, u, v, fu, fv, 2)
    return red, green, blue


@numba.njit(inline="always")
def whole(under: Any, i: Any, j: Any) -> Any:
    """Whether the body fills a pixel."""
    return under[i, j, NEAR] > np.float32(0) and under[i, j, OPEN] == np.float32(0)


@numba.njit(inline="always")
def amid(under: Any, i: Any, j: Any, reach: Any) -> Any:
    """Whether the body goes on each way from a pixel."""
    if i < reach or j < reach or i + reach >= under.shape[0] or j + reach >= under.shape[1]:
        return False
    return (
        whole(under, i, j)
        and whole(under, i - reach, j)
        and whole(under, i + reach, j)
        and whole(under, i, j - reach)
        and whole(under, i, j + reach)
    )
