"""How a hand is held: which way its palm looks, and how far each finger is bent.

Bends are ``[5, 4]`` radians, by finger, the thumb first: how far it is spread to the side, then how
far each of its joints is bent, to the inside of the hand. The fingers' first joints count from the
plane of the palm, the other joints from the bone before; the thumb's first from where it is at
rest.

A palm is a rotation ``[3, 3]`` whose columns are the ways along the hand, from the little finger to
the index, and across both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors, about, cross, dot, unit
from bunraku.runtime.drivers.hands.landmarks import WRIST
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, JOINTS

T = TypeVar("T")

_LIMITS_DEG = np.array(
    [
        # spread, then the three joints: least and most
        [(-35, 35), (-30, 45), (-15, 70), (-20, 85)],
        *[[(-22, 22), (-30, 90), (0, 110), (0, 80)]] * (FINGERS - 1),
    ],
    np.float64,
)
LEAST, MOST = np.deg2rad(_LIMITS_DEG).transpose(2, 0, 1)
"""``[5, 4]`` radians, how far a hand lets its fingers."""
_INDEX, _MIDDLE, _RING, _LITTLE = 1, 2, 3, 4
_AT_EASE_DEG = np.array(
    [
        (-12, 18, 20, 20),
        (-8, 20, 28, 12),
        (0, 24, 32, 15),
        (7, 28, 34, 16),
        (12, 32, 36, 16),
    ],
    np.float64,
)
"""Fingers of a hand that hangs or rests: half closed, side by side, the thumb along the index.
Spreads are to the index's side, by how much the template's fingers spread."""


@dataclass(frozen=True, eq=False)
class HandPose:
    """How one hand is held."""

    palm: Vectors
    bends: Vectors
    belief: float = 1.0
    """0..1; at 0 the rest says nothing of now."""
    lately: float = 1.0
    """0..1: whether the hand was seen not long ago."""
    lost: bool = False
    """Whether it is not seen now, or hardly."""
    place: HandPlace | None = None
    """Where a photo's is."""
    apart: Array | None = None
    """``[3, 2]`` in pixels of the frame: how far a driver's wrist and knuckles are from where the
    pose says (``hands.pinning.PINNED``)."""
    per_metre: float = 0.0
    """Pixels a metre, of the window for a photo's and of the frame for a driver's; 0: unknown."""


HandPoses = tuple[HandPose | None, HandPose | None]
"""Of the left and the right hand; None for one of which nothing is known."""


def without(
    hands: tuple[T | None, T | None], sides: tuple[bool, bool]
) -> tuple[T | None, T | None]:
    """What is known of the hands, nothing of those of some sides."""
    left, right = (None if gone else hand for hand, gone in zip(hands, sides, strict=True))
    return left, right


@dataclass(frozen=True, eq=False)
class HandShape:
    """The template's hand at rest, and how its fingers are turned from there."""

    joints: Vectors
    """``[5, 4, 3]`` in metres: where each finger's bones start, and its tip."""
    palm: Vectors
    """``[3, 3]``, at rest."""
    along: Vectors
    """``[5, 3, 3]``: the bones' ways in axes of the palm."""
    hinge: Vectors
    """``[5, 3]``: about which a finger's joints bend, in axes of the palm."""
    bends: Vectors
    """``[5, 4]``, at rest."""

    @property
    def at_ease(self) -> Vectors:
        """``[5, 4]``: bends of a hand that does nothing; the template's is spread flat."""
        spread = np.sign(self.hinge[_INDEX, 1])  # bends turn the left hand's fingers the other way
        return np.asarray(np.deg2rad(_AT_EASE_DEG * np.array([spread, 1.0, 1.0, 1.0])))

    @classmethod
    def of(cls, wrist: Array, joints: Array) -> HandShape:
        """The hand of a template.

        :param wrist: ``[3]``; :param joints: ``[5, 4, 3]`` as ``Template.fingers`` has them.
        """
        places = np.asarray(joints, np.float64)
        palm = palm_of(np.asarray(wrist, np.float64), places)
        along = unit(np.diff(places, axis=1)) @ palm
        # A hand at rest is bent a little, so its own curl says which way bending is.
        curl = cross(along[:, 0], along[:, 1]) + cross(along[:, 1], along[:, 2])
        hinge = curl.copy()
        hinge[_INDEX:] = np.sign(curl[_INDEX:, 1:2]) * np.array([0.0, 1.0, 0.0])
        hinge = unit(hinge - along[:, 0] * dot(hinge, along[:, 0])[:, None])
        plain = cls(places, palm, along, hinge, np.zeros((FINGERS, 1 + JOINTS)))
        bends = plain._measured(along)
        inside = np.sign(cross(hinge, along[:, 0])[:, 2])
        bends[_INDEX:, 1] = np.arcsin(along[:, 0, 2] * inside)[_INDEX:]
        return cls(places, palm, along, hinge, bends)

    def read(self, points: Array, belief: float = 1.0) -> HandPose:
        """How a hand is held, as far as a hand can be.

        :param points: ``[21, 3]`` of ``hands.landmarks``, in any unit.
        """
        places = np.asarray(points, np.float64)
        fingers = places[1:].reshape(FINGERS, 1 + JOINTS, 3)
        palm = palm_of(places[WRIST], fingers)
        bends = self._measured(unit(np.diff(fingers, axis=1)) @ palm)
        return HandPose(palm, within_reach(bends), belief)

    def turns(self, bends: Vectors) -> Vectors:
        """Rotations ``[5, 3, 3, 3]`` of the fingers' bones since rest, in axes of the palm."""
        since = bends - self.bends
        knuckle = self._knuckle(since)
        further = np.cumsum(since[:, 2:], axis=1)
        turns = [knuckle, *(knuckle @ about(self.hinge, angle) for angle in further.T)]
        return np.stack(turns, 1)

    def _knuckle(self, since: Vectors) -> Vectors:
        """Rotations ``[5, 3, 3]`` of the first bones: spread, then bent."""
        side = cross(self.along[:, 0], self.hinge)
        return np.asarray(about(self.hinge, since[:, 1]) @ about(side, since[:, 0]))

    def _measured(self, along: Vectors) -> Vectors:
        """Bends of fingers that go along these ways ``[5, 3, 3]``, in axes of the palm."""
        first, now = self.along[:, 0], along[:, 0]
        since = np.zeros((FINGERS, 1 + JOINTS))
        since[:, 0] = np.arcsin(np.clip(dot(now, self.hinge), -1.0, 1.0))
        since[:, 1] = np.arctan2(dot(now, cross(self.hinge, first)), dot(now, first))
        hinge = (self._knuckle(since) @ self.hinge[..., None])[..., 0]
        result: Vectors = since + self.bends * np.array([1.0, 1.0, 0.0, 0.0])
        for joint in (1, 2):
            before, after = along[:, joint - 1], along[:, joint]
            result[:, 1 + joint] = np.arctan2(dot(cross(before, after), hinge), dot(before, after))
        return result


def palm_of(wrist: Vectors, fingers: Vectors) -> Vectors:
    """The palm of a hand with its wrist ``[3]`` and its fingers' joints ``[5, 4, 3]``."""
    along = unit(0.5 * (fingers[_MIDDLE, 0] + fingers[_RING, 0]) - wrist)
    across = fingers[_INDEX, 0] - fingers[_LITTLE, 0]
    across = unit(across - along * dot(across, along))
    return np.stack([along, across, cross(along, across)], -1)


def within_reach(bends: Vectors) -> Vectors:
    """Bends that a hand can do, nearest to these."""
    return np.clip(bends, LEAST, MOST)
