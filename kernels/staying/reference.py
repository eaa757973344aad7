"""The plain numpy form of staying: the yardstick."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.staying.terms import FAR_PX, SURE
from bunraku.spec.arrays import Array


def strayed(
    flow: Array,
    trust: Array,
    mask: Array,
    owner: NDArray[np.int64],
    near: Array,
    corner: tuple[int, int],
) -> Array:
    """As ``bunraku.kernels.strayed`` says."""
    (top, left), (height, width) = corner, owner.shape
    part = (0, slice(None), slice(top, top + height), slice(left, left + width))
    right, down = np.abs(flow[part])
    moved = np.maximum(right, down) * np.float32(mask.shape[3] / 2)
    sure = np.float32(SURE) * trust[part][0] * mask[part][0]
    moved += np.float32(FAR_PX) * np.maximum(np.float32(1.0) - sure, 0.0)
    return np.asarray(np.minimum(moved, np.float32(FAR_PX)).take(owner) * near)


def still_share(
    moved: Array,
    weight: Array,
    slack: Array,
    steep: Array,
    share: Array,
    corner: tuple[int, int],
    n: int,
) -> Array:
    """As ``bunraku.kernels.still_share`` says."""
    (top, left), (height, width) = corner, moved.shape
    result = np.zeros((n, n), np.float32)
    left_over = (slack - moved * weight) * steep
    result[top : top + height, left : left + width] = np.clip(left_over, 0.0, 1.0) * share
    return result
