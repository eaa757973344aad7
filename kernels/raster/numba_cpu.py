"""Rasterising on a CPU: each triangle over the pixels of its own box.

Edges are in float64, which holds products of any two float32 numbers, and are rounded as written:
both triangles at an edge compute it from the same end and get exactly opposite values.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import FLAG, INDEX, STRICT, kernel, read_only, written
from bunraku.kernels.raster.terms import Raster
from bunraku.spec.arrays import Array

_NUMBER = numba.int32


def rasterise(
    vertices: Array,
    triangles: NDArray[np.int32],
    keep: NDArray[np.bool_],
    cull: bool,
    first: int,
    out: Raster,
) -> None:
    """As ``bunraku.kernels.rasterise`` says, for arrays that have passed its checks.

    :param first: the number of the first triangle. :param out: written, whatever is in it.
    """
    out.depth.fill(np.inf)
    out.triangle.fill(-1)
    out.bary.fill(0)
    inputs = map(np.ascontiguousarray, (vertices, triangles, keep))
    _rasterise(*inputs, cull, first, *out.origin, out.depth, out.triangle, out.bary)


def box_of(
    vertices: Array, triangles: NDArray[np.int32], keep: NDArray[np.bool_], size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """First row and column, rows and columns of the pixels that a mesh's box holds; at least one.

    Triangles that are not kept, or not finite, are not counted.
    """
    inputs = map(np.ascontiguousarray, (vertices, triangles, keep))
    top, left, bottom, right = _box(*inputs, *size)
    return int(top), int(left), max(int(bottom - top), 1), max(int(right - left), 1)


def interpolate(
    number: NDArray[np.int32],
    bary: Array,
    triangles: NDArray[np.int32],
    attributes: Array,
    out: Array,
) -> None:
    """As ``bunraku.kernels.interpolate`` says, into an array that has passed its checks."""
    _interpolate(*map(np.ascontiguousarray, (number, bary, triangles, attributes)), out)


@numba.njit(inline="always")
def _edge(px: Any, py: Any, qx: Any, qy: Any, sign: Any) -> Any:
    """Where the edge starts, its run and rise, and the sign of what lies on its inner side."""
    if qx < px or (qx == px and qy < py):
        return qx, qy, px - qx, py - qy, -sign
    return px, py, qx - px, qy - py, sign


@kernel((read_only(2), read_only(2, _NUMBER), read_only(1, FLAG), INDEX, INDEX))
def _box(vertices: Any, triangles: Any, keep: Any, height: Any, width: Any) -> Any:
    low_x, high_x = np.float32(np.inf), np.float32(-np.inf)
    low_y, high_y = low_x, high_x
    for t in range(triangles.shape[0]):
        if not keep[t]:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, bx, cx = vertices[a, 0], vertices[b, 0], vertices[c, 0]
        ay, by, cy = vertices[a, 1], vertices[b, 1], vertices[c, 1]
        if not np.isfinite(np.float64(ax) + bx + cx + ay + by + cy):
            continue
        low_x, high_x = min(low_x, ax, bx, cx), max(high_x, ax, bx, cx)
        low_y, high_y = min(low_y, ay, by, cy), max(high_y, ay, by, cy)
    # Clipped while they are floating-point numbers, which any coordinate fits.
    zero, right, bottom = np.float32(0), np.float32(width - 1), np.float32(height - 1)
    if not (low_x <= right and high_x >= zero and low_y <= bottom and high_y >= zero):
        return 0, 0, 0, 0
    return (
        np.int64(np.ceil(max(low_y, zero))),
        np.int64(np.ceil(max(low_x, zero))),
        np.int64(np.floor(min(high_y, bottom))) + 1,
        np.int64(np.floor(min(high_x, right))) + 1,
    )


@kernel(
    (
        *(read_only(2), read_only(2, _NUMBER), read_only(1, FLAG), FLAG),
        *(INDEX, INDEX, INDEX, written(2), written(2, _NUMBER), written(3)),
    ),
    STRICT,
)
def _rasterise(
    vertices: Any,
    triangles: Any,
    keep: Any,
    cull: Any,
    first: Any,
    row: Any,
    column: Any,
    depth: Any,
    number: Any,
    bary: Any,
) -> None:
    height, width = depth.shape
    left, right = np.float64(column), np.float64(column + width - 1)
    top, bottom = np.float64(row), np.float64(row + height - 1)
    zero, one = np.float64(0), np.float64(1)
    for t in range(triangles.shape[0]):
        if not keep[t]:
            continue
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay, az = (
            np.float64(vertices[a, 0]),
            np.float64(vertices[a, 1]),
            np.float64(vertices[a, 2]),
        )
        bx, by, bz = (
            np.float64(vertices[b, 0]),
            np.float64(vertices[b, 1]),
            np.float64(vertices[b, 2]),
        )
        cx, cy, cz = (
            np.float64(vertices[c, 0]),
            np.float64(vertices[c, 1]),
            np.float64(vertices[c, 2]),
        )
        if not np.isfinite(ax + ay + az + bx + by + bz + cx + cy + cz):
            continue
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if area == zero or (cull and area < zero):
            continue
        # Clipped as floating-point numbers, which any coordinate fits, and only then made integers.
        low_x, high_x = max(min(ax, bx, cx), left), min(max(ax, bx, cx), right)
        low_y, high_y = max(min(ay, by, cy), top), min(max(ay, by, cy), bottom)
        if low_x > high_x or low_y > high_y:
            continue
        first_x, last_x = np.int64(np.ceil(low_x)), np.int64(np.floor(high_x))
        first_y, last_y = np.int64(np.ceil(low_y)), np.int64(np.floor(high_y))
        if first_x > last_x or first_y > last_y:  # most of a fine mesh: no pixel's centre
            continue
        sign = one if area > zero else -one
        ux, uy, u_run, u_rise, u_sign = _edge(bx, by, cx, cy, sign)
        vx, vy, v_run, v_rise, v_sign = _edge(cx, cy, ax, ay, sign)
        wx, wy, w_run, w_rise, w_sign = _edge(ax, ay, bx, by, sign)
        for i in range(first_y, last_y + 1):
            u_row, v_row, w_row = u_run * (i - uy), v_run * (i - vy), w_run * (i - wy)
            inside = False
            for j in range(first_x, last_x + 1):
                u = (u_row - u_rise * (j - ux)) * u_sign
                v = (v_row - v_rise * (j - vx)) * v_sign
                w = (w_row - w_rise * (j - wx)) * w_sign
                if u < zero or v < zero or w < zero:
                    if inside:
                        break  # what lies within a triangle has no gaps
                    continue
                inside = True
                total = u + v + w
                if total == zero:
                    continue
                u /= total
                v /= total
                z = np.float32(u * az + v * bz + (one - u - v) * cz)
                y, x = i - row, j - column
                if z < depth[y, x]:
                    depth[y, x] = z
                    number[y, x] = first + t
                    bary[y, x, 0] = u
                    bary[y, x, 1] = v


@numba.njit(inline="always")
def carried(bary: Any, i: Any, j: Any, triangles: Any, t: Any, attributes: Any, k: Any) -> Any:
    """One of the attributes that triangle t carries, at a pixel that it is seen at."""
    u, v = bary[i, j, 0], bary[i, j, 1]
    # Without a sign: of others each is looked at for whether it counts from the end.
    t = np.uint64(t)
    a, b, c = np.uint64(triangles[t, 0]), np.uint64(triangles[t, 1]), np.uint64(triangles[t, 2])
    first, second = attributes[a, k], attributes[b, k]
    return u * first + v * second + (np.float32(1) - u - v) * attributes[c, k]


@kernel((read_only(2, _NUMBER), read_only(3), read_only(2, _NUMBER), read_only(2), written(3)))
def _interpolate(number: Any, bary: Any, triangles: Any, attributes: Any, out: Any) -> None:
    height, width, count = out.shape
    for i in range(height):
        for j in range(width):
            t = number[i, j]
            if t < 0:
                out[i, j, :] = 0
                continue
            for k in range(count):
                out[i, j, k] = carried(bary, i, j, triangles, t, attributes, k)
