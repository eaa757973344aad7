"""The hands of one person: found by the pose's wrists, then followed by their own points."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from bunraku.runtime.drivers.hands.landmarks import (
    WRIST,
    WRISTS,
    Hand,
    HandLandmarker,
    hand_rois,
)
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.roi import Roi, crop
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import SIDES

MIN_PRESENCE = 0.5
MIN_INSIDE = 0.6
"""Of a hand's points: one that the picture cuts farther is guessed, anew at each look."""
LOOK_EVERY_S, CALM_EVERY_S, SEARCH_EVERY_S = 0.06, 0.12, 0.2
"""A hand is looked at when its last look is older; of a faster driver's hands one a frame, in
turns. One that hardly moves waits longer and for its turn; and so long one that was not seen."""
GIVEN_UP_S = 1.0
"""How long a hand is looked for as if it were there: one that is but lost is soon missed."""
_LOOKS = 3  # at a still: each places the crop of the next
_PERHAPS = 0.2  # presence from which the next look is where this one points
_STRAYED = 0.35  # of the pose's crop: farther from its wrist, the points are of something else
_SMALLEST, _LARGEST = 0.08, 0.5  # of the pose's crop, from wrist to knuckle: a hand, not a face
_OTHER_SIDE = 0.95  # how sure the network may be that a hand is the other one
_SMALLEST_PX = 16.0  # side of a crop below which there is nothing to see
_VIEW = 32  # side at which two crops are compared
_SAME = 6  # levels by which they differ anywhere in the mean of 3 × 3 pixels, if nothing has moved
_CALM = 24  # likewise, if next to nothing has
_BOTH = np.ones(SIDES, np.float32)

Hands = tuple[Hand | None, Hand | None]
"""The left one and the right one; None for one that is not seen."""


class HandFinder:
    """Finds the hands of a person whose pose is known, in stills; for several threads at once.

    Pictures are RGB u8 [H,W,3]; pixels count from the centre of the top-left pixel.
    """

    def __init__(self, landmarker: HandLandmarker) -> None:
        """Find with a network that is loaded."""
        self._landmarker = landmarker

    @classmethod
    def load(
        cls,
        networks: HandNetworks,
        engines: EngineFactory | None = None,
        crops: Crops = HOST,
    ) -> HandFinder:
        """Load the network.

        Args:
            networks: from ``HandNetworks.find()``.
            engines: of which library, with how many threads; None for the usual one.
            crops: where the crops of frames are cut.

        Raises:
            MissingExtraError: the inference library is not installed.
            EngineError: the network cannot be loaded.
        """
        return cls(HandLandmarker.load(networks, engines, crops))

    def find(self, picture: Picture, pose: Array) -> Hands:
        """The hands in a still.

        Args:
            picture: that the pose was found in.
            pose: [33, 2 or more] its landmarks, x and y in pixels.

        Raises:
            EngineError: the network failed.
        """
        left, right = (self.search(picture, pose, side)[0] for side in range(SIDES))
        return left, right

    def search(self, picture: Picture, pose: Array, side: int) -> tuple[Hand | None, Roi | None]:
        """One hand by several looks, each of which places the next; see ``look``."""
        hand, roi = self.look(picture, pose, side)
        for _ in range(1, _LOOKS):
            if roi is None:
                break
            hand, roi = self.look(picture, pose, side, roi)
        return hand, roi

    def look(
        self, picture: Picture, pose: Array, side: int, roi: Roi | None = None
    ) -> tuple[Hand | None, Roi | None]:
        """One look at one hand.

        Args:
            picture: as in ``find``.
            pose: as in ``find``.
            side: 0 left, 1 right.
            roi: where the last look says it is; None for where the pose says.

        Returns:
            The hand, if it is one, and where to look next; None for where the pose says.

        Raises:
            EngineError: the network failed.
        """
        place = hand_rois(pose)[side]
        if not place.side >= _SMALLEST_PX:
            return None, None
        hand = self._landmarker.run(picture, roi or place)
        found = _is_hand(hand, pose, side, place)
        perhaps = roi is None and hand.presence >= _PERHAPS and hand.inside >= MIN_INSIDE
        follow = hand.roi if (found or perhaps) and hand.roi.side >= _SMALLEST_PX else None
        return hand if found else None, follow

    def follower(self) -> HandTracker:
        """A tracker of the same network, of hands of its own."""
        return HandTracker(self)


@dataclass(frozen=True, eq=False)
class _View:
    """What a hand looked like when the network looked at it."""

    hand: Hand
    roi: Roi
    picture: Picture
    """``[_VIEW, _VIEW, 3]``, of the crop."""


