"""Which hand is drawn, the photo's or the body's: one of them in every frame.

Half of each would be two hands, as they are nowhere quite alike. So that it does not flicker
between them, a hand stays what it is until the other one is surely the better; and one that is lost
for a moment, and meanwhile goes with its arm, does not show the photo's fingers until it is found.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.hands.rigging import curl_apart, tilt
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses

ALIKE_CURL, OTHER_CURL = np.deg2rad((65.0, 72.0))
ALIKE_TILT, OTHER_TILT = np.deg2rad((40.0, 49.0))
"""Up to where the photo's hand can stand for the driver's, and from where it cannot."""
SMALL_ALIKE, SMALL_OTHER = np.deg2rad((25.0, 32.0))
"""Both for a small hand, which moves as it is."""
DOUBTED = 0.5
"""Belief below which a driver's hand is lost."""
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

    def of(
        self, photo: object, shares: tuple[float, float], lost: Chosen = (False, False)
    ) -> Chosen:
        """Which hands the body's take the place of.

        :param photo: whose hands they are; another one's are chosen anew.
        :param shares: for each hand how far the photo's cannot stand for the driver's: at 0 it can,
            at 1 it cannot.
        :param lost: which of the driver's were seen lately, and are not now.
        """
        if photo is not self._photo:
            self._photo = photo
            self._anew = shares[0] >= 0.5, shares[1] >= 0.5
        left, right = (
            share > 0.0 or gone if was else share >= 1.0
            for share, gone, was in zip(shares, lost, self._anew, strict=True)
        )
        self._anew = left, right
        return self._anew


def lost_for_now(hands: HandPoses) -> Chosen:
    """Which hands of a driver were seen lately, and are not now."""
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
        turn = (tilt(photo, driver) - turned[0]) / (turned[1] - turned[0])
        other = min(max(float(curl), float(turn), 0.0), 1.0)
    if photo is not None and photo.place is not None:
        return other  # there is always one to show
    return min(2.0 * other * driver.lately, 1.0)
