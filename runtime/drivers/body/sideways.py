"""Half bodies that a photo shows from the side: head and trunk turn about as they do there.

Of a face that is turned away the photo shows one half, and of such a trunk its side. A driver who
faces the camera would turn the other half, or its front, into the picture, of which nothing is
known: half a face stretched over the whole, holes in clothes, sleeves without arms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.keeping import at_most
from bunraku.runtime.drivers.body.trunk import middle_of, trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LANDMARKS,
    LEFT_EAR,
    RIGHT_EAR,
    SHOULDERS,
)
from bunraku.spec.smoothstep import smoothstep

TRUNK_DEG, HEAD_DEG = 25.0, 18.0
"""From which turn on in the photo they turn about as there."""
LIMBS_DEG = 50.0
"""From which turn of the trunk on one arm hides it and it hides the other: they stay."""
TRUNK_MOST_DEG, HEAD_MOST_DEG = 8.0, 15.0
"""How far they turn from there at most: a collar stands out as soon as a trunk does."""
AROUND_DEG = 30.0
"""Within so much of the other way about they turn less and less, to none: beyond it they turn to
the other side, and would go there at once."""
_UP = np.array([[0.0, 1.0, 0.0]])
_EARS = [LEFT_EAR, RIGHT_EAR]
_HEAD = np.isin(np.arange(LANDMARKS), HEAD)


@dataclass(frozen=True)
class Sideways:
    """How far head and trunk of a photo are turned to the side, in radians; None if hardly."""

    trunk: float | None = None
    head: float | None = None

    @classmethod
    def of(cls, photo: Vectors, half: bool) -> Sideways:
        """:param photo: its landmarks, ``[33 or more, 3]``. :param half: whether it is of half a
        body: a whole one is small, and its arms and legs go where the driver's go.
        """
        trunk, head = _trunk_turn(photo), _head_turn(photo)
        return cls(
            trunk if half and abs(trunk) >= math.radians(TRUNK_DEG) else None,
            head if half and abs(head) >= math.radians(HEAD_DEG) else None,
        )

    @property
    def hides_arms(self) -> bool:
        """Whether arms stay as they are."""
        return self.trunk is not None and abs(self.trunk) >= math.radians(LIMBS_DEG)

    def hold(self, landmarks: Array, hands: HandPoses) -> tuple[Array, HandPoses]:
        """A driver's landmarks ``[33, 4]`` and hands, turned to stand about as the photo does."""
        if self.trunk is not None:
            now = _trunk_turn(landmarks[:, :3].astype(np.float64))
            turn = _back(now, self.trunk, TRUNK_MOST_DEG)
            landmarks = _turned(landmarks, ~_HEAD, SHOULDERS, turn)
            left, right = (_in_turn(hand, turn) for hand in hands)
            hands = left, right
        if self.head is not None:
            turn = _back(_head_turn(landmarks), self.head, HEAD_MOST_DEG)
            landmarks = _turned(landmarks, _HEAD, _EARS, turn)
        return landmarks, hands


def _back(turn: float, photo: float, most_deg: float) -> Vectors:
    """``[3, 3]``: the rotation about the upright that leaves a turn near the photo's."""
    since = math.remainder(turn - photo, 2.0 * math.pi)
    kept = float(at_most(np.array(since), np.array(math.radians(most_deg))))
    kept *= smoothstep(min((math.pi - abs(since)) / math.radians(AROUND_DEG), 1.0))
    return np.asarray(about(_UP, np.array([kept - since]))[0])


def _turned(points: Array, which: NDArray[np.bool_], around: list[int], turn: Vectors) -> Array:
    """Some of the landmarks turned about the middle of two."""
    result, middle = points.copy(), middle_of(points, around)
    result[which, :3] = (points[which, :3] - middle) @ turn.T + middle
    return result


def _in_turn(hand: HandPose | None, turn: Vectors) -> HandPose | None:
    return None if hand is None else replace(hand, palm=turn @ hand.palm)


def _trunk_turn(points: Vectors) -> float:
    away = trunk_frames(points)[0][:, 2]
    return math.atan2(away[0], away[2])


def _head_turn(points: Array | Vectors) -> float:
    across = points[LEFT_EAR, :3] - points[RIGHT_EAR, :3]
    return math.atan2(-across[2], across[0])
