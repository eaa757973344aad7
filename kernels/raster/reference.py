"""The plain numpy form of rasterising: every triangle over the whole picture; the yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Exact


def rasterise(
    vertices: Array, triangles: Any, size: tuple[int, int], keep: Any = None, cull: bool = False
) -> tuple[Array, NDArray[np.int32], Array]:
    """Depth, triangle and weights, as ``bunraku.kernels.rasterise`` says."""
    depth = np.full(size, np.inf, np.float32)
    number = np.full(size, -1, np.int32)
    bary = np.zeros((*size, 2), np.float32)
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    for t, corners in enumerate(vertices[triangles].astype(np.float64)):
        if not np.isfinite(corners).all() or (keep is not None and not keep[t]):
            continue
        a, b, c = corners
        area = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        if area == 0 or (cull and area < 0):
            continue
        sides = [np.sign(area) * _side(*edge, columns, rows) for edge in ((b, c), (c, a), (a, b))]
        total = sides[0] + sides[1] + sides[2]
        inside = np.logical_and.reduce([side >= 0 for side in sides]) & (total > 0)
        u, v = (side / np.where(inside, total, 1) for side in sides[:2])
        z = (u * a[2] + v * b[2] + (1 - u - v) * c[2]).astype(np.float32)
        seen = inside & (z < depth)
        depth[seen] = z[seen]
        number[seen] = t
        bary[seen] = np.stack([u, v], -1)[seen]
    return depth, number, bary


def rasterise_groups(
    vertices: Array,
    triangles: Any,
    ends: Sequence[int],
    size: tuple[int, int],
    keep: Any = None,
    cull: bool = False,
) -> tuple[Array, NDArray[np.int32], Array]:
    """The same of groups, as ``bunraku.kernels.rasterise_groups`` says."""
    rasters = []
    for first, end in pairwise(ends):
        kept = None if keep is None else keep[first:end]
        depth, number, bary = rasterise(vertices, triangles[first:end], size, kept, cull)
        rasters.append((depth, np.where(number >= 0, number + np.int32(first), number), bary))
    depths, numbers, barys = (np.stack(arrays) for arrays in zip(*rasters, strict=True))
    return depths, numbers, barys


def interpolate(triangle: Any, bary: Array, triangles: Any, attributes: Array) -> Array:
    """As ``bunraku.kernels.interpolate`` says, of a raster's arrays."""
    corners = attributes[triangles[triangle]]  # [h,w,3,k]
    weights = np.concatenate([bary, 1 - bary.sum(-1, keepdims=True)], -1)
    result = (corners * weights[..., None]).sum(-2)
    result[triangle < 0] = 0
    return np.asarray(result, np.float32)


def _side(p: Exact, q: Exact, x: Exact, y: Exact) -> Exact:
    """Twice the area between p, q and each pixel; of an edge read the other way, exactly minus it.

    Both triangles at an edge compute it from the same end, so that no pixel is outside of both.
    """
    if (q[0], q[1]) < (p[0], p[1]):
        return -_side(q, p, x, y)
    return np.asarray((q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0]))
