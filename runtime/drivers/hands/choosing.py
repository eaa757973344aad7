"""Which hand is drawn, the photo's or the body's: one of them in every frame.

Half of each would be two hands, as they are nowhere quite alike. So that it does not flicker
between them, a hand stays what it is until the other one is surely the better, and the body's,
which can always stand for the driver's, until that is so for a moment. While one is lost or hardly
seen, and meanwhile goes with its arm, nothing is chosen.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.drivers.hands.rigging import curl_apart, fingers_apart, tilt
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.skeleton import SIDES

ALIKE_CURL, OTHER_CURL = np.deg2rad((65.0, 72.0))
ALIKE_TILT, OTHER_TILT = np.deg2rad((40.0, 49.0))
"""Up to where the photo's hand can stand for the driver's, and from where it cannot."""
ALIKE_FINGER, OTHER_FINGER = np.deg2rad((62.0, 75.0))
"""Both for the finger that is held least alike, of a hand that moves them one by one: it goes along
for a part of that only. A network is off by less."""
SMALL_ALIKE, SMALL_OTHER = np.deg2rad((25.0, 32.0))
"""Both for a small hand, which moves as it is."""
DOUBTED = 0.5
"""Belief below which a driver's hand is lost."""
KEPT_S = 0.25
"""For how long the photo's must have been the better one to take the place of the body's."""
Chosen = tuple[bool, bool]
"""Whether something is so of the left and of the right hand."""


class HandChoice:
    """What the hands of one driver were drawn with last."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self._photo: object | None = None
        self._anew: Chosen = (False, False)
        self._time_s = 0.0
        self._needed_s = [-math.inf] * SIDES
        """When the body's was last the better one."""

    def at(self, time_s: float) -> HandChoice:
        """This choice, in the frame of that time; one before the last starts anew."""
        if time_s < self._time_s:
            self.reset()
        self._time_s = time_s
        return self

    def of(
        self, photo: object, shares: tuple[float, float], lost: Chosen = (False, False)
    ) -> Chosen:
        """Which hands the body's take the place of.

        :param photo: whose hands they are; another one's are chosen anew.
        :param shares: for each hand how far the photo's cannot stand for the driver's: at 0 it can,
            at 1 it cannot.
        :param lost: which of the driver's are not seen well enough now to choose by.
        """
        if photo is not self._photo:
            self._photo = photo
            self._anew = shares[0] >= 0.5, shares[1] >= 0.5
            self._needed_s = [-math.inf] * SIDES
        left, right = (
            self._is_anew(side, share, gone)
            for side, (share, gone) in enumerate(zip(shares, lost, strict=True))
        )
        self._anew = left, right
        return self._anew

    def _is_anew(self, side: int, share: float, lost: bool) -> bool:
        was = self._anew[side]
        needed = share > 0.0 or lost if was else share >= 1.0 and not lost
        if needed:
            self._needed_s[side] = self._time_s
        return needed or (was and self._time_s - self._needed_s[side] < KEPT_S)


def lost_for_now(hands: HandPoses) -> Chosen:
    """Which hands of a driver were seen lately, or may have been, and are not seen well now."""
    left, right = (hand is not None and hand.belief < DOUBTED for hand in hands)
    return left, right


def share_anew(photo: HandPose | None, driver: HandPose | None, *, small: bool = False) -> float:
    """From 0 to 1, how far a photo's hand cannot stand for the driver's.

    :param small: whether its fingers cannot be moved one by one.
    """
    if driver is None:
        return 0.0
    other = 1.0
    if photo is not None:
        bent = (SMALL_ALIKE, SMALL_OTHER) if small else (ALIKE_CURL, OTHER_CURL)
        turned = (SMALL_ALIKE, SMALL_OTHER) if small else (ALIKE_TILT, OTHER_TILT)
        curl = (curl_apart(photo, driver) - bent[0]) / (bent[1] - bent[0])
        if photo.place is not None and not small:
            curl = (fingers_apart(photo, driver) - ALIKE_FINGER) / (OTHER_FINGER - ALIKE_FINGER)
        turn = (tilt(photo, driver) - turned[0]) / (turned[1] - turned[0])
        other = min(max(float(curl), float(turn), 0.0), 1.0)
    if photo is not None and photo.place is not None:
        return other  # there is always one to show
    return min(2.0 * other * driver.lately, 1.0)
