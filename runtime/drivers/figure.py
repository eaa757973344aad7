"""A flat figure of a person: which of a picture's pixels hang on which bones, and where they go.

Limbs are segments with a width, the trunk is what lies between shoulders and hips. It is coarse,
but it needs nothing except one pose and its mask, so that it fits every driver.

Convention: places are (x, y) in pixels of one square picture, x right, y down; z is away from the
camera, of the same scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Hung, hidden_by_limbs
from bunraku.spec.arrays import Array, Exact
from bunraku.spec.few import mean_of
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_FOOT,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
)

_LEFT = (LEFT_SHOULDER, LEFT_ELBOW, LEFT_HIP, LEFT_KNEE, LEFT_ANKLE, LEFT_FOOT[1])
JOINTS = tuple(left + side for left in _LEFT for side in (0, 1))
"""Landmarks that move what hangs on them. The wrists do too, but those stay as they are told, and
so do the knuckles: they follow in ``joints``."""
MOVED = len(JOINTS)
_WRIST, _KNUCKLES = MOVED, MOVED + 2
_SHOULDER, _ELBOW, _HIP, _KNEE, _ANKLE, _TOE = range(0, MOVED, 2)
_TRUNK_JOINTS = np.array([_SHOULDER, _SHOULDER + 1, _HIP, _HIP + 1])


class _Limb(NamedTuple):
    """On the left; the right one is the next in all lists."""

    start: int
    end: int
    radius_m: float


_LIMBS = (
    _Limb(_SHOULDER, _ELBOW, 0.06),
    _Limb(_ELBOW, _WRIST, 0.05),
    _Limb(_WRIST, _KNUCKLES, 0.05),
    _Limb(_HIP, _KNEE, 0.09),
    _Limb(_KNEE, _ANKLE, 0.065),
    _Limb(_ANKLE, _TOE, 0.045),
)
STARTS = np.array([limb.start + side for limb in _LIMBS for side in (0, 1)])
ENDS = np.array([limb.end + side for limb in _LIMBS for side in (0, 1)])
_RADII_M = np.array([limb.radius_m for limb in _LIMBS for _ in (0, 1)])
LIMBS = len(STARTS)
TRUNK = LIMBS
"""The bone after the limbs."""
BONES = LIMBS + 1
_HANGS_ON = np.concatenate([np.stack([STARTS, ENDS, STARTS, ENDS], 1), _TRUNK_JOINTS[None]]).astype(
    np.int32
)
"""Joints of each bone."""
_HANDS = (4, 5)
"""Limbs whose pixels are not followed: fingers do not hang together."""

HEAD_M = 0.13
"""How far from the face's middle a head reaches: it turns, and is no flat thing."""
REACH = 1.7
"""Radii within which a pixel that lies in no limb is of the nearest one."""
ASIDE, BELOW = 0.75, 1.3
"""How far clothes of the trunk reach: from its middle line, in its widths, and down, in its
lengths."""
BEFORE_M = 0.05
"""How much nearer to the camera a limb is that hides what lies behind."""
NARROW = 0.25
"""Of the trunk's length: shoulders that look narrower say nothing of where its pixels are."""


