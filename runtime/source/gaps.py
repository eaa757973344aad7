"""Background that a person's arm encloses, with the trunk or the head.

The networks' masks are too coarse for narrow gaps and fill them; what lies in a gap would be
carried along with the arm. Where a gap can be, the picture's colours and edges say whether there is
one.

Convention: points are in pixels of a window of ``NETWORK_PX``; lengths are in trunks.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.source.beside_arms import Arms, draw_line
from bunraku.runtime.source.cutting_out import cut_out
from bunraku.runtime.source.likeness import resized
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture

NETWORK_PX = 256
"""Side of the window in which gaps are looked for: as fine as the networks' masks get."""
AROUND = 0.45
"""The surroundings that tell how the background looks."""
SMALLEST, NARROWEST_PX = 0.002, 1.5
"""Area, of the trunk's square, and half the width from which it is a gap and not an outline."""
FEWEST = 8
"""Pixels below which nothing is asked."""


def find_gaps(window: Picture, person: Array, landmarks: Array) -> Array:
    """Which pixels of a person's mask are gaps beside an arm.

    :param window: ``[n, n, 3]`` uint8.
    :param person: ``[n, n]`` in [0, 1], the mask.
    :param landmarks: ``[33, 4]``, x and y in units of the window, and visibility.
    :return: ``[n, n]`` in [0, 1].
    """
    small = np.asarray(resized(window, NETWORK_PX), np.uint8)
    inside = np.asarray(resized(person, NETWORK_PX) > 0.5)
    arms = Arms.of(landmarks, NETWORK_PX)
    if arms is None or inside.all():
        return np.zeros_like(person)
    sure, found = arms.sure(), np.zeros_like(inside)
    for side in (0, 1):
        if arms.shown[side]:
            found |= _beside(small, inside, sure, arms, side)
    gaps = _large_enough(found, arms.trunk_px).astype(np.float32)
    return np.asarray(cv2.resize(gaps, person.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _beside(window: Picture, inside: Region, sure: Region, arms: Arms, side: int) -> Region:
    """Where the window looks like what is around the person, between one arm and the rest."""
    unsure = arms.between(side) & inside & ~sure
    if unsure.sum() < FEWEST:
        return np.zeros_like(inside)
    line = np.zeros(inside.shape, np.uint8)
    draw_line(line, arms.line(side), 1.0)
    around = max(1, round(AROUND * arms.trunk_px))
    near = cv2.distanceTransform(1 - line, cv2.DIST_L2, 5) <= around
    y, x = np.nonzero(near | unsure)
    part = slice(y.min(), y.max() + 1), slice(x.min(), x.max() + 1)
    labels = np.where(inside, cv2.GC_FGD, cv2.GC_BGD)
    labels = np.ascontiguousarray(np.where(unsure, cv2.GC_PR_FGD, labels)[part], np.uint8)
    if not np.isin([cv2.GC_BGD, cv2.GC_FGD], labels).all():
        return np.zeros_like(inside)
    cv2.setRNGSeed(0)  # its colour models start from random ones: alike for alike photos
    result = unsure.copy()
    result[part] &= ~cut_out(np.ascontiguousarray(window[part]), labels)
    return result


def _large_enough(found: Region, trunk_px: float) -> Region:
    """The pieces that are no mere outline."""
    count, piece, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8))
    half_width = np.zeros(count, np.float32)
    depth = cv2.distanceTransform(found.astype(np.uint8), cv2.DIST_L2, 5)
    np.maximum.at(half_width, np.asarray(piece, np.intp)[found], depth[found])
    large = stats[:, cv2.CC_STAT_AREA] >= SMALLEST * trunk_px * trunk_px
    return np.asarray(found & (large & (half_width >= NARROWEST_PX))[piece])
