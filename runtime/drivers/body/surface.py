"""The posed body as a surface: its parts and charts, pixel by pixel."""

from __future__ import annotations

import numpy as np

from bunraku.kernels import Raster, interpolate
from bunraku.runtime.drivers.body.template import Template
from bunraku.spec.arrays import Array
from bunraku.spec.surface import CHANNELS, PART, U, V


def surface_of(raster: Raster, template: Template, size: int) -> Array:
    """P ``[1, 73, size, size]`` (spec/surface.py) of a raster of the template's triangles.

    Parts and charts are taken from single pixels, never averaged over their borders.
    """
    n = len(raster.triangle)
    at = (np.arange(size) * 2 + 1) * n // (2 * size)
    sparse = Raster(
        np.ascontiguousarray(raster.depth[at][:, at]),
        np.ascontiguousarray(raster.triangle[at][:, at]),
        np.ascontiguousarray(raster.bary[at][:, at]),
    )
    corners = np.arange(template.uv.shape[0] * 3, dtype=np.int32).reshape(-1, 3)
    uv = interpolate(sparse, corners, template.uv.reshape(-1, 2))
    y, x = np.nonzero(sparse.triangle >= 0)
    part = template.parts[sparse.triangle[y, x]]
    result = np.zeros((1, CHANNELS, size, size), np.float32)
    result[0, 0] = sparse.triangle < 0
    result[0, PART.start - 1 + part, y, x] = 1.0
    result[0, U.start - 1 + part, y, x] = uv[y, x, 0]
    result[0, V.start - 1 + part, y, x] = uv[y, x, 1]
    return result