@dataclass(frozen=True, eq=False)
class Figure:
    """Some of a person's pixels, and what they hang on."""

    bone: NDArray[np.int32]
    """``[m]``"""
    joints: NDArray[np.int32]
    """``[m, 4]``: what the bone hangs on, of a limb its start and its end, twice."""
    share: Array
    """``[m, 4]``: how much of each joint makes the pixel's place, together 1."""
    beside: Array
    """``[m]``: how far to the side of a limb, in pixels."""
    radius: Exact
    """``[12]`` of the limbs, in pixels."""
    before: float
    """``BEFORE_M`` in pixels."""

    @classmethod
    def of(cls, place: Exact, landmarks: Array, scale: float) -> tuple[Figure, NDArray[np.intp]]:
        """The figure of some pixels of one person.

        :param place: ``[k, 2]``, pixels inside the person's mask.
        :param landmarks: ``[33, 4]``, the person's.
        :param scale: pixels a metre.
        :return: the figure, and which ``[m]`` of the pixels hang on one of its bones.
        """
        joints, radius = joints_of(landmarks), _RADII_M * scale
        along, across, apart, depth = _beside(place, joints)
        u, v, flat = _in_trunk(place, joints[:, :2])
        inside = apart < radius
        nearest = np.where(inside, depth, np.inf)
        face = landmarks[list(HEAD), :3].astype(np.float64).mean(0)
        in_head = np.linalg.norm(place - face[:2], axis=1) < HEAD_M * scale
        in_trunk = (np.abs(u) <= 0.5) & (v >= 0.0) & (v <= 1.0) & flat
        behind = np.full(len(place), np.inf)
        behind[in_trunk] = joints[_TRUNK_JOINTS, 2].mean()
        bone = np.where(nearest.min(1) < behind, nearest.argmin(1), TRUNK)
        close = (apart / radius).min(1)
        free = ~inside.any(1) & ~in_trunk
        bone[free] = np.where(close[free] < REACH, (apart / radius)[free].argmin(1), -1)
        bone[free & flat & (close >= REACH) & (np.abs(u) < ASIDE) & (v > 0.0) & (v < BELOW)] = TRUNK
        bone[in_head & (np.minimum(nearest.min(1), behind) > face[2])] = -1
        known = np.flatnonzero((bone >= 0) & ~np.isin(bone, _HANDS))
        chosen = bone[known]
        limb = np.minimum(chosen, LIMBS - 1)
        of_trunk = chosen == TRUNK
        u, v, down = u[known], v[known], along[known, limb]
        none = np.zeros(len(known))
        of_limb = np.stack([1.0 - down, down, none, none], 1)
        shares = [(1 - v) * (0.5 + u), (1 - v) * (0.5 - u), v * (0.5 + u), v * (0.5 - u)]
        figure = cls(
            chosen.astype(np.int32),
            _HANGS_ON[chosen],
            np.where(of_trunk[:, None], np.stack(shares, 1), of_limb).astype(np.float32),
            np.where(of_trunk, 0.0, across[known, limb]).astype(np.float32),
            radius,
            BEFORE_M * scale,
        )
        return figure, known

    def of_these(self, which: NDArray[np.intp]) -> Figure:
        """The figure of some of its pixels."""
        return replace(
            self,
            bone=self.bone[which],
            joints=self.joints[which],
            share=self.share[which],
            beside=self.beside[which],
        )

    def placed(self, joints: Exact) -> Hung:
        """Where the pixels are when the joints are there, and how they move with them.

        :param joints: ``[16, 3]`` of ``joints_of``.
        """
        bone = joints[ENDS, :2] - joints[STARTS, :2]
        length = np.maximum(np.linalg.norm(bone, axis=1), 1e-6)[:, None]
        way = bone / length
        side = np.zeros((BONES, 2))
        side[:LIMBS] = np.stack([-way[:, 1], way[:, 0]], 1)
        # A bone that turns takes what is beside it along; a short one would turn at a touch.
        turn = np.zeros((BONES, 2, 2))
        least = np.maximum(length, self.radius[:, None])
        turn[:LIMBS] = -way[:, :, None] * side[:LIMBS, None, :] / least[..., None]
        # One corner after the other, and taken: a fraction of the time of an index and a sum.
        at, share = joints[:, :2].take(self.joints, 0), self.share[..., None]
        place = share[:, 0] * at[:, 0]
        for corner in range(1, at.shape[1]):
            place += share[:, corner] * at[:, corner]
        place += self.beside[:, None] * side.take(self.bone, 0)
        turned = (self.beside[:, None, None] * turn.take(self.bone, 0)).astype(np.float32)
        return Hung(place.astype(np.float32), self.bone, self.joints, self.share, turned)

    def hidden(self, place: Array, joints: Exact) -> NDArray[np.bool_]:
        """``[m]``: pixels before which another limb is now; :param place: ``[m, 2]``."""
        points, radius = joints.astype(np.float32), self.radius.astype(np.float32)
        limbs = points.take(STARTS, 0), points.take(ENDS, 0), radius
        trunk = float(mean_of(joints[_TRUNK_JOINTS, 2]))
        return hidden_by_limbs(place, self.bone, *limbs, trunk, self.before)


def joints_of(landmarks: Array) -> Exact:
    """``[16, 3]``: ``JOINTS``, both wrists and the middles of both hands' knuckles."""
    points = landmarks[:, :3].astype(np.float64)
    knuckles = [mean_of(points[list(hand[:2])]) for hand in (LEFT_HAND, RIGHT_HAND)]
    return np.concatenate([points[[*JOINTS, LEFT_WRIST, LEFT_WRIST + 1]], knuckles])


def _beside(place: NDArray[Any], joints: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Of each limb ``[m, 12]``: how far along and across, how far off, and how deep it is there."""
    start, bone = joints[STARTS], joints[ENDS] - joints[STARTS]
    square = np.maximum((bone[:, :2] ** 2).sum(1), 1e-6)
    length = np.sqrt(square)
    x, y = place[:, :1] - start[:, 0], place[:, 1:] - start[:, 1]
    along = x * (bone[:, 0] / square) + y * (bone[:, 1] / square)
    across = y * (bone[:, 0] / length) - x * (bone[:, 1] / length)
    within = np.clip(along, 0.0, 1.0)
    beyond = (along - within) * length
    apart = np.sqrt(across * across + beyond * beyond)
    return along, across, apart, start[:, 2] + within * bone[:, 2]


def _in_trunk(place: Exact, joints: Exact) -> tuple[Exact, Exact, bool]:
    """Where in the trunk points are: across in its widths, down in its lengths, ``[m]`` each; and
    whether it is seen broad enough for that to mean anything.
    """
    shoulders, hips = joints[_TRUNK_JOINTS[:2]], joints[_TRUNK_JOINTS[2:]]
    top, down = shoulders.mean(0), hips.mean(0) - shoulders.mean(0)
    upper, lower = shoulders[0] - shoulders[1], hips[0] - hips[1]
    away = place - top
    square = max(float(down @ down), 1e-6)
    broad = abs(float(upper[0] * down[1] - upper[1] * down[0])) / square
    if broad < NARROW or np.linalg.norm(lower) < 1.0:
        return np.zeros(len(place)), np.zeros(len(place)), False
    v = np.full(len(place), 0.5)
    u = np.zeros(len(place))
    for _ in range(6):
        wide = upper + np.clip(v, 0.0, BELOW)[:, None] * (lower - upper)
        area = wide[:, 0] * down[1] - wide[:, 1] * down[0]
        area = np.where(np.abs(area) < 1e-6, 1e-6, area)
        u = (away[:, 0] * down[1] - away[:, 1] * down[0]) / area
        v = (wide[:, 0] * away[:, 1] - wide[:, 1] * away[:, 0]) / area
    return u, v, True
