"""Background that a person's arm encloses, with the trunk or the head.

The networks' masks are too coarse for narrow gaps and fill them; what lies in a gap would be
carried along with the arm. Where a gap can be, the picture's colours and edges say whether there is
one.

Convention: points are in pixels of a window of ``NETWORK_PX``; lengths are in trunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.cutting_out import cut_out
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    VISIBLE,
)

Region = NDArray[np.bool_]
Points = NDArray[np.float64]

NETWORK_PX = 256
"""Side of the window in which gaps are looked for: as fine as the networks' masks get."""
UPPER_ARM, FOREARM = 0.10, 0.07
"""How broad a limb is at least: what is nearer to its line is the person's."""
HAND = 0.075
"""Radius around the knuckles within which all is the hand's."""
TRUNK = 0.2
"""The share of the trunk's breadth on either side that is not surely the trunk's."""
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
    small = np.asarray(_resized(window), np.uint8)
    inside = np.asarray(_resized(person) > 0.5)
    points = landmarks[:, :2].astype(np.float64) * NETWORK_PX - 0.5
    found = np.zeros_like(inside)
    shoulders, hips = points[[LEFT_SHOULDER, RIGHT_SHOULDER]], points[[LEFT_HIP, RIGHT_HIP]]
    trunk_px = float(np.linalg.norm(hips.mean(0) - shoulders.mean(0)))
    if inside.all() or not np.isfinite(points).all() or np.abs(points).max() > 1e4:
        return np.zeros_like(person)
    sure = _sure(points, trunk_px)
    for side in (0, 1):
        if landmarks[LEFT_ELBOW + side, 3] >= VISIBLE:
            found |= _beside(small, inside, sure, points, side, trunk_px)
    gaps = _large_enough(found, trunk_px).astype(np.float32)
    return np.asarray(cv2.resize(gaps, person.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _arm(points: Points, side: int) -> list[Points]:
    """From shoulder to knuckles."""
    little, index, _ = (LEFT_HAND, RIGHT_HAND)[side]
    bones = [points[first + side] for first in (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)]
    return [*bones, 0.5 * (points[little] + points[index])]


def _sure(points: Points, trunk_px: float) -> Region:
    """What is the person's wherever the networks have the landmarks right."""
    result = np.zeros((NETWORK_PX, NETWORK_PX), np.uint8)
    for side in (0, 1):
        shoulder, elbow, wrist, knuckles = _arm(points, side)
        _line(result, [shoulder, elbow], UPPER_ARM * trunk_px)
        _line(result, [elbow, wrist, knuckles], FOREARM * trunk_px)
        cv2.circle(result, _pixel(knuckles), max(1, round(HAND * trunk_px)), 1, -1)
    left, right = (points[[LEFT_SHOULDER, LEFT_HIP]], points[[RIGHT_SHOULDER, RIGHT_HIP]])
    left, right = left + TRUNK * (right - left), right + TRUNK * (left - right)
    return np.asarray((result > 0) | _polygon([*left, *right[::-1]]))


def _beside(
    window: Picture, inside: Region, sure: Region, points: Points, side: int, trunk_px: float
) -> Region:
    """Where the window looks like what is around the person, between one arm and the rest."""
    arm = _arm(points, side)
    hip, knee = points[LEFT_HIP + side], points[LEFT_KNEE + side]
    between = _polygon([*arm, 0.5 * (hip + knee), hip])
    if arm[2][1] < arm[0][1]:  # raised
        between |= _polygon([*arm, points[list(HEAD)].mean(0)])
    unsure = between & inside & ~sure
    if unsure.sum() < FEWEST:
        return np.zeros_like(inside)
    line = np.zeros(inside.shape, np.uint8)
    _line(line, arm, 1.0)
    around = max(1, round(AROUND * trunk_px))
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


def _resized(values: NDArray[Any]) -> NDArray[Any]:
    """A square picture in ``NETWORK_PX``, or as it is."""
    if len(values) == NETWORK_PX:
        return values
    method = cv2.INTER_AREA if len(values) > NETWORK_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(values, (NETWORK_PX, NETWORK_PX), interpolation=method))


def _pixel(point: Points) -> tuple[int, int]:
    x, y = np.rint(point).astype(int).tolist()
    return x, y


def _line(canvas: NDArray[np.uint8], points: Sequence[Points], width: float) -> None:
    for start, end in pairwise(points):
        cv2.line(canvas, _pixel(start), _pixel(end), 1, max(1, round(width)))


def _polygon(points: Sequence[Points]) -> Region:
    result = np.zeros((NETWORK_PX, NETWORK_PX), np.uint8)
    cv2.fillPoly(result, [np.rint(np.array(points)).astype(np.int32)], 1)
    return result > 0
