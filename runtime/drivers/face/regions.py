"""Pieces of a photo's face, and where each of their pixels comes from under an expression.

A region is a rectangle of the photo, with its pixels' places (u, v) in the photo's own face frame:
in face units, from the middle of the eyes, u towards the person's left, v down the face. Shifts are
given backwards, at the places where the result is: what stands at v there comes from v - shift.
Down a column a shift is linear between knots (the edge of a lid, the edges of a lip, the chin), so
that nothing folds, and lids and lips move as they are instead of being stretched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from bunraku.kernels.redraw.terms import CHANNELS, Box, Channel
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped
from bunraku.spec.smoothstep import smoothstep

T = TypeVar("T", bound=np.floating)


@dataclass(frozen=True, eq=False)
class PhotoFrame:
    """The face frame as the photo shows it: affine, so that a turned face keeps its shape."""

    origin: Exact
    """``[2]`` pixels."""
    axes: Exact
    """``[2, 2]`` pixels: its columns are u and v of one face unit."""

    def to_face(self, pixels: npt.NDArray[np.floating]) -> Exact:
        """(u, v) of points ``[n, 2]`` in pixels."""
        return np.asarray((pixels - self.origin) @ np.linalg.inv(self.axes).T, np.float64)

    def to_pixels(self, places: Exact) -> Exact:
        """Pixels of points ``[n, 2]`` in (u, v)."""
        return np.asarray(places @ self.axes.T + self.origin)


_COLOURED = 0.15
"""Skin whose least colour lies so far below its brightest is in a photo that has its colours."""
FINEST_PX = 80.0
"""A face unit of more pixels is worked on as if it had so many: what is smooth in the face needs no
more, and a large face costs no more than a small one. The photo itself is read as it is."""


@dataclass(frozen=True, eq=False)
class Region:
    """A rectangle of the photo around a part of the face."""

    box: Box
    """Left, top, width and height in the photo."""
    u: Array
    """``[h, w]``, in the face frame, at places that lie evenly in the box."""
    v: Array
    unit: float
    """Of these places, how many make a face unit."""
    axes: Array
    """Of the face frame, ``[2, 2]``."""

    @classmethod
    def around(
        cls, frame: PhotoFrame, low: tuple[float, float], high: tuple[float, float], photo: Picture
    ) -> Region | None:
        """The rectangle with the corners ``low`` and ``high`` in (u, v); None outside the photo."""
        (u0, v0), (u1, v1) = low, high
        corners = frame.to_pixels(np.array([(u0, v0), (u1, v0), (u0, v1), (u1, v1)]))
        height, width = photo.shape[:2]
        left, top = np.maximum(np.floor(corners.min(0)), 0).astype(int)
        right, bottom = np.minimum(np.ceil(corners.max(0)) + 1, (width, height)).astype(int)
        if right - left < 2 or bottom - top < 2:
            return None
        unit_px = float(np.linalg.norm(frame.axes, axis=0).max())
        step = max(unit_px / FINEST_PX, 1.0)
        x, y = _evenly(left, right, step), _evenly(top, bottom, step)
        grid = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)
        u, v = frame.to_face(grid).astype(np.float32).T.reshape(2, len(y), len(x))
        box = int(left), int(top), int(right - left), int(bottom - top)
        u, v = np.ascontiguousarray(u), np.ascontiguousarray(v)
        return cls(box, u, v, unit_px / step, frame.axes.astype(np.float32))

    def field(self, shift_u: Array, shift_v: Array) -> Array:
        """How ``kernels.redraw`` is to draw the region with its skin moved, ``[h, w, 9]``; further
        layers can be added."""
        field = np.zeros((*self.u.shape, CHANNELS), np.float32)
        self.move(field, Channel.X, shift_u, shift_v)
        return field

    def move(self, field: Array, channel: Channel, shift_u: Array, shift_v: Array) -> None:
        """Write into a field, at a channel and the next, where a layer's pixels come from."""
        (ux, vx), (uy, vy) = self.axes
        field[..., channel] = -(ux * shift_u + vx * shift_v)
        field[..., channel + 1] = -(uy * shift_u + vy * shift_v)


def _evenly(first: int, end: int, step: float) -> Exact:
    """Places in [first, end), so many that they are at least ``step`` apart."""
    count = max(round((end - first) / step), 2)
    return np.asarray(first + (np.arange(count) + 0.5) * ((end - first) / count) - 0.5)


def nearest_pixels(photo: Picture, points: npt.NDArray[np.floating]) -> Picture:
    """``[n, 3]``: a photo's pixels nearest to points ``[n, 2]`` in pixels, inside or beside it."""
    x, y = points.round().astype(int).T
    height, width = photo.shape[:2]
    return np.asarray(photo[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])


def colour_at(photo: Picture, points: Array, numbers: tuple[int, ...]) -> Array:
    """``[3]``: mean of a photo, 0 to 255, at some of the points ``[478, 2 or more]`` in pixels."""
    return np.asarray(nearest_pixels(photo, points[list(numbers), :2]).mean(0), np.float32)


def brightness(photo: Picture, points: Array, numbers: tuple[int, ...]) -> float:
    """The same of all colours together."""
    return float(colour_at(photo, points, numbers).mean())


def pixels_between(
    above: tuple[int, ...], below: tuple[int, ...], points: Array, photo: Picture
) -> Array:
    """``[n, 3]``: the photo's pixels between two lines of as many of the face's points."""
    places = np.stack([points[list(above), :2], points[list(below), :2]])
    downs = np.linspace(0.25, 0.75, 3)[:, None, None]
    lines = places[0] + downs * (places[1] - places[0])
    lines = np.concatenate([lines, (lines[:, 1:] + lines[:, :-1]) / 2.0], 1)
    return np.asarray(nearest_pixels(photo, lines.reshape(-1, 2)), np.float32)


def hue_of(skin: Array) -> float:
    """How much colour a photo has, by its skin's ``[3]``: 0 for none, 1 for what daylight shows."""
    most = max(float(skin.max()), 1.0)
    return min((most - float(skin.min())) / (_COLOURED * most), 1.0)


def knotted(v: Array, knots: list[tuple[Array | float, Array | float]]) -> Array:
    """A shift that is linear between knots, constant beyond the outermost.

    :param v: ``[h, w]``.
    :param knots: place in the result and shift of each, from above to below.
    """
    place, shift = knots[0]
    result = np.zeros_like(v) + shift
    for next_place, next_shift in knots[1:]:
        span = np.maximum(np.asarray(next_place, np.float32) - place, np.float32(1e-4))
        result += clipped((v - place) / span, 0.0, 1.0) * (next_shift - shift)
        place, shift = next_place, next_shift
    return np.asarray(result, np.float32)


def smooth(value: Array, nothing: float, whole: float) -> Array:
    """0 at ``nothing``, 1 at ``whole``, with soft ends."""
    t = clipped((value - np.float32(nothing)) / np.float32(whole - nothing), 0.0, 1.0)
    return np.asarray(smoothstep(t), np.float32)


def line(points: Exact, u: npt.NDArray[T]) -> npt.NDArray[T]:
    """v of a chain of points ``[n, 2]`` at each u, level beyond its ends; shaped and typed as u."""
    order = np.argsort(points[:, 0])
    v = np.interp(u.ravel(), points[order, 0], points[order, 1])
    return np.asarray(v.reshape(u.shape), u.dtype)
