"""Where a window shows a person's arms, and what may lie between an arm and the rest of them.

Convention: points are in pixels of a square window of a side that is asked for; lengths are in
trunks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Exact
from bunraku.spec.landmarks import (
    HEAD,
    HIPS,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    SHOULDERS,
    VISIBLE,
)

UPPER_ARM, FOREARM = 0.10, 0.07
"""How broad a limb is at least: what is nearer to its line is the person's."""
HAND = 0.075
"""Radius around the knuckles within which all is the hand's."""
TRUNK = 0.2
"""The share of the trunk's breadth on either side that is not surely the trunk's."""
HANGS = 0.5
"""Cosine of the angle to the trunk from which on a bone leads down along it."""
FARTHEST_PX = 1e4
"""Landmarks beyond are none."""


@dataclass(frozen=True, eq=False)
class Arms:
    """Both arms of a person in a window."""

    points: Exact
    """``[33, 2]``"""
    shown: tuple[bool, bool]
    """Whether the left and the right elbow are seen."""
    side_px: int
    """Of the window."""

    @classmethod
    def of(cls, landmarks: Array, side_px: int) -> Arms | None:
        """:param landmarks: ``[33, 4]``, x and y in units of the window, and visibility.
        :return: None if they are nowhere near it.
        """
        points = landmarks[:, :2].astype(np.float64) * side_px - 0.5
        if not np.isfinite(points).all() or np.abs(points).max() > FARTHEST_PX:
            return None
        left, right = landmarks[[LEFT_ELBOW, LEFT_ELBOW + 1], 3] >= VISIBLE
        return cls(points, (bool(left), bool(right)), side_px)

    @property
    def trunk_px(self) -> float:
        """How long the trunk is."""
        shoulders, hips = self.points[SHOULDERS], self.points[HIPS]
        return float(np.linalg.norm(hips.mean(0) - shoulders.mean(0)))

    def line(self, side: int) -> list[Exact]:
        """From shoulder to knuckles."""
        little, index, _ = (LEFT_HAND, RIGHT_HAND)[side]
        bones = [self.points[first + side] for first in (LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST)]
        return [*bones, 0.5 * (self.points[little] + self.points[index])]

    def sure(self) -> Region:
        """What is the person's wherever the networks have the landmarks right: ``[n, n]``."""
        result, trunk = self._nothing(), self.trunk_px
        for side in (0, 1):
            shoulder, elbow, wrist, knuckles = self.line(side)
            draw_line(result, [shoulder, elbow], UPPER_ARM * trunk)
            draw_line(result, [elbow, wrist, knuckles], FOREARM * trunk)
            cv2.circle(result, _pixel(knuckles), max(1, round(HAND * trunk)), 1, -1)
        face = cv2.convexHull(np.rint(self.points[list(HEAD)]).astype(np.int32))
        cv2.fillPoly(result, [face], 1)
        left = self.points[[LEFT_SHOULDER, LEFT_HIP]]
        right = self.points[[RIGHT_SHOULDER, RIGHT_HIP]]
        left, right = left + TRUNK * (right - left), right + TRUNK * (left - right)
        return np.asarray((result > 0) | self._polygon([*left, *right[::-1]]))

    def thigh(self, side: int, width: float) -> Region:
        """The line from a hip to its knee, so broad, ``[n, n]``."""
        result = self._nothing()
        ends = [self.points[LEFT_HIP + side], self.points[LEFT_KNEE + side]]
        draw_line(result, ends, width * self.trunk_px)
        return result > 0

    def hangs(self, side: int) -> bool:
        """Whether both bones of an arm lead down along the trunk."""
        down = self.points[HIPS].mean(0) - self.points[SHOULDERS].mean(0)
        shoulder, elbow, wrist, _ = self.line(side)
        bones = elbow - shoulder, wrist - elbow
        return all(
            float(bone @ down) > HANGS * float(np.linalg.norm(bone) * np.linalg.norm(down))
            for bone in bones
        )

    def between(self, side: int) -> Region:
        """What an arm encloses with the trunk, or raised with the head as well: ``[n, n]``."""
        arm = self.line(side)
        hip, knee = self.points[LEFT_HIP + side], self.points[LEFT_KNEE + side]
        result = self._polygon([*arm, 0.5 * (hip + knee), hip])
        if arm[2][1] < arm[0][1]:
            result |= self._polygon([*arm, self.points[list(HEAD)].mean(0)])
        return result

    def _nothing(self) -> NDArray[np.uint8]:
        return np.zeros((self.side_px, self.side_px), np.uint8)

    def _polygon(self, points: Sequence[Exact]) -> Region:
        result = self._nothing()
        cv2.fillPoly(result, [np.rint(np.array(points)).astype(np.int32)], 1)
        return result > 0


def draw_line(canvas: NDArray[np.uint8], points: Sequence[Exact], width: float) -> None:
    """A line through points, of so many pixels, written into ``[n, n]`` as ones."""
    for start, end in pairwise(points):
        cv2.line(canvas, _pixel(start), _pixel(end), 1, max(1, round(width)))


def _pixel(point: Exact) -> tuple[int, int]:
    x, y = np.rint(point).astype(int).tolist()
    return x, y
