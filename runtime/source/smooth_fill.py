"""A hole filled smoothly: colours and shading are continued, textures are not.

Where there is too little around the hole to take texture from, this is all of the plate; elsewhere
it says what colours to expect.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture

WORK_SIDE = 256
"""The fill is smooth, so it is solved at this size at most."""
SMOOTHINGS = 24
"""Relaxation steps at each level of the pyramid."""
LEVEL = 0.85
"""Share of the neighbours to the left and right in it: floors and horizons run level."""
GRAIN_MAX = 12.0
"""Grain beyond this is texture, not grain; in levels of 255."""
SEED = 20
BAND = 256
"""Rows of the photo that are blended at a time."""


def fill_smoothly(
    plate: Picture,
    part: Picture,
    hole: NDArray[np.uint8],
    unclear: NDArray[np.uint8],
    weight: Array,
) -> None:
    """Fill a hole with smooth colours and the photo's own grain.

    :param plate: ``[h, w, 3]``, changed.
    :param part: ``[h, w, 3]``, the photo there.
    :param hole: ``[h, w]``, not all of it.
    :param unclear: ``[h, w]``, where no colours are taken; not all of it.
    :param weight: ``[h, w]`` in [0, 1], how much of a pixel is new.
    """
    colours = smooth_colours(part, unclear)
    strength = _grain(part, unclear)
    noise = np.random.default_rng(SEED)
    for row in range(0, len(part), BAND):  # large photos would need much memory at once
        band = slice(row, row + BAND)
        grain = noise.standard_normal(hole[band].shape, dtype=np.float32)[..., None]
        new = enlarged_rows(colours, hole.shape, row) + grain * np.float32(strength)
        share = weight[band][..., None]
        mixed = part[band] * (1.0 - share) + new * share
        plate[band] = np.clip(mixed + 0.5, 0.0, 255.0).astype(np.uint8)


def smooth_colours(part: NDArray[Any], hole: NDArray[np.uint8]) -> Array:
    """The hole's colours from its surroundings: pushed down a pyramid, pulled up and relaxed.

    :param part: ``[h, w, 3]``, in levels of 255.
    :param hole: ``[h, w]`` in {0, 1}, not all of it.
    :return: ``[h, w, 3]`` float32, in levels of 255; of ``WORK_SIDE`` at most.
    """
    height, width = hole.shape
    scale = min(1.0, WORK_SIDE / max(height, width))
    size = (max(2, round(width * scale)), max(2, round(height * scale)))
    known = (1 - hole).astype(np.float32)
    sums = cv2.resize(part * known[..., None], size, interpolation=cv2.INTER_AREA)
    weights = cv2.resize(known, size, interpolation=cv2.INTER_AREA)
    levels = [(sums, weights)]
    while min(levels[-1][1].shape) > 2:
        last_sums, last_weights = levels[-1]
        half = (max(1, last_weights.shape[1] // 2), max(1, last_weights.shape[0] // 2))
        levels.append(
            (
                cv2.resize(last_sums, half, interpolation=cv2.INTER_AREA),
                cv2.resize(last_weights, half, interpolation=cv2.INTER_AREA),
            )
        )
    top_sums, top_weights = levels[-1]
    colours = np.empty_like(top_sums)
    colours[:] = top_sums.sum((0, 1)) / max(float(top_weights.sum()), 1e-6)
    for level_sums, level_weights in reversed(levels):
        shape = level_weights.shape
        colours = cv2.resize(colours, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
        own = level_sums / np.maximum(level_weights, 1e-6)[..., None]
        trust = np.minimum(level_weights * 2.0, 1.0)[..., None]
        fixed, free = own * trust, 1.0 - trust
        for _ in range(SMOOTHINGS):
            along, across = cv2.blur(colours, (3, 1)), cv2.blur(colours, (1, 3))
            colours = fixed + free * (LEVEL * along + (1.0 - LEVEL) * across)
    return np.asarray(colours, np.float32)


def enlarged_rows(colours: Array, shape: tuple[int, ...], row: int) -> Array:
    """Up to ``BAND`` rows, from ``row`` on, of a small picture enlarged to ``shape``."""
    y, x = colours.shape[0] / shape[0], colours.shape[1] / shape[1]
    back = np.array([[x, 0.0, x / 2 - 0.5], [0.0, y, (row + 0.5) * y - 0.5]])
    size = (shape[1], min(BAND, shape[0] - row))
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    enlarged = cv2.warpAffine(colours, back, size, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(enlarged, np.float32)


def _grain(part: Picture, hole: NDArray[np.uint8]) -> float:
    """The standard deviation of the grain that the surroundings show, in levels of 255."""
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    residual = grey - cv2.GaussianBlur(grey, (0, 0), 1.2)
    # The median sees the grain between edges, not the edges.
    spread = float(np.median(np.abs(residual[hole == 0]))) / 0.6745
    return min(spread, GRAIN_MAX)
