"""Where to look next for a person whose feet the picture cuts off.

The landmark network places its next crop by the hips and by how far the body reaches, and guesses
what it does not see: in each crop it guesses otherwise, and the crop of one who sits still before a
webcam creeps by a tenth of its side, and all landmarks with it. So their crop is carried along with
what the picture shows of head and shoulders: while these stay, it stays, and so does what the
network errs.
"""

from __future__ import annotations

import cmath
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from bunraku.runtime.pose.landmarks import Landmarks, next_roi
from bunraku.runtime.pose.one_euro import OneEuro
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.pose.smoothing import CROP_OPTIONS
from bunraku.spec.arrays import Exact
from bunraku.spec.landmarks import HEAD, LEFT_ANKLE, LEFT_SHOULDER, RIGHT_ANKLE, RIGHT_SHOULDER

FEWEST = 4
"""Landmarks of head and shoulders in the picture that tell how these have moved."""
AWAY, OTHER_SIZE = 0.2, 1.25
"""By how much of its side, and how many times, the network's crop is elsewhere and larger or
smaller when it is no guess: it is followed again, until it is carried from there."""
STEADY = replace(CROP_OPTIONS, beta=30)
"""How it is smoothed: three times as soon as the network's crop follows, which trembles more."""
_ANKLES = [LEFT_ANKLE, RIGHT_ANKLE]
_CARRIERS = [*HEAD, LEFT_SHOULDER, RIGHT_SHOULDER]


@dataclass(frozen=True, eq=False)
class _Anchor:
    roi: Roi
    """A crop,"""
    carriers: Exact
    """and ``[13, 2]`` what was seen there of head and shoulders, in pixels of the frame."""


class CarriedCrop:
    """Places the crops of one person, frame after frame."""

    def __init__(self) -> None:
        self._steady = OneEuro(STEADY)
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._anchor: _Anchor | None = None
        self._placed = False
        self._steady.reset()

    def after(self, found: Landmarks, height: int, width: int, time_s: float) -> Roi:
        """The crop to look at after what was found in a frame of that size and time.

        The first is placed by the network: what was looked at then was the detector's.
        """
        usual = next_roi(found.points)
        if _within(found.points[_ANKLES], height, width).any():
            self.reset()
            return usual
        if not self._placed:
            self._placed = True
            return usual
        carriers = found.points[_CARRIERS, :2]
        if self._anchor is None:
            self._anchor = _Anchor(found.roi, carriers)
        seen = _within(carriers, height, width) & _within(self._anchor.carriers, height, width)
        carried = _carried(self._anchor, carriers, seen) if seen.sum() >= FEWEST else None
        if carried is None or _is_other(usual, carried):
            self.reset()
            return usual
        long = self._anchor.roi.side
        arc = carried.angle * long  # in pixels too, of a circle that does not grow
        moved = np.array([carried.x, carried.y, carried.side, arc])
        x, y, side, arc = self._steady(moved, time_s, carried.side).tolist()
        return Roi(x, y, side, arc / long)


def _within(points: npt.NDArray[np.floating], height: int, width: int) -> npt.NDArray[np.bool_]:
    """``[n]``: which points ``[n, 2 or more]`` lie in the picture."""
    x, y = points[:, 0], points[:, 1]
    return np.asarray((x >= 0) & (x < width) & (y >= 0) & (y < height))


def _carried(anchor: _Anchor, carriers: Exact, seen: npt.NDArray[np.bool_]) -> Roi:
    """The anchor's crop, moved, turned and grown as what is seen, by least squares."""
    then, now = (points[seen] @ (1.0, 1.0j) for points in (anchor.carriers, carriers))
    beside, beside_now = then - then.mean(), now - now.mean()
    turn = complex(np.vdot(beside, beside_now)) / max(float(np.vdot(beside, beside).real), 1e-9)
    roi = anchor.roi
    centre = now.mean() + turn * (complex(roi.x, roi.y) - then.mean())
    side, angle = roi.side * abs(turn), roi.angle + cmath.phase(turn)
    return Roi(float(centre.real), float(centre.imag), side, angle)


def _is_other(usual: Roi, carried: Roi) -> bool:
    away = abs(complex(usual.x - carried.x, usual.y - carried.y))
    smaller, larger = sorted((usual.side, carried.side))
    return away > AWAY * usual.side or larger > OTHER_SIZE * smaller
