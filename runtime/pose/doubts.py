"""One look that sees a body of another shape than those before is not believed.

Of who leaves the frame, comes in or passes behind something the landmark network sees less and
less, until it takes the strip that is left for a whole person who stands sideways, or bends down a
head that is out of the frame. But nobody's trunk has another shape a thirtieth of a second later:
such a look counts once the next one agrees, and so does the first look at who comes in at a side.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.landmarks import HEAD, TRUNK

WARPED, WARPED_PER_S = 0.2, 4.0
"""Trunks by which a shoulder or the head lies elsewhere beside the middle of the trunk from look to
look, and as many in a second: dancers, who turn, and cameras that shake stay below 0.11 at 24 to 30
frames a second, single looks at half a person reach 0.3 to 0.45."""
ASIDE = 1 / 3
"""The share of a crop that lies beyond a side of the frame when the frame cuts the person."""
_HEAD = list(HEAD)


@dataclass(frozen=True, eq=False)
class _Look:
    upper: list[list[float]]
    """``[3, 2]``: shoulders and head beside the middle of the trunk, in pixels."""
    trunk_px: float
    time_s: float

    @classmethod
    def of(cls, found: Landmarks, time_s: float) -> _Look:
        points = found.points[:, :2]
        trunk = points[TRUNK]
        upper = np.concatenate([trunk[:2], mean_of(points[_HEAD])[None]]) - mean_of(trunk)
        long = length_of(mean_of(trunk[:2]) - mean_of(trunk[2:]))
        return cls(upper.tolist(), long, time_s)

    def agrees(self, before: _Look | None) -> bool:
        """Whether the person may have stood so then; left and right are as easily taken for each
        other, and are not what is doubted here.
        """
        if before is None:
            return False
        left, right, head = before.upper
        apart = min(
            max(map(math.dist, self.upper, there)) for there in (before.upper, (right, left, head))
        )
        most = max(WARPED, WARPED_PER_S * (self.time_s - before.time_s))
        return apart <= most * max(self.trunk_px, before.trunk_px)


class Doubts:
    """About the looks at one person, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Believe the next look, whatever it sees."""
        self._believed: _Look | None = None
        self._last: _Look | None = None
        self._comes = False

    def lost(self) -> None:
        """Nobody is in sight: whoever is seen next comes in."""
        comes = self._comes or self._last is not None
        self.reset()
        self._comes = comes

    def __call__(self, found: Landmarks, width: int, time_s: float) -> bool:
        """Whether what was found in a frame of that width and time is not to be believed."""
        look = _Look.of(found, time_s)
        if self._last is None:
            doubted = self._comes and _is_cut(found.roi, width)
        else:
            doubted = not (look.agrees(self._last) or look.agrees(self._believed))
        self._last = look
        if not doubted:
            self._believed, self._comes = look, False
        return doubted


def _is_cut(roi: Roi, width: int) -> bool:
    beyond = max(roi.side / 2 - roi.x, roi.x + roi.side / 2 - width)
    return beyond > ASIDE * roi.side
