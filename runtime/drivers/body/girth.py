"""How much wider than the template each bone's flesh and cloth is, from the photo's outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.limbs import LIMBS, POSED_BY, with_hands
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.mask import fineness
from bunraku.spec.landmarks import HIPS, SHOULDERS
from bunraku.spec.skeleton import BODY_BONES, BodyBone

USUAL = 1.12
"""Of limbs that cannot be measured: nobody is as thin as the template."""
USUAL_TRUNK = 1.08
ENDS = 1.1
"""Of hands and feet, which outlines tell nothing of."""
LIMB_RANGE, TRUNK_RANGE = (0.75, 1.6), (0.85, 1.5)
SHORT_PX = 10.0
"""A limb that the picture shows shorter is not measured."""
PLACES = (0.3, 0.5, 0.7, 0.9)
"""Where along a limb it is measured: its root is inside of another."""
TRUNK_PLACES = (0.35, 0.5, 0.65, 0.8, 0.95)
STEP_PX = 0.5
_BLUNT = [BodyBone.HAND_L, BodyBone.HAND_R, BodyBone.FOOT_L, BodyBone.FOOT_R]
_LONG = tuple(b for b in range(BodyBone.UPPER_ARM_L, BODY_BONES) if b not in _BLUNT)
_ARMS = tuple(range(BodyBone.UPPER_ARM_L, BodyBone.HAND_R + 1))


@dataclass(frozen=True)
class Segment:
    """A limb as a line in the picture."""

    start: Vectors
    end: Vectors
    parent: int
    radius: Vectors
    """Of the template there, at ``PLACES``, in pixels."""

    def distance(self, points: Vectors) -> Vectors:
        """Of points ``[n, 2]``, in pixels."""
        along = self.end - self.start
        share = np.clip((points - self.start) @ along / (along @ along + 1e-9), 0.0, 1.0)
        return np.asarray(
            np.linalg.norm(points - self.start - share[:, None] * along, axis=-1), np.float64
        )


def measure_girth(template: Template, stance: Stance, inside: NDArray[np.bool_]) -> Vectors:
    """Factors ``[15]`` of the template's thickness.

    Left and right are held together: an outline tells of one arm what it hides of the other.

    :param inside: ``[n, n]``, the person's outline in the window.
    """
    segments = _segments(template, stance)
    girth = np.full(BODY_BONES, np.nan)
    trunk = Trunk.of(template, stance)
    for bone in _LONG:
        girth[bone] = _limb(bone, segments, trunk, inside)
    for left in range(BodyBone.UPPER_ARM_L, BODY_BONES, 2):
        pair = girth[left : left + 2]
        if not np.isnan(pair).all():
            mean = np.nanmean(pair)
            pair[:] = np.where(np.isnan(pair), mean, 0.5 * (pair + mean))
    wide = _trunk(trunk, segments, inside)
    girth[BodyBone.PELVIS], girth[BodyBone.CHEST] = wide, 0.5 + 0.5 * wide
    girth[BodyBone.HEAD] = 1.0
    girth[_BLUNT] = ENDS
    return np.where(np.isnan(girth), USUAL, girth)


@dataclass(frozen=True)
class Trunk:
    """The trunk as a line in the picture, from the shoulders to the hips."""

    start: Vectors
    end: Vectors
    half_shoulders: float
    half_widths: Vectors
    """Of the template at ``TRUNK_PLACES``, as it is turned here, in pixels."""

    @classmethod
    def of(cls, template: Template, stance: Stance) -> Trunk:
        """Of the photo's person."""
        shoulders = stance.points[SHOULDERS]
        hips = stance.points[HIPS]
        flat = float(np.linalg.norm(shoulders[0, :2] - shoulders[1, :2]))
        deep = float(np.linalg.norm(shoulders[0] - shoulders[1]))
        facing = max(0.4, flat / (deep + 1e-6))
        rest = template.landmarks[:, 1].astype(np.float64)
        top, bottom = (
            rest[SHOULDERS].mean(),
            rest[HIPS].mean(),
        )
        main = main_bones(template)
        part = template.vertices[(main == BodyBone.CHEST) | (main == BodyBone.PELVIS)]
        widths = []
        for place in TRUNK_PLACES:
            near = np.abs(part[:, 1] - ((1.0 - place) * top + place * bottom)) < 0.03
            widths.append(np.abs(part[near, 0]).max() if near.any() else 0.15)
        half = np.array(widths) * stance.size * facing
        return cls(shoulders.mean(0)[:2], hips.mean(0)[:2], flat / 2.0, half)

    def distance(self, points: Vectors) -> Vectors:
        """Of points ``[n, 2]`` to its middle line."""
        return Segment(self.start, self.end, -1, self.half_widths).distance(points)


