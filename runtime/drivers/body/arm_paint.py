"""The colours of an arm that is made anew: the photo's sleeve, its end, and skin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.light import PLANES, Light
from bunraku.runtime.drivers.body.sleeves import GOES_OVER, Sleeve
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.arrays import Array
from bunraku.spec.smoothstep import smoothstep

CLOTH_SHADOW = np.float32(0.62)
"""What is left of cloth's colour where skin is darkest."""
CURVED = 0.02
"""By how much a sleeve's end is longer at its sides than in the middle, in lengths of its bone."""
SOFT_PX = 0.8
"""How softly it ends, in pixels of the networks."""
UNDER_SLEEVE, DARK = 0.09, 0.3
"""How far the sleeve's shadow falls on the skin, in lengths of a bone, and how dark it is."""
ELBOW, PLAIN = 0.8, 0.5
"""From where on cloth has its plain colour, and how far: below the elbow the photo shows none, and
what is above it takes its place."""
GRAIN = 0.05
"""Side of the square whose grain is taken, in trunks,"""
SMALLEST_PX = 4
"""and at least;"""
GRAIN_PX = 2.0
"""how coarse it is at most, in pixels of the networks."""
MOTTLED = 0.5
"""How far apart spots of redder and paler skin lie, in radii of the upper arm,"""
BLOOD = np.array([0.003, 0.011, 0.009], np.float32)
"""and by how much red, green and blue differ in them."""
TILE_PX = 160
"""After how many pixels the grain begins anew: an arm is about as wide."""


def paint_arm(
    unrolled: Unrolled,
    sleeve: Sleeve,
    plane: Array,
    seen: NDArray[np.bool_],
    grain: Array,
    light: Light,
    fine: float,
) -> tuple[Array, Array]:
    """An arm's pictures where skin is brightest and darkest (``PLANES``), ``[n, n, 3]`` each; cloth
    is between the two as the photo has it where skin has its tone.

    :param plane: ``[n, n, 3]``: what the upper arm's surface looks like in the photo, where that
        shows it ``seen [n, n]``, and goes on like beyond.
    :param grain: ``[s, s, 3]`` of ``grain_of``, the skin's.
    :param light: the photo's. :param fine: see ``Fit.fine``.
    """
    strip, along, end = unrolled.strip, unrolled.along(), np.float32(sleeve.end)
    bend = np.float32(CURVED) * (1.0 - np.cos(unrolled.angle()))
    down_px = np.asarray((along - end - bend) * unrolled.lengths[0], np.float32)
    covered = _step(-down_px / np.float32(2.0 * SOFT_PX * fine))[..., None]
    under = DARK * np.exp(-np.maximum(along - end, 0.0) / UNDER_SLEEVE) * (sleeve.end > 0.0)
    size = covered.shape[0], covered.shape[1]
    bare = sleeve.skin * (1.0 - under)[..., None] * mottled(*size, MOTTLED * unrolled.radius)
    bare += grainy(grain, *size)
    cloth = unrolled.in_photo(plane)
    plain = PLAIN * np.clip((along - ELBOW) / (1.0 - ELBOW), 0.0, 1.0)[..., None]
    cloth += (sleeve.cloth - cloth) * plain * covered
    soft = cv2.GaussianBlur(seen.astype(np.float32), (0, 0), SOFT_PX * fine)
    known = unrolled.in_photo(np.asarray(soft, np.float32))
    known *= 1.0 - np.clip((along - sleeve.ends_seen) / GOES_OVER, 0.0, 1.0)
    own = np.maximum(np.clip(2.0 * known - 1.0, 0.0, 1.0)[..., None], covered)
    painted = np.clip(bare + (cloth - bare) * own, 0.0, 1.0)
    result = np.zeros((2, unrolled.n, unrolled.n, 3), np.float32)
    first, second = PLANES
    at_tone = (first - 1.0) / (first - second)
    brightest = (1.0 - at_tone * CLOTH_SHADOW) / (1.0 - at_tone)
    for shown, of_skin, of_cloth in zip(result, PLANES, (brightest, CLOTH_SHADOW), strict=True):
        tint = light.tint(of_skin)
        shown[:, strip] = painted * (tint + (np.float32(of_cloth) - tint) * covered)
    lit, dark = result
    return lit, dark


def grain_of(colours: Array, where: NDArray[np.bool_], trunk_px: float, fine: float) -> Array:
    """``[s, s, 3]``: what colours differ by from their surroundings, of the quietest square that
    lies wholly within a region; nothing where none does.

    :param colours: ``[n, n, 3]``. :param where: ``[n, n]``.
    """
    side = max(SMALLEST_PX, round(GRAIN * trunk_px))
    square = np.ones((side, side), np.uint8)
    within = cv2.erode(where.astype(np.uint8), square, anchor=(0, 0), borderValue=0)
    n = len(where) - side
    if n <= 0 or not within[:n, :n].any():
        return np.zeros((1, 1, 3), np.float32)
    detail = colours - cv2.GaussianBlur(colours, (0, 0), GRAIN_PX * fine)
    unrest = cv2.boxFilter((detail * detail).sum(-1), -1, (side, side), anchor=(0, 0))[:n, :n]
    row, column = divmod(int(np.where(within[:n, :n] > 0, unrest, np.inf).argmin()), n)
    return np.asarray(detail[row : row + side, column : column + side], np.float32)


def grainy(square: Array, height: int, width: int) -> Array:
    """Noise with the grain of a square ``[s, s, 3]``, and without its features: none repeats.

    Source: B. Galerne, Y. Gousseau, J.-M. Morel, "Random phase textures", 2011.
    """
    side = len(square)
    kernel = (square - square.mean((0, 1))) / np.float32(side)
    noise = np.random.default_rng(0).standard_normal((TILE_PX, TILE_PX), np.float32)
    wide = np.pad(noise, side, mode="wrap")
    tile = np.stack([cv2.filter2D(wide, -1, kernel[..., c]) for c in range(3)], -1)
    tile = tile[side:-side, side:-side]
    down, across = -(-height // TILE_PX), -(-width // TILE_PX)
    return np.asarray(np.tile(tile, (down, across, 1))[:height, :width], np.float32)


def mottled(height: int, width: int, apart_px: float) -> Array:
    """``[h, w, 3]`` about 1: blood shines through skin, here more, there less.

    :param apart_px: how far apart the spots are.
    """
    random = np.random.default_rng(1)
    result = np.ones((height, width, 3), np.float32)
    for octave in (1.0, 0.4):
        cells = [max(2, round(side / max(apart_px * octave, 1.0)) + 1) for side in (height, width)]
        noise = random.standard_normal(cells, np.float32)
        spots = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
        result += spots[..., None] * BLOOD
    return result


def _step(value: Array) -> Array:
    """From 0 to 1 around 0, softly."""
    share = np.clip(value + np.float32(0.5), 0.0, 1.0)
    return np.asarray(smoothstep(share), np.float32)
