"""The plain numpy form of skinning, in float64: the yardstick."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.spec.arrays import Array


def skin(vertices: Array, weights: Array, bones: Any, transforms: Array) -> Array:
    """As ``bunraku.kernels.skin`` says."""
    exact = transforms.astype(np.float64)[bones]  # [n,4,3,4]
    moved = np.einsum("nkij,nj->nki", exact[..., :3], vertices.astype(np.float64))
    moved += exact[..., 3]
    share = weights.astype(np.float64)[..., None]
    counted = np.where(share != 0, share * moved, 0.0)
    return np.asarray(counted.sum(1), np.float32)
