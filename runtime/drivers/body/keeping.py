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

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.limbs import LIMBS
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.trunk import middle_of
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped, length_of, mean_of, median_of
from bunraku.spec.landmarks import HEAD, HIPS, SHOULDERS, TRUNK, VISIBLE
from bunraku.spec.smoothstep import smoothstep

ELASTIC = 0.8, 1.25
"""Sizes, as shares of the photo's person, that only stretch: bones grow longer, not thicker. Noise
and perspective lie within."""
SIZES = 0.5, 1.8
"""All sizes of a whole body. Beyond the elastic ones the figure is scaled."""
CUT_SIZES = 0.85, 1.8
"""Of a person whose lower end the photo cuts or hides: they must go on reaching down to it."""
SETTLES_S = 0.2
"""How long the driver's size is averaged."""
MARGIN = 0.2
"""How far from the photo's edges the middle of the shoulders stays, in trunks."""
HEAD_MARGIN = 0.25
"""How far from its sides and its upper edge the middle of the face stays, likewise."""
RISE = 0.2
"""How far such a person rises, in trunks, and sinks before what hides them,"""
SLIP = 0.06
"""How far such a person moves off a side of the photo that cuts the body, in trunks,"""
TOUCHES = 0.3
"""the share of the rows below the shoulders in which it does so,"""
ASIDE = 0.03
"""how near the side it is asked, in windows,"""
LEAN_DEG = 60.0
"""and leans."""
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


@dataclass(frozen=True)
class Bounds:
    """Where the middle of the shoulders may go, and what the figure may do there."""

    low: tuple[float, float]
    """x and y"""
    high: tuple[float, float]
    sizes: tuple[float, float] = SIZES
    """The smallest and the largest, beside the photo's person."""
    lean: float = np.pi
    """How far the trunk may turn in the picture, in radians."""
    head_low: tuple[float, float] = (-np.inf, -np.inf)
    """Where the middle of the face may go, x and y: as far down as it likes."""
    head_high: tuple[float, float] = (np.inf, np.inf)

    @classmethod
    def of(cls, source: Source, fit: Fit, *, grounded: bool, measured: bool) -> Bounds:
        """The photo, less a margin, but always where its person is.

        :param grounded: the photo shows the person's legs.
        :param measured: the fit tells how large the photo's person is.
        """
        window, n, trunk = source.framing.window, len(source.mask), fit.trunk_px
        height, width = source.photo.shape[:2]
        corners = np.array([[-0.5, -0.5, 0.0], [width - 0.5, height - 0.5, 0.0]], np.float32)
        low, high = window.to_units(corners)[:, :2].astype(np.float64) * n - 0.5
        own, face = (fit.stance.points[p, :2].mean(0) for p in (SHOULDERS, _FACE))
        head_low = np.minimum(low + HEAD_MARGIN * trunk, face)
        head_right = max(float(high[0] - HEAD_MARGIN * trunk), float(face[0]))
        cut = _cut_sides(source.mask, own, low, high) if source.framing.half else (False, False)
        low, high = low + MARGIN * trunk, high - MARGIN * trunk
        if cut[0]:
            high[0] = min(high[0], own[0] + SLIP * trunk)
        if cut[1]:
            low[0] = max(low[0], own[0] - SLIP * trunk)
        if not grounded:
            low[1] = max(low[1], own[1] - RISE * trunk)
            if not source.framing.half:
                high[1] = min(high[1], own[1] + RISE * trunk)
        low, high = np.minimum(low, own), np.maximum(high, own)
        sizes = (SIZES if grounded else CUT_SIZES) if measured else (1.0, 1.0)
        lean = np.pi if grounded else float(np.deg2rad(LEAN_DEG))
        return cls(
            (float(low[0]), float(low[1])),
            (float(high[0]), float(high[1])),
            sizes,
            lean,
            (float(head_low[0]), float(head_low[1])),
            (head_right, np.inf),
        )


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


def _cut_sides(mask: Array, shoulders: Vectors, low: Vectors, high: Vectors) -> tuple[bool, bool]:
    """Whether the photo's left and right sides cut the body.

    :param mask: ``[n, n]``, the person. :param shoulders: their middle.
    :param low: the photo's upper left corner, x and y. :param high: its lower right corner.
    """
    n = len(mask)
    rows = slice(max(round(float(shoulders[1])), 0), min(round(float(high[1])), n))
    aside = round(ASIDE * n)
    columns = round(float(low[0])) + aside, round(float(high[0])) - aside
    left, right = (
        0 <= x < n and (mask[rows, x] > 0.5).sum() > TOUCHES * max(len(mask[rows]), 1)
        for x in columns
    )
    return bool(left), bool(right)


def _turn(angle: float) -> Vectors:
    """In the picture, ``[3, 3]``."""
    return np.asarray(about(np.array([[0.0, 0.0, 1.0]]), np.array([angle]))[0], np.float64)


def _trunk(points: Vectors) -> tuple[NDArray[Any], NDArray[Any]]:
    """The middles of shoulders and hips, ``[2]`` each."""
    return middle_of(points, SHOULDERS)[:2], middle_of(points, HIPS)[:2]


def at_most(way: Vectors, most: Vectors) -> Vectors:
    """Ways that never get longer than that, each by itself, and as long while they are short."""
    return np.asarray(way / np.sqrt(1.0 + (way / most) ** 2))
