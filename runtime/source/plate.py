"""The plate: the photo with the person removed, for what the person uncovers by moving.

The hole is filled from outside a generous outline only, so that nothing of the person is smeared
into the background, and given the photo's own grain. The fill is smooth: it continues colours and
shading, not textures.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture

WORK_SIDE = 256
"""The fill is smooth, so it is solved at this size at most."""
OUTLINE = 0.012
"""How far the hole reaches beyond the person, in heights of the person: what stands beside the
person is to stay."""
CLEAR = 0.03
"""How far from the person colours are taken: nearer, the person's own are mixed into them."""
FEATHER = 0.012
"""Width of the blend outside of the hole, in heights of the person."""
SMOOTHINGS = 24
"""Relaxation steps at each level of the pyramid."""
LEVEL = 0.85
"""Share of the neighbours to the left and right in it: floors and horizons run level."""
GRAIN_MAX = 12.0
"""Grain beyond this is texture, not grain; in levels of 255."""
SEED = 20
BAND = 256
"""Rows of the photo that are blended at a time."""


def make_plate(photo: Picture, mask: Array) -> Picture:
    """The photo without its person.

    :param photo: HWC uint8.
    :param mask: ``[H, W]`` in [0, 1], the person; anything above a trace counts.
    :return: a new picture of the photo's size, equal to the photo away from the person.
    """
    plate = photo.copy()
    person = (mask > 0.25).astype(np.uint8)
    rows = np.flatnonzero(person.any(1))
    columns = np.flatnonzero(person.any(0))
    if not len(rows):
        return plate
    tall = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    outline, clear = max(2, round(OUTLINE * tall)), max(4, round(CLEAR * tall))
    feather = max(1, round(FEATHER * tall))
    margin = max(8, 3 * clear)
    y0, y1 = max(0, rows[0] - margin), min(photo.shape[0], rows[-1] + 1 + margin)
    x0, x1 = max(0, columns[0] - margin), min(photo.shape[1], columns[-1] + 1 + margin)
    part = photo[y0:y1, x0:x1]
    hole = _dilate(person[y0:y1, x0:x1], outline)
    unclear = _dilate(person[y0:y1, x0:x1], clear)
    if unclear.all():
        unclear = hole
    if hole.all():  # nothing but person: the mean of the whole photo has to do
        plate[y0:y1, x0:x1] = photo.reshape(-1, 3).mean(0).astype(np.uint8)
        return plate
    weight = cv2.blur(_dilate(hole, feather).astype(np.float32), (2 * feather + 1,) * 2)
    weight = np.maximum(weight, hole)[..., None]  # the blend lies outside of the hole
    colours = _fill(part, unclear)
    strength = _grain(part, unclear)
    noise = np.random.default_rng(SEED)
    for row in range(0, len(part), BAND):  # large photos would need much memory at once
        band = slice(row, row + BAND)
        grain = noise.standard_normal(hole[band].shape, dtype=np.float32)[..., None]
        new = _rows(colours, hole.shape, row) + grain * np.float32(strength)
        mixed = part[band] * (1.0 - weight[band]) + new * weight[band]
        plate[y0:y1, x0:x1][band] = np.clip(mixed + 0.5, 0.0, 255.0).astype(np.uint8)
    return plate


def _dilate(binary: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Grown by ``radius`` pixels; by way of a distance map, whose cost does not grow with it."""
    distance = cv2.distanceTransform(1 - binary, cv2.DIST_L2, 3)
    return (distance <= radius).astype(np.uint8)


def _fill(part: Picture, hole: NDArray[np.uint8]) -> Array:
    """The hole's colours from its surroundings: pushed down a pyramid, pulled up and relaxed.

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


def _rows(colours: Array, shape: tuple[int, ...], row: int) -> Array:
    """Up to ``BAND`` rows, from ``row`` on, of ``colours`` enlarged to ``shape``."""
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
