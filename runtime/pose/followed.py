"""Who is followed through a film: where they were, how large, and how they look.

Whoever comes before them or stands beside where they were lost is not taken for them.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.pose.appearance import Appearance
from bunraku.runtime.pose.landmarks import Landmarks, next_roi
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture

GONE_S = 1.5
"""How long a person who is lost is waited for, and nobody else followed; no longer than they were
followed themselves."""
ALIKE, LIKELY, UNLIKE = 0.94, 0.65, 0.5
"""Likeness from which on somebody is the person wherever they are, where they were lost, and below
which somebody else has come before them."""
NEAR, FARTHER_EACH_S = 0.15, 0.3
"""Within which of the place they were lost there, in sides of the crop; they walk on unseen."""
SAME_SIZE = 0.6
"""Of the smaller crop to the larger one, if both are of one person."""
DOUBT_EVERY_S = 0.2
"""How often a person is looked for whose place somebody else took."""


class Followed:
    """One person, or nobody yet."""

    def __init__(self) -> None:
        self._appearance = Appearance()
        self.forget()

    def forget(self) -> None:
        """Follow whoever comes next."""
        self.roi: Roi | None = None
        """Where to look in the next frame; None while nobody is in sight."""
        self._lost: Roi | None = None
        self._since_s, self._seen_s = np.inf, -np.inf
        self._doubted_s: float | None = None
        self._searched_s = -np.inf
        self._appearance.reset()

    def saw(self, frame: Picture, found: Landmarks, time_s: float) -> None:
        """Take in where and how the person is in a frame, RGB u8 ``[H,W,3]``."""
        self.roi, self._lost = next_roi(found.points), None
        self._since_s, self._seen_s = min(self._since_s, time_s), time_s
        if self._doubted_s is None:
            self._appearance.learn(frame, found.points, time_s)

    def lose(self) -> None:
        """Nobody is where the person was."""
        self.roi, self._lost = None, self.roi
        self._doubted_s = None

    def awaited(self, time_s: float) -> bool:
        """Whether the person was lost a moment ago, and nobody else is to be followed yet."""
        patience = min(GONE_S, self._seen_s - self._since_s)
        if self._lost is not None and not 0 <= time_s - self._seen_s <= patience:
            self.forget()
        return self._lost is not None

    def was_near(self, roi: Roi, time_s: float) -> bool:
        """Whether somebody is where the person was lost, as far as they may have come since."""
        lost = self._lost
        if lost is None:
            return False
        reach = NEAR + FARTHER_EACH_S * (time_s - self._seen_s)
        return math.hypot(roi.x - lost.x, roi.y - lost.y) < reach * max(roi.side, lost.side)

    def is_it(self, frame: Picture, found: Landmarks, time_s: float) -> bool:
        """Whether somebody is the person who is not in sight, by place, size and look."""
        roi = next_roi(found.points)
        if self._lost is not None:
            smaller, larger = sorted((roi.side, self._lost.side))
            if smaller < SAME_SIZE * larger:
                return False
        least = LIKELY if self.was_near(roi, time_s) else ALIKE
        return self._appearance.likeness(frame, found.points) >= least

    def is_hidden(self, frame: Picture, found: Landmarks, time_s: float) -> bool:
        """Whether who was found in the person's place looks like somebody else all at once, and
        the person is to be looked for. For ``GONE_S``: after that, they look otherwise now.
        """
        if self._appearance.likeness(frame, found.points) >= UNLIKE:
            self._doubted_s = None
            return False
        if self._doubted_s is None:
            self._doubted_s = time_s
        if not 0 <= time_s - self._doubted_s < GONE_S:
            self._doubted_s = None
            self._appearance.reset()
            return False
        due = not 0 <= time_s - self._searched_s < DOUBT_EVERY_S
        if due:
            self._searched_s = time_s
        return due

    def came_back(self) -> None:
        """The person was found beside who had taken their place."""
        self._doubted_s = None
