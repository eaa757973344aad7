"""Where a person stands in a surface, and the window in which a driver stands as a photo's does.

A chart is its own yardstick: how fast V changes over the trunk says how large the person is, and
where V is a half says where, even if the picture cuts the trunk or arms hide most of it. Photo and
driver are measured by the same chart, so that what the chart has wrong cancels. Where too little of
the trunk is seen, the head serves.

Convention: points are (x, y) in pixels, or in units of a window (runtime/source/window.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.iuv_images.charts import Turned, convert
from bunraku.runtime.source.framing import LIFT_MAX
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.surface import FEET, HEAD, SCORE, TORSO, V

MIN_PIXELS = 24
"""Pixels of a yardstick below which it measures nothing."""
MIN_REACH = 0.15
"""How much of the chart, in V, has to be seen."""
FLATTEST = 1e-4
"""Slope of V, a pixel, below which it is noise."""
_OUTLIERS = 2.5
"""Pixels off by more than this many root mean squares are left out of the next fit."""
_FITS = 4


class Yardstick(StrEnum):
    """What people are measured by, the better one first."""

    TORSO = "torso"
    HEAD = "head"


_PARTS = {Yardstick.TORSO: TORSO, Yardstick.HEAD: HEAD}


@dataclass(frozen=True)
class Place:
    """Where one yardstick lies."""

    x: float
    """Of the point where V is a half."""
    y: float
    length: float
    """Over which V changes by one."""


@dataclass(frozen=True)
class Stance:
    """Where a person stands."""

    places: Mapping[Yardstick, Place]
    ground: float | None
    """The lower edge of the feet, as y; None where they are not seen whole."""


def stance_of_surface(surface: Array) -> Stance | None:
    """Where the person of P ``[1, 73, n, n]`` stands, in units of the window; None for nobody."""
    n = surface.shape[-1]
    parts = surface[0, SCORE].argmax(0)
    y, x = np.nonzero(parts)
    v = surface[0, V][parts[y, x] - 1, y, x]
    points = (np.stack([x, y], 1) + 0.5) / n
    return _stance(points, parts[y, x], v.astype(np.float64), 1.0 / n, 1.0)


def stance_of_image(iuv: NDArray[np.uint8], turned: Turned | None = None) -> Stance | None:
    """Where the person of an IUV image ``[H, W, 3]`` stands, in its pixels; None for nobody."""
    y, x = np.nonzero(iuv[..., 0])
    parts, _, v = convert(iuv[y, x], turned)
    points = np.stack([x, y], 1).astype(np.float64)
    return _stance(points, parts, v.astype(np.float64), 1.0, iuv.shape[0] - 0.5)


def _stance(
    points: NDArray[np.float64],
    parts: NDArray[np.intp],
    v: NDArray[np.float64],
    pixel: float,
    bottom: float,
) -> Stance | None:
    """What a person's pixels say.

    :param points: ``[N, 2]``.
    :param pixel: a pixel's size.
    :param bottom: the lower edge of the picture, as y.
    """
    places = {}
    for yardstick, numbers in _PARTS.items():
        # Where V is at the edge of the chart it was cut off there and says nothing of the size.
        own = np.isin(parts, numbers) & (v > 0.0) & (v < 1.0)
        place = _place(points[own] / pixel, v[own])
        if place is not None:
            places[yardstick] = Place(place.x * pixel, place.y * pixel, place.length * pixel)
    if not places:
        return None
    feet = points[np.isin(parts, FEET), 1]
    ground = float(feet.max()) + 0.5 * pixel if len(feet) else bottom
    return Stance(places, ground if ground < bottom - 0.5 * pixel else None)


def _place(points: NDArray[np.float64], v: NDArray[np.float64]) -> Place | None:
    """A plane through V over the points, in pixels: its slope is the size, its level the place."""
    kept = np.ones(len(v), bool)
    for _ in range(_FITS):
        if kept.sum() < MIN_PIXELS or np.ptp(v[kept]) < MIN_REACH:
            return None
        middle, level = points[kept].mean(0), v[kept].mean()
        offsets = points - middle
        slope = np.linalg.lstsq(offsets[kept], v[kept] - level, rcond=None)[0]
        misfit = v - level - offsets @ slope
        kept = np.abs(misfit) <= _OUTLIERS * max(float(np.sqrt((misfit[kept] ** 2).mean())), 1e-3)
    steepness = float(slope @ slope)
    if steepness < FLATTEST**2:
        return None
    x, y = middle + slope * ((0.5 - level) / steepness)
    return Place(float(x), float(y), steepness**-0.5)


def driving_window(
    source: Stance, driver: Stance, *, mirror_width: int | None = None
) -> Window | None:
    """The window in which the driver stands as the source does in its own; None without a match.

    :param source: in units of the source's window.
    :param driver: in pixels of the image.
    :param mirror_width: the image's width, where it is looked at in a mirror; the window is one of
        the mirror image then.
    """
    for yardstick in Yardstick:
        there, here = source.places.get(yardstick), driver.places.get(yardstick)
        if there is None or here is None:
            continue
        x = here.x if mirror_width is None else mirror_width - 1 - here.x
        side = here.length / there.length
        cy = here.y + (0.5 - there.y) * side
        if source.ground is not None and driver.ground is not None:
            lift = source.ground - ((driver.ground - cy) / side + 0.5)
            cy -= min(max(lift, -LIFT_MAX), LIFT_MAX) * side
        return Window(x + (0.5 - there.x) * side, cy, side)
    return None
