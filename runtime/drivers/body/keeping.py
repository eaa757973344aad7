"""The driver kept within what a photo can show: how large, where, and how suddenly.

A driver who comes close is many times as large as the photo's person, one who walks aside leaves
the photo, one who is found again is elsewhere at once. The photo's person follows as far as it
remains a person in the photo.

Convention: points are in pixels of the photo's window, x right, y down, z away from the camera.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.bounds import Bounds
from bunraku.runtime.drivers.body.limbs import LIMBS
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.trunk import middle_of
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped, length_of, mean_of, median_of
from bunraku.spec.landmarks import HEAD, HIPS, SHOULDERS, TRUNK, VISIBLE
from bunraku.spec.smoothstep import smoothstep

ELASTIC = 0.8, 1.25
"""Sizes, as shares of the photo's person, that only stretch: bones grow longer, not thicker. Noise
and perspective lie within; beyond, the figure is scaled."""
SETTLES_S = 0.2
"""How long the driver's size is averaged."""
JUMP = 0.5
"""Trunks by which the trunk moves from one frame to the next, and"""
JUMP_PER_S = 8.0
"""as many in a second: what is faster is eased."""
EASE_S = 0.35
HOLD_S = 0.15
"""How long it takes to believe that left and right have changed places from frame to frame."""
_FACE = list(HEAD)
_FACING = 0.4
"""Of the shoulders' width: when less of it is seen, left and right mean little."""


@dataclass(frozen=True, eq=False)
class Kept:
    """What the photo's person shall do."""

    landmarks: Array
    """``[33, 4]``, as the driver's."""
    size: float
    """How much larger they are than the photo's person."""
    scale: float
    """By which the whole figure grows then,"""
    about: tuple[float, float]
    """and the point (x, y) that stays."""

    def scaled(self, transforms: Array) -> Array:
        """``[bones, 3, 4]`` of ``Rig.transforms``, the figure grown."""
        if self.scale == 1.0:
            return transforms
        result = transforms * np.float32(self.scale)
        result[:, :2, 3] += np.float32(1.0 - self.scale) * np.array(self.about, np.float32)
        return result


