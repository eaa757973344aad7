"""Skinning on a CPU: a vertex at a time, bone by bone, without a blended matrix between."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import FAST, kernel, read_only, written
from bunraku.spec.arrays import Array


def skin(
    vertices: Array, weights: Array, bones: Any, transforms: Array, *, out: Array | None
) -> Array:
    """As ``bunraku.kernels.skin`` says, for arrays that have passed its checks."""
    if out is None:
        out = np.empty(vertices.shape, np.float32)
    inputs = map(np.ascontiguousarray, (vertices, weights, bones, transforms))
    _skin(*inputs, out)
    return out


@kernel((read_only(2), read_only(2), read_only(2, numba.int32), read_only(3), written(2)), FAST)
def _skin(vertices: Any, weights: Any, bones: Any, transforms: Any, out: Any) -> None:
    zero = np.float32(0)
    for i in range(vertices.shape[0]):
        x, y, z = vertices[i, 0], vertices[i, 1], vertices[i, 2]
        a = b = c = zero
        for k in range(weights.shape[1]):
            share = weights[i, k]
            if share == zero:
                continue
            m = transforms[bones[i, k]]
            a += share * (m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3])
            b += share * (m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3])
            c += share * (m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3])
        out[i, 0], out[i, 1], out[i, 2] = a, b, c
