"""A driver whom a body follows in some of its parts only."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.holding import hold
from bunraku.runtime.drivers.shares import Following
from bunraku.runtime.parts import Part
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    FEET,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_KNEE,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_KNEE,
    RIGHT_WRIST,
    SHOULDERS,
)

_TIPS = {
    Part.ARMS: [LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST],
    Part.HANDS: [*LEFT_HAND, *RIGHT_HAND],
    Part.LEGS: [LEFT_KNEE, RIGHT_KNEE, *FEET],
}
"""Landmarks that show a driver's limbs."""
_POSED = (Part.HEAD, Part.TRUNK, *_TIPS)


@dataclass(frozen=True, eq=False)
class Followed:
    """What of a driver the bones are posed by."""

    kept: Kept
    """What the photo's person shall do, held where it does not follow."""
    belief: Array
    """``[33]`` in [0, 1]: how far they are believed and followed."""
    seen: Array
    """``[33]``: the same for what is drawn; 0 where nothing is followed at all."""
    hands: HandPoses

    @classmethod
    def of(
        cls,
        rig: Rig,
        photo: Stance,
        kept: Kept,
        seen: Array,
        hands: HandPoses,
        following: Following,
    ) -> Followed:
        """A driver who is followed so far.

        :param photo: how the photo's person stands.
        :param kept: what it would do if it followed wholly.
        :param seen: ``[33]`` in [0, 1], how far the driver's landmarks are believed.
        :param hands: how the driver holds the hands, along the window's axes.
        """
        if all(following[part] >= 1.0 for part in _POSED):
            return cls(kept, seen, seen, hands)
        held = hold(photo.points, kept.landmarks, following, kept.size)
        belief, drawn = seen.copy(), seen.copy()
        belief[_TIPS[Part.HANDS]] *= following[Part.HANDS]  # they hang on their forearms then
        for part, points in _TIPS.items():
            drawn[points] *= following[part] > 0.0
        if hands != NO_HANDS:
            before = rig.forearms(photo, kept.landmarks, seen)
            turns = rig.forearms(photo, held, belief) @ before.transpose(0, 2, 1)
            left, right = (
                _hand(hand, turn, following[Part.HANDS])
                for hand, turn in zip(hands, turns, strict=True)
            )
            hands = left, right
        scale = 1.0 + (kept.scale - 1.0) * following[Part.TRUNK]
        x, y = held[SHOULDERS, :2].mean(0).tolist()
        kept = replace(kept, landmarks=held, scale=scale, about=(x, y))
        return cls(kept, belief, drawn, hands)


def _hand(hand: HandPose | None, turn: Array, share: float) -> HandPose | None:
    """A driver's hand at the photo's forearm, as it is at the driver's own."""
    if hand is None or share <= 0.0:
        return None
    palm = np.asarray(turn @ hand.palm, np.float64)
    return replace(hand, palm=palm, belief=hand.belief * share, lately=hand.lately * share)