class Keeper:
    """Keeps one driver, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self._stance: Stance | None = None
        self._time_s = -np.inf
        self._away = False

    def lost(self, time_s: float) -> None:
        """What was shown does not go on: nobody is in this frame, or they are matched anew."""
        self._time_s, self._away = time_s, True

    def keep(
        self, landmarks: Array, belief: Array, stance: Stance, bounds: Bounds, time_s: float
    ) -> Kept:
        """What a photo's person does while the driver stands like this.

        :param landmarks: ``[33, 4]`` of the driver.
        :param belief: ``[33]`` in [0, 1], how far they are believed.
        :param stance: the photo's person.
        """
        points = landmarks[:, :3].astype(np.float64)
        step = time_s - self._time_s
        if stance is not self._stance or step < 0:
            self._stance, self._away, step = stance, False, np.inf
            self._size = _size(points, belief, stance)
            self._wanted = self._shown = points
            self._offset, self._eased_s = np.zeros_like(points), -np.inf
            self._shown_sizes = self._sizes_offset = np.zeros(2)
            self._turned_s: float | None = None
        self._time_s = time_s
        share = 1.0 if self._away else min(step / SETTLES_S, 1.0)
        self._size += share * (_size(points, belief, stance) - self._size)
        size = min(max(self._size, bounds.sizes[0]), bounds.sizes[1])
        elastic = min(max(size, ELASTIC[0]), ELASTIC[1])
        middle = mean_of(points[SHOULDERS])
        lean = lean_since(stance.points, points)
        upright = min(max(lean, -bounds.lean), bounds.lean) - lean
        points = (points - middle) * (elastic / self._size) @ _turn(upright).T
        place = clipped(middle[:2], bounds.low, bounds.high)
        head = place + mean_of(points[_FACE, :2]) * (size / elastic)
        place += clipped(head, bounds.head_low, bounds.head_high) - head
        points[:, :2] += place
        points[:, 2] += middle[2]
        shown, sizes = self._eased(points, np.array([elastic, size / elastic]), stance, step)
        x, y = mean_of(shown[SHOULDERS, :2])
        kept = np.concatenate([shown, landmarks[:, 3:]], 1)
        longer, scale = sizes.tolist()
        return Kept(kept.astype(np.float32), longer, scale, (float(x), float(y)))

    def _eased(
        self, points: Vectors, sizes: Vectors, stance: Stance, step: float
    ) -> tuple[Vectors, Vectors]:
        """Towards where the driver is, and how large, in one movement where they are suddenly
        elsewhere."""
        if self._swapped(points, stance) and not self._away and step < HOLD_S:
            since = self._time_s if self._turned_s is None else self._turned_s
            self._turned_s = since
            if self._time_s - since < HOLD_S:
                return self._shown, self._shown_sizes
            self._eased_s = -np.inf  # half way between the two the body would be folded
        else:
            shoulders, hips = _trunk(stance.points)
            trunk = length_of(hips - shoulders)
            moved = median_of(np.hypot(*(points - self._wanted)[TRUNK, :2].T))
            far = moved > max(JUMP, JUMP_PER_S * step) * trunk
            if far or self._away:
                self._offset, self._eased_s = self._shown - points, self._time_s - step
                self._sizes_offset = self._shown_sizes - sizes
        self._turned_s, self._away, self._wanted = None, False, points
        left = 1.0 - min(max((self._time_s - self._eased_s) / EASE_S, 0.0), 1.0)
        share = smoothstep(left)
        self._shown = points + self._offset * share
        self._shown_sizes = sizes + self._sizes_offset * share
        return self._shown, self._shown_sizes

    def _swapped(self, points: Vectors, stance: Stance) -> bool:
        """Whether left and right have changed places since the last frame."""
        left, right = SHOULDERS
        now, before = (p[left, :2] - p[right, :2] for p in (points, self._wanted))
        width = length_of(stance.points[left] - stance.points[right])
        least = min(length_of(now), length_of(before))
        return bool(now @ before < 0.0 and least > _FACING * width)


def _size(points: Vectors, belief: Array, stance: Stance) -> float:
    """How large the driver is beside the photo's person: the middle of what their bones say."""
    left, right = SHOULDERS
    known = LIMBS.ends < len(points)
    starts, ends = LIMBS.starts[known], LIMBS.ends[known]
    sure = np.minimum(belief[starts], belief[ends]) >= VISIBLE
    starts, ends = (np.append(x[sure], [s, s]) for x, s in ((starts, left), (ends, right)))
    lengths = [np.linalg.norm(p[ends] - p[starts], axis=1) for p in (points, stance.points)]
    return max(median_of(lengths[0] / np.maximum(lengths[1], 1.0)), 1e-3)


def lean_since(photo: Vectors, points: Vectors) -> float:
    """By how much the trunk has turned in the picture since the photo: radians, x towards y."""
    before, now = (
        math.atan2(*(hips - shoulders)[::-1]) for shoulders, hips in map(_trunk, (photo, points))
    )
    return (now - before + math.pi) % (2.0 * math.pi) - math.pi


def _turn(angle: float) -> Vectors:
    """In the picture, ``[3, 3]``."""
    return np.asarray(about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0], np.float64)


def _trunk(points: Vectors) -> tuple[NDArray[Any], NDArray[Any]]:
    """The middles of shoulders and hips, ``[2]`` each."""
    return middle_of(points, SHOULDERS)[:2], middle_of(points, HIPS)[:2]


def at_most(way: Vectors, most: Vectors) -> Vectors:
    """Ways that never get longer than that, each by itself, and as long while they are short."""
    return np.asarray(way / np.sqrt(1.0 + (way / most) ** 2))