def main_bones(template: Template) -> NDArray[np.int64]:
    """``[n]``: of each vertex the bone that moves it most, fingers counted as their hand."""
    first = np.take_along_axis(template.bones, template.weights.argmax(1)[:, None], 1)[:, 0]
    return POSED_BY[first].astype(np.int64)


def _segments(template: Template, stance: Stance) -> dict[int, Segment]:
    main = main_bones(template)
    rest = with_hands(template.landmarks)
    result = {}
    for bone, parent, start, end in zip(*LIMBS, strict=True):
        along = rest[end] - rest[start]
        offset = template.vertices[main == bone] - rest[start]
        place = offset @ along / (along @ along)
        thick = np.linalg.norm(offset - place[:, None] * along, axis=1)
        near = [thick[np.abs(place - p) < 0.15] for p in PLACES]
        known = [float(np.median(t)) if len(t) else np.nan for t in near]
        radius = np.where(np.isnan(known), np.nanmean(known), known) * stance.size
        ends = stance.points[[start, end], :2]
        result[int(bone)] = Segment(ends[0], ends[1], int(parent), radius)
    return result


def _rays(
    start: Vectors,
    end: Vectors,
    places: tuple[float, ...],
    radii: Vectors,
    reach: float,
    inside: NDArray[np.bool_],
) -> Iterator[tuple[int, float, Vectors, Vectors, bool]]:
    """From places on a line to both sides, as far as the outline goes.

    Gives side, radius, points ``[k, 2]`` inside, their distances, and whether the outline ended.
    """
    along = end - start
    across = np.array([-along[1], along[0]]) / (np.linalg.norm(along) + 1e-9)
    for place, radius in zip(places, radii, strict=True):
        distance = np.arange(0.0, reach * radius, STEP_PX)
        for side, sign in enumerate((1.0, -1.0)):
            points = start + place * along + sign * distance[:, None] * across
            left = ~_at(inside, points)
            if not len(points) or left[0]:
                continue
            count = int(left.argmax()) if left.any() else len(points)
            yield side, float(radius), points[:count], distance[:count], bool(left.any())


def _limb(
    bone: int, segments: dict[int, Segment], trunk: Trunk, inside: NDArray[np.bool_]
) -> float:
    own = segments[bone]
    if np.linalg.norm(own.end - own.start) < SHORT_PX * fineness(len(inside)):
        return np.nan
    others = [
        s
        for b, s in segments.items()
        if b in _LONG and b not in (bone, own.parent) and s.parent != bone
    ]
    sides: tuple[list[float], list[float]] = ([], [])
    rays = _rays(own.start, own.end, PLACES, own.radius, 3.0, inside)
    for side, radius, points, distance, ended in rays:
        mine = distance / radius
        beside = np.zeros(len(points), bool)
        for other in others:
            beside |= other.distance(points) / other.radius[1] < mine
        beside |= (trunk.distance(points) < 0.75 * trunk.half_shoulders) & (mine > 0.5)
        if ended and not beside.any():
            sides[side].append((float(distance[-1]) + STEP_PX) / radius)
    medians = [np.median(side) for side in sides if len(side) >= 2]
    return float(np.clip(np.mean(medians), *LIMB_RANGE)) if medians else np.nan


def _trunk(trunk: Trunk, segments: dict[int, Segment], inside: NDArray[np.bool_]) -> float:
    found = []
    arms = [segments[b] for b in _ARMS]
    rays = _rays(trunk.start, trunk.end, TRUNK_PLACES, trunk.half_widths, 2.0, inside)
    for _, radius, points, distance, ended in rays:
        at_arm = np.zeros(len(points), bool)
        for arm in arms:
            at_arm |= arm.distance(points) < 1.1 * arm.radius[1]
        if at_arm.any():
            # Beside an arm the trunk is at least as wide as up to it.
            reached = float(distance[at_arm.argmax()]) + 0.6 * float(arms[2].radius[1])
            if radius < reached < 2.0 * radius:
                found.append(reached / radius)
        elif ended:
            found.append((float(distance[-1]) + STEP_PX) / radius)
    return float(np.clip(np.median(found), *TRUNK_RANGE)) if len(found) >= 2 else USUAL_TRUNK


def _at(inside: NDArray[np.bool_], points: Vectors) -> NDArray[np.bool_]:
    """Whether points are inside the outline."""
    n = len(inside)
    x, y = (np.rint(points[:, axis]).astype(int) for axis in (0, 1))
    within = (x >= 0) & (x < n) & (y >= 0) & (y < n)
    return np.asarray(within & inside[np.clip(y, 0, n - 1), np.clip(x, 0, n - 1)])