class HandTracker:
    """Follows two hands through frames, one frame at a time."""

    def __init__(self, finder: HandFinder) -> None:
        """Follow with a finder that may be shared."""
        self._finder = finder
        self.reset()

    def reset(self) -> None:
        """Forget the hands: the next frame starts with the pose's wrists."""
        self._rois: list[Roi | None] = [None] * SIDES
        self._views: list[_View | None] = [None] * SIDES
        self._looked_s = [-math.inf] * SIDES
        self._missed_s = [math.inf] * SIDES  # since when

    def track(
        self, frame: Picture, pose: Array, time_s: float, seen: Array = _BOTH
    ) -> dict[int, Hand | None]:
        """The hands that were looked at in the next frame, by side; None for one not seen there.

        Args:
            frame: as in ``HandFinder.find``.
            pose: as in ``HandFinder.find``.
            time_s: the frame's; one before the last starts anew.
            seen: [2] how far the pose's hands are believed to be in the frame; one that is not at
                all is not looked for.

        Raises:
            EngineError: the network failed.
        """
        if time_s < max(self._looked_s):
            self.reset()
        result: dict[int, Hand | None] = {}
        for side, is_next in enumerate(self._turns(time_s)):
            if not seen[side] > 0.0:
                result[side], self._rois[side], self._views[side] = None, None, None
                continue
            change = self._change(frame, side)
            if not self._is_due(side, time_s, change, is_next=is_next):
                continue
            if self._looked_s[side] == -math.inf:
                # As the photo was looked at: who stands as the photo does is seen alike.
                found = self._finder.search(frame, pose, side)
            elif change <= _SAME and (still := self._still(pose, side)) is not None:
                found = still, self._rois[side]
            else:
                found = self._looked(frame, pose, side)
            result[side], self._rois[side] = found
            self._looked_s[side] = time_s
            is_there = found[0] is not None
            self._missed_s[side] = math.inf if is_there else min(self._missed_s[side], time_s)
        return result

    def _turns(self, time_s: float) -> tuple[bool, bool]:
        """Whose turn it is, of those that are followed: whose last look is the older one."""
        left, right = (
            math.inf if self._is_given_up(side, time_s) else self._looked_s[side]
            for side in range(SIDES)
        )
        return left <= right < math.inf, right < left < math.inf

    def _is_given_up(self, side: int, time_s: float) -> bool:
        return time_s - self._missed_s[side] >= GIVEN_UP_S

    def _is_due(self, side: int, time_s: float, change: float, *, is_next: bool) -> bool:
        """Whether a hand is to be looked at.

        :param change: of the picture since the last look, in levels.
        :param is_next: whether it is the hand's turn.
        """
        age_s = time_s - self._looked_s[side]
        if self._is_given_up(side, time_s):
            return age_s >= SEARCH_EVERY_S
        if is_next and age_s >= CALM_EVERY_S:
            return True
        # To tell that nothing has moved costs next to nothing.
        return (is_next or age_s >= LOOK_EVERY_S) and not _SAME < change <= _CALM

    def _looked(self, frame: Picture, pose: Array, side: int) -> tuple[Hand | None, Roi | None]:
        """A hand that is followed by one look, one that is found again by two: where the pose says
        that it is little more than its wrist is known, and anything may look like a hand there.
        """
        roi = self._rois[side]
        found = self._finder.look(frame, pose, side, roi)
        if roi is None and found[1] is not None:
            roi = found[1]
            found = self._finder.look(frame, pose, side, roi)
        self._views[side] = None
        if found[0] is not None and roi is not None:
            self._views[side] = _View(found[0], roi, crop(frame, roi, _VIEW))
        return found

    def _change(self, frame: Picture, side: int) -> float:
        """By how many levels the picture of a hand has changed since it was looked at; infinite
        where that is not known.
        """
        view = self._views[side]
        if view is None:
            return math.inf
        now = crop(frame, view.roi, _VIEW)
        change = cv2.blur(cv2.subtract(now, view.picture, dtype=cv2.CV_16S), (3, 3))
        return float(max(change.max(), -change.min()))

    def _still(self, pose: Array, side: int) -> Hand | None:
        """What the last look saw, if that is a hand still."""
        view = self._views[side]
        if view is None or not _is_hand(view.hand, pose, side, hand_rois(pose)[side]):
            return None
        return view.hand


def _is_hand(hand: Hand, pose: Array, side: int, place: Roi) -> bool:
    """Whether the network saw a hand, and the one that the pose means."""
    apart = np.hypot(*(hand.points[WRIST, :2] - pose[WRISTS[side], :2]))
    other = hand.right if side == 0 else 1.0 - hand.right
    return bool(
        hand.presence >= MIN_PRESENCE
        and hand.inside >= MIN_INSIDE
        and other <= _OTHER_SIDE
        and apart <= _STRAYED * place.side
        and _SMALLEST * place.side <= hand.length_px <= _LARGEST * place.side
    )
