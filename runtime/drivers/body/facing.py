"""Which way a driver faces, as against the photo's person of whom half a body is seen.

Most photos of half bodies show them turned a little, and most drivers look straight into the
camera. Turned as the driver is, the person would show a cheek, hair, a shoulder that the photo does
not: strips and flaps. So of what the photo itself is turned, that by which the two differ when the
driver is calibrated counts little; what the driver turns since counts wholly.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.drivers.body.keeping import at_most
from bunraku.runtime.drivers.body.turns import head_turn, trunk_turn, turn_head, turn_trunk
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.spec.arrays import Array

MOST_DEG = 4.0
"""How much of the difference counts at most."""


class Facing:
    """Of one driver, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget it: the next frame calibrates."""
        self._faced: tuple[float, float] | None = None

    def seen_in_mirror(self) -> None:
        """The frames are in a mirror from now on, or no longer."""
        if self._faced is not None:
            head, trunk = self._faced
            self._faced = -head, -trunk

    def hold(
        self, landmarks: Array, hands: HandPoses, photo: tuple[float, float] | None
    ) -> tuple[Array, HandPoses]:
        """A driver's landmarks ``[33, 4]`` and hands, turned as the photo's person is but for what
        they have turned since.

        :param photo: how far its head and trunk are turned, ``Sideways.faces``; None of a whole
            body, for which they are left alone, and still calibrate.
        """
        if self._faced is None:
            self._faced = head_turn(landmarks), trunk_turn(landmarks)
        if photo is None:
            return landmarks, hands
        head, trunk = map(_unheeded, self._faced, photo)
        return turn_trunk(turn_head(landmarks, head), hands, trunk)


def _unheeded(driver: float, photo: float) -> float:
    """By how much to turn a driver who faced one way while the photo's person faces the other.

    No farther than the photo's is turned: who looks aside at the calibration comes back.
    """
    apart = math.remainder(photo - driver, 2.0 * math.pi)
    more = apart - float(at_most(np.array(apart), np.array(math.radians(MOST_DEG))))
    return min(max(more, min(photo, 0.0)), max(photo, 0.0))
