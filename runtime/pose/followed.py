"""Who is followed through a film: where they were, how large, and how they look.

Whoever comes before them or stands beside where they were lost is not taken for them.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.pose.appearance import Appearance
from bunraku.runtime.pose.carried import CarriedCrop
from bunraku.runtime.pose.landmarks import Landmarks, next_roi
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture

GONE_S = 1.5
"""How long a person who is lost is waited for, and nobody else followed; no longer than they were
followed themselves."""
ALIKE, LIKELY = 0.94, 0.65
"""Likeness from which on somebody is the person wherever they are, and where they were seen."""
SURE, MORE = 0.8, 0.1
"""Likeness below which somebody else may have come before the person, and by how much more than
who is followed then somebody must look like them to be them."""
DOUBTED_S, DOUBT_EVERY_S = 2.0, 0.2
"""How long they are looked for beside who is followed, and how often; after that, they look
otherwise now."""
LOOK_EVERY_S = 0.1
"""How often it is asked whether who is followed looks like them."""
NEAR, FARTHER_EACH_S = 0.15, 0.3
"""How near the place where they were seen is there, in sides of the crop; they walk on unseen."""
AGAIN = 0.88
"""Likeness from which on somebody is who was followed before."""
KNOWN_S = 0.3, 1.0
"""When somebody who comes is compared with who was followed before: from so long after they are
seen, when they have come in, up to so long after; never alike, they are somebody else."""
SAME_SIZE = 0.6
"""Of the smaller crop to the larger one, if both are of one person."""
SAME_VIEW = 0.25, 0.7
"""How near a crop is, in sides of the larger one, and how large beside it at the least, on both
sides of what changes all of a frame: lights, and not another camera."""


class Followed:
    """One person, or nobody yet."""

    def __init__(self) -> None:
        self._crop = CarriedCrop()
        self.number = 0
        """Of who is followed: another one once somebody else is followed than before."""
        self.forget()

    def forget(self) -> None:
        """Follow whoever comes next, and do not ask whether it is somebody else."""
        self._former: Appearance | None = None  # of who may have come back
        self._appearance = Appearance()
        self._begin()

    def give_up(self) -> None:
        """Follow whoever comes next: the same person, or somebody else."""
        if self._former is None and self._known is not None:
            self._former = self._appearance
        self._appearance = Appearance()
        self._begin()

    def cut_to(self, found: Landmarks) -> None:
        """Follow who was found in another scene. Somebody elsewhere or of another size is somebody
        else there, at once: where the last one stood says nothing.
        """
        known, roi = self._known, next_roi(found.points)
        self.give_up()
        if known is None:
            return
        smaller, larger = sorted((roi.side, known.side))
        near, alike = SAME_VIEW
        if math.hypot(roi.x - known.x, roi.y - known.y) > near * larger or smaller < alike * larger:
            self._former = None
            self.number += 1

    def _begin(self) -> None:
        self._crop.reset()
        self.roi: Roi | None = None
        """Where to look in the next frame; None while nobody is in sight."""
        self._known: Roi | None = None  # where they surely were
        self._known_s = self._seen_s = self._searched_s = self._compared_s = -np.inf
        self._since_s = np.inf
        self._doubted_s: float | None = None

    def saw(
        self, frame: Picture, found: Landmarks, time_s: float, *, doubted: bool = False
    ) -> None:
        """Take in where and how the person is in a frame, RGB u8 ``[H,W,3]``.

        :param doubted: the look tells where to look next, and nothing else (``doubts``).
        """
        self.roi = self._crop.after(found, frame.shape[0], frame.shape[1], time_s)
        self._since_s, self._seen_s = min(self._since_s, time_s), time_s
        if doubted:
            return
        self._compare(frame, found, time_s)
        if self._doubted_s is None:
            self._known, self._known_s = self.roi, time_s
            self._appearance.learn(frame, found.points, time_s)

    def _compare(self, frame: Picture, found: Landmarks, time_s: float) -> None:
        """Settle whether who is followed now is who was followed before."""
        first, last = (self._since_s + after for after in KNOWN_S)
        if self._former is None or time_s < first:
            return
        if self._former.likeness(frame, found.points) >= AGAIN:
            self._former = None
        elif time_s >= last:
            self._former = None
            self.number += 1

    def lose(self) -> None:
        """Nobody is where the person was."""
        self._crop.reset()
        self.roi, self._doubted_s = None, None

    def is_awaited(self, time_s: float) -> bool:
        """Whether the person was lost a moment ago, and nobody else is to be followed yet."""
        if self.roi is not None or self._known is None:
            return False
        patience = min(GONE_S, self._seen_s - self._since_s)
        if not 0 <= time_s - self._seen_s <= patience:
            self.give_up()
        return self._known is not None

    def was_near(self, roi: Roi, time_s: float) -> bool:
        """Whether the person was seen where somebody is, as far as they may have come since."""
        known = self._known
        if known is None:
            return False
        reach = NEAR + FARTHER_EACH_S * (time_s - self._known_s)
        return math.hypot(roi.x - known.x, roi.y - known.y) < reach * max(roi.side, known.side)

    def is_it(
        self, frame: Picture, found: Landmarks, time_s: float, instead: Landmarks | None = None
    ) -> bool:
        """Whether somebody is the person who is not in sight, by place, size and look.

        :param instead: who is followed at the moment.
        """
        roi = next_roi(found.points)
        if self._known is not None:
            smaller, larger = sorted((roi.side, self._known.side))
            if smaller < SAME_SIZE * larger:
                return False
        least = LIKELY if self.was_near(roi, time_s) else ALIKE
        if instead is not None:
            least = max(least, MORE + self._appearance.likeness(frame, instead.points))
        return self._appearance.likeness(frame, found.points) >= least

    def is_hidden(self, frame: Picture, found: Landmarks, time_s: float) -> bool:
        """Whether who was found in the person's place does not look like them, and they are to be
        looked for.
        """
        if self._doubted_s is None and 0 <= time_s - self._compared_s < LOOK_EVERY_S:
            return False
        self._compared_s = time_s
        if self._appearance.likeness(frame, found.points) >= SURE:
            self._doubted_s = None
            return False
        if self._doubted_s is None:
            self._doubted_s = time_s
        if not 0 <= time_s - self._doubted_s < DOUBTED_S:
            self._doubted_s = None
            self._appearance.reset()
            return False
        due = not 0 <= time_s - self._searched_s < DOUBT_EVERY_S
        if due:
            self._searched_s = time_s
        return due

    def came_back(self) -> None:
        """The person was found beside who had taken their place."""
        self._crop.reset()
        self._doubted_s = None
