"""Which hand is drawn, the photo's or the body's, and how far the one has gone over into the other.

So that it does not flicker between them, a hand stays what it is until the other one is surely the
better, and the body's, which can always stand for the driver's, until that is so for a moment.
While one is lost or hardly seen, and meanwhile goes with its arm, nothing is chosen.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.drivers.hands.going_over import FADES, GOES_S, further
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
AWAY = math.radians(65.0)
"""From how far turned on the photo's shows no more than its edge."""
KEPT_S = 0.25
"""For how long the photo's must have been the better one to take the place of the body's."""
TURNS_BACK_S = KEPT_S - GOES_S * (1.0 - FADES)
"""For how long, until the body's goes near to it."""
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
        self._ways = 1.0, 1.0
        self._time_s = self._before_s = 0.0
        self._needed_s = [-math.inf] * SIDES
        """When the body's was last the better one."""

    def at(self, time_s: float) -> HandChoice:
        """This choice, in the frame of that time; one before the last starts anew."""
        if time_s < self._time_s:
            self.reset()
        self._time_s = time_s
        return self

    def ways(self, photo: object) -> tuple[float, float]:
        """For each of a photo's hands, how far it has gone over from that, at 0, to the body's, at
        1 (see ``going_over``), in the last frame that was chosen for; 1 if none was."""
        return self._ways if photo is self._photo else (1.0, 1.0)

    def of(
        self,
        photo: object,
        shares: tuple[float, float],
        lost: Chosen = (False, False),
        away: Chosen = (False, False),
    ) -> Chosen:
        """Which hands the body's take the place of.

        :param photo: whose hands they are; another one's are chosen anew.
        :param shares: for each hand how far the photo's cannot stand for the driver's: at 0 it can,
            at 1 it cannot.
        :param lost: which of the driver's are not seen well enough now to choose by.
        :param away: which of the photo's one would not see: there is nothing to go over from.
        """
        if photo is not self._photo:
            self._photo = photo
            self._anew = shares[0] >= 0.5, shares[1] >= 0.5
            self._needed_s = [-math.inf] * SIDES
            self._ways = float(self._anew[0]), float(self._anew[1])
        left, right = (
            self._is_anew(side, share, gone)
            for side, (share, gone) in enumerate(zip(shares, lost, strict=True))
        )
        self._anew = left, right
        self._ways = self._further(0, away[0]), self._further(1, away[1])
        self._before_s = self._time_s
        return self._anew

    def _further(self, side: int, away: bool) -> float:
        needed = self._time_s - self._needed_s[side] < TURNS_BACK_S
        step_s = self._time_s - self._before_s
        before = max(self._ways[side], FADES if away and self._anew[side] else 0.0)
        return further(before, step_s, anew=self._anew[side], needed=needed)

    def _is_anew(self, side: int, share: float, lost: bool) -> bool:
        was = self._anew[side]
        needed = share > 0.0 or lost if was else share >= 1.0 and not lost
        if needed:
            self._needed_s[side] = self._time_s
        return needed or (was and self._time_s - self._needed_s[side] < KEPT_S)


def lost_for_now(hands: HandPoses) -> Chosen:
    """Which hands of a driver were seen lately, or may have been, and are not seen well now."""
    left, right = (hand is not None and hand.lost for hand in hands)
    return left, right


def is_turned_away(photo: HandPose | None, driver: HandPose | None) -> bool:
    """Whether one would see the edge of a photo's hand, or its other side."""
    return photo is not None and driver is not None and tilt(photo, driver) >= AWAY


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
