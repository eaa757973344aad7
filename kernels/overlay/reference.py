"""The plain numpy form of overlaying: the yardstick, and what arrays take."""

from __future__ import annotations

import numpy as np

from bunraku.kernels.overlay.terms import MOST, PICTURED, TRACE, Plane
from bunraku.spec.arrays import Array


def overlay(
    image: Array,
    mask: Array,
    trust: Array,
    warped: Array,
    flow: Array,
    patch: Array,
    corner: tuple[int, int],
) -> None:
    """As ``bunraku.kernels.overlay`` says."""
    (top, left), (height, width) = corner, patch.shape[1:]
    part = (0, slice(None), slice(top, top + height), slice(left, left + width))
    trace, one, n = np.float32(TRACE), np.float32(1.0), mask.shape[3]
    colours, cover = patch[: Plane.COVER], patch[Plane.COVER]
    after = mask[part][0] * (one - cover) + cover
    near = patch[Plane.NEAR] * trace
    told = (cover + near) / (after + near + trace * trace)
    image[part] += (colours - image[part]) * told
    mask[part] = after
    if len(patch) < PICTURED:
        trust[part] *= one - told
        warped[(0, slice(0, 4), *part[2:])] *= one - told
        return
    read = told > MOST
    trust[part] = np.where(read, told, trust[part] * (one - told))
    x, y = (np.arange(size, dtype=np.float32) for size in (width, height))
    own = np.stack([x + np.float32(left) + 0 * y[:, None], y[:, None] + np.float32(top) + 0 * x])
    moved = (patch[Plane.X :] - own) * np.float32(2.0 / n)
    flow[part] = np.where(read, moved, flow[part])
    shown = np.concatenate([colours, np.ones_like(cover)[None]])
    part_of = (0, slice(0, 4), *part[2:])
    warped[part_of] = np.where(read, shown, warped[part_of])
