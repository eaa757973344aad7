"""Half bodies and sitters that a photo shows from the side: head and trunk turn about as there.

Of a face that is turned away the photo shows one half, and of such a trunk its side. A driver who
faces the camera would turn the other half, or its front, into the picture, of which nothing is
known: half a face stretched over the whole, holes in clothes, sleeves without arms.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.keeping import at_most
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.body.turns import head_turn, trunk_turn, turn_head, turn_trunk
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.runtime.drivers.thighs import raised_thighs
from bunraku.spec.arrays import Array
from bunraku.spec.smoothstep import smoothstep

TRUNK_DEG, HEAD_DEG = 25.0, 18.0
"""From which turn on in the photo they turn about as there."""
LIMBS_DEG = 50.0
"""From which turn of the trunk on one arm hides it and it hides the other: they stay."""
PROFILE_DEG = 60.0
"""From which turn of the head on they stay as well: of who is in profile the pose network sees but
one shoulder, and turns the trunk by too little."""
TRUNK_MOST_DEG, HEAD_MOST_DEG = 8.0, 15.0
"""How far they turn from there at most: a collar stands out as soon as a trunk does."""
AROUND_DEG = 30.0
"""Within so much of the other way about they turn less and less, to none: beyond it they turn to
the other side, and would go there at once."""


@dataclass(frozen=True)
class Sideways:
    """How far head and trunk of a photo are turned to the side, in radians; None if hardly."""

    trunk: float | None = None
    head: float | None = None
    faces: tuple[float, float] = (0.0, 0.0)
    """How far head and trunk are turned, be it hardly."""

    @classmethod
    def of(cls, photo: Vectors, half: bool) -> Sideways:
        """:param photo: its landmarks, ``[33 or more, 3]``. :param half: whether it is of half a
        body: a whole one is small, and its arms and legs go where the driver's go, but for one that
        sits, whose legs are before its trunk.
        """
        trunk, head = trunk_turn(photo), head_turn(photo)
        about = half or (abs(trunk) >= math.radians(LIMBS_DEG) and all(raised_thighs(photo)))
        return cls(
            trunk if about and abs(trunk) >= math.radians(TRUNK_DEG) else None,
            head if about and abs(head) >= math.radians(HEAD_DEG) else None,
            (head, trunk),
        )

    @property
    def hides_arms(self) -> bool:
        """Whether arms stay as they are."""
        if self.trunk is None:
            return False
        profile = self.head is not None and abs(self.head) >= math.radians(PROFILE_DEG)
        return profile or abs(self.trunk) >= math.radians(LIMBS_DEG)

    def hold_head(self, landmarks: Array) -> Array:
        """A driver's landmarks ``[33, 4]`` with the head turned about as the photo's is."""
        if self.head is None:
            return landmarks
        return turn_head(landmarks, _back(head_turn(landmarks), self.head, HEAD_MOST_DEG))

    def hold_trunk(self, landmarks: Array, hands: HandPoses) -> tuple[Array, HandPoses]:
        """A driver's landmarks ``[33, 4]`` and hands, with a trunk turned about as the photo's."""
        if self.trunk is None:
            return landmarks, hands
        return turn_trunk(
            landmarks, hands, _back(trunk_turn(landmarks), self.trunk, TRUNK_MOST_DEG)
        )


def _back(turn: float, photo: float, most_deg: float) -> float:
    """The angle by which to turn so as to leave a turn near the photo's."""
    since = math.remainder(turn - photo, 2.0 * math.pi)
    kept = float(at_most(np.array(since), np.array(math.radians(most_deg))))
    kept *= smoothstep(min((math.pi - abs(since)) / math.radians(AROUND_DEG), 1.0))
    return kept - since
