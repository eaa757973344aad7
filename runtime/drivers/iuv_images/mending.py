"""Holes in surfaces: what was there a moment ago, and is nowhere now, is put back.

DensePose loses pieces of a person for a frame or two (the paper's failure cases). A place of the
body that the frame before showed and this one shows nowhere, though there is only background where
it should be, has not moved away and is not hidden: it is missing. It is put where the rest of its
part has gone, as it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array
from bunraku.spec.surface import BACKGROUND, PARTS, SCORE, U, V

KEPT_S = 0.4
"""For how long something is put back that is not seen."""
SAME_PX = 1.5
"""How near to a place of a chart another one is the same, in pixels of the surface."""
RIM_PX = 3
"""How far around what is surely missing its neighbours go with it, which may be seen elsewhere."""
FEW = 8
"""With fewer pixels of it found again, a part goes where the whole body goes."""

LOOKED_AT = 600
"""Pixels of the body that are looked for, about, to tell where its parts have gone."""

_Numbers = NDArray[np.intp]


class Mender:
    """Mends one person's surfaces, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._last: Array | None = None
        self._time_s = 0.0
        self._seen_s = np.zeros((0, 0))

    def mend(self, surface: Array, time_s: float) -> Array:
        """The surface with what is missing put back; the same array where nothing is.

        :param surface: P ``[1, 73, n, n]``, in the same window as the one before.
        :param time_s: of its frame; one before the last starts anew.
        """
        last, before_s = self._last, self._time_s
        seen_s = np.where(surface[0, 0] <= 0.5, time_s, -np.inf)
        if last is not None and before_s <= time_s <= before_s + KEPT_S:
            surface = self._put_back(last, surface, seen_s, time_s)
        self._last, self._time_s, self._seen_s = surface, time_s, seen_s
        return surface

    def _put_back(
        self, last: Array, surface: Array, seen_s: NDArray[np.float64], time_s: float
    ) -> Array:
        """:param seen_s: ``[n, n]``, when each pixel was seen; is told of what is put back."""
        then, now = _Body.of(last), _Body.of(surface)
        n, shift = surface.shape[-1], _shifts(then, now)
        x, y = then.x + shift[:, 0], then.y + shift[:, 1]
        free = (x >= 0) & (x < n) & (y >= 0) & (y < n)
        free[free] = surface[0, 0, y[free], x[free]] > 0.5
        free &= time_s - self._seen_s[then.y, then.x] <= KEPT_S
        sure = np.flatnonzero(free)
        sure = sure[_nearest(then, now, sure)[1] > SAME_PX]
        if not len(sure):
            return surface
        far = np.ones((n, n), np.uint8)
        far[y[sure], x[sure]] = 0
        near = cv2.distanceTransform(far, cv2.DIST_C, 3) <= RIM_PX
        free[free] = near[y[free], x[free]]
        result = surface.copy()
        result[0, :, y[free], x[free]] = last[0, :, then.y[free], then.x[free]]
        seen_s[y[free], x[free]] = self._seen_s[then.y[free], then.x[free]]
        return result


@dataclass(frozen=True, eq=False)
class _Body:
    """The pixels of a surface that show the body, part after part."""

    x: _Numbers
    y: _Numbers
    place: Array
    """``[m, 2]``: U and V on the chart of its part."""
    ends: _Numbers
    """``[25]``: where each part's pixels begin, and at last where they end."""

    @classmethod
    def of(cls, surface: Array) -> _Body:
        scores = surface[0, SCORE]
        y, x = np.nonzero(scores[BACKGROUND][0] <= 0.5)
        part = scores[1:, y, x].argmax(0)
        order = np.argsort(part, kind="stable")
        x, y, part = x[order], y[order], part[order]
        place = np.stack([surface[0, chart][part, y, x] for chart in (U, V)], 1)
        return cls(x, y, place, np.searchsorted(part, np.arange(PARTS + 1)))

    def parts(self) -> list[slice]:
        """Of each part its pixels."""
        return [slice(*ends) for ends in pairwise(self.ends.tolist())]


def _shifts(then: _Body, now: _Body) -> _Numbers:
    """``[m, 2]``: how far the part of each pixel has gone until then, x and y in pixels."""
    every = max(len(then.x) // LOOKED_AT, 1)
    some = np.arange(0, len(then.x), every)
    there, apart_px = _nearest(then, now, some)
    found = apart_px <= SAME_PX
    result = np.zeros((len(then.x), 2), np.intp)
    if not found.any():
        return result
    some, there = some[found], there[found]
    moved = np.stack([now.x[there] - then.x[some], now.y[there] - then.y[some]], 1)
    result[:] = np.rint(np.median(moved, 0)).astype(np.intp)
    for own in then.parts():
        known = moved[(some >= own.start) & (some < own.stop)]
        if len(known) >= FEW:
            result[own] = np.rint(np.median(known, 0)).astype(np.intp)
    return result


def _nearest(then: _Body, now: _Body, some: _Numbers) -> tuple[_Numbers, Array]:
    """For some pixels of a surface, in their order, which one of the next shows the nearest place
    of the same chart, and how far that is, in pixels as they lay in the first; infinite where the
    part is not there.
    """
    pixel = np.zeros(len(some), np.intp)
    apart_px = np.full(len(some), np.inf, np.float32)
    for own, there in zip(then.parts(), now.parts(), strict=True):
        asked = slice(*np.searchsorted(some, (own.start, own.stop)))
        if asked.start == asked.stop or there.start == there.stop:
            continue
        steps = _steps(then, own)
        places, known = then.place[some[asked]] / steps, now.place[there] / steps
        # Of a torn bust these are thousands times thousands: nothing is kept of each pair.
        squares, nearest = cv2.batchDistance(
            places, known, cv2.CV_32F, normType=cv2.NORM_L2SQR, K=1
        )
        pixel[asked] = there.start + nearest[:, 0]
        apart_px[asked] = np.sqrt(squares[:, 0])
    return pixel, apart_px


def _steps(body: _Body, own: slice) -> Array:
    """``[2]``: how much U and V of a part differ between neighbouring pixels, along the way, across
    or down, in which each differs more.
    """
    steps = np.full(2, 1.0 / 255.0, np.float32)
    x, y, place = body.x[own], body.y[own], body.place[own]
    for along, other in ((x, y), (y, x)):
        order = np.lexsort((along, other))
        beside = (np.diff(along[order]) == 1) & (np.diff(other[order]) == 0)
        if beside.any():
            differ = np.abs(np.diff(place[order], axis=0))[beside]
            steps = np.maximum(steps, np.median(differ, 0))
    return steps
