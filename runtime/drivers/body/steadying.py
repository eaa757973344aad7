"""A driver's landmarks in the photo's window, without what is known to be wrong of them or what the
photo cannot show: the way from what is located to what poses the bones."""

from __future__ import annotations

from dataclasses import replace

from bunraku.runtime.drivers.body.facing import Facing
from bunraku.runtime.drivers.body.head_alone import Alone, TrunkSeen, move_head_alone
from bunraku.runtime.drivers.body.head_size import HeadSize, sized_head
from bunraku.runtime.drivers.body.keeping import Keeper, Kept
from bunraku.runtime.drivers.body.neck import hold_head, hold_neck
from bunraku.runtime.drivers.body.posture import Posture
from bunraku.runtime.drivers.body.subject import Fitted
from bunraku.runtime.drivers.body.trunk import hold_trunk
from bunraku.runtime.drivers.hands.pinning import pin_driver
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_KNEE, RIGHT_KNEE, SHOULDERS

_KNEES = [LEFT_KNEE, RIGHT_KNEE]


class Steadying:
    """Of one driver, frame after frame."""

    def __init__(self) -> None:
        self._keeper = Keeper()
        self._head_size = HeadSize()
        self._trunk_seen = TrunkSeen()
        self._alone = Alone()
        self._posture = Posture()
        self._facing = Facing()

    def reset(self) -> None:
        """Forget the driver."""
        self._keeper.reset()
        self._alone.reset()
        self._forget_calibration()

    def calibrated(self, time_s: float) -> None:
        """The frame of this time is the driver's new calibration."""
        self._keeper.lost(time_s)
        self._forget_calibration()

    def lost(self, time_s: float) -> None:
        """The driver is not found at this time."""
        self._keeper.lost(time_s)
        self._alone.lost(time_s)

    def seen_in_mirror(self) -> None:
        """The frames are in a mirror from now on, or no longer; the calibration holds."""
        self._facing.seen_in_mirror()
        self._posture.seen_in_mirror()

    def _forget_calibration(self) -> None:
        self._head_size.reset()
        self._trunk_seen.reset()
        self._posture.reset()
        self._facing.reset()

    def steady(
        self,
        located: Located,
        source: Source,
        fitted: Fitted,
        seen: Array,
        hands: HandPoses,
        pinned: HandPoses,
        scale: float,
        time_s: float,
    ) -> tuple[Kept, HandPoses]:
        """What the photo's person shall do, and its hands.

        :param source: the photo. :param fitted: its person.
        :param seen: ``[33]`` in [0, 1], how far the driver's landmarks are believed.
        :param hands: how the driver holds them. :param pinned: those that say where wrists are.
        :param scale: pixels of the photo's window for one of the frame's.
        """
        stance, half = fitted.body.fit.stance.points, source.framing.half
        landmarks = in_pixels(located.landmarks, len(source.mask))
        landmarks = sized_head(landmarks, self._head_size.follow(located, time_s))
        landmarks = hold_head(pin_driver(landmarks, pinned, fitted.body.fit.hands, scale))
        faces = fitted.sideways.faces if half else None
        landmarks, hands = self._facing.hold(landmarks, hands, faces)
        landmarks = fitted.sideways.hold_head(landmarks)
        kept = self._keeper.keep(landmarks, seen, fitted.body.fit.stance, fitted.bounds, time_s)
        legs = 0.0 if half else float(seen[_KNEES].max())
        stands, hands = fitted.sideways.hold_trunk(hold_trunk(kept.landmarks, stance, legs), hands)
        if half:
            stands = self._posture.hold(stands, stance, kept.size, time_s)
        kept = replace(kept, landmarks=hold_neck(stands, stance, kept.size))
        trunk = 0.0 if fitted.showing.head_alone else float(seen[SHOULDERS].max())
        gone = self._trunk_seen.follow(located) * scale
        alone = self._alone.follow(1.0 - trunk, time_s)
        kept = move_head_alone(kept, landmarks, stance, alone, gone)
        return fitted.tether.hold(kept, fitted.bounds), hands


def in_pixels(landmarks: Array, n: int) -> Array:
    """Landmarks ``[33, 4]`` in units of the window to its n pixels, their centres at integers."""
    result = landmarks.copy()
    result[:, :3] *= n
    result[:, :2] -= 0.5
    return result
