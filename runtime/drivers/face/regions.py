"""Pieces of a photo's face, and where each of their pixels comes from under an expression.

A region is a rectangle of the photo, with its pixels' places (u, v) in the photo's own face frame:
in face units, from the middle of the eyes, u towards the person's left, v down the face. Shifts are
given backwards, at the places where the result is: what stands at v there comes from v - shift.
Down a column a shift is linear between knots (the edge of a lid, the edges of a lip, the chin), so
that nothing folds, and lids and lips move as they are instead of being stretched.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bunraku.spec.arrays import Array, Picture

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PhotoFrame:
    """The face frame as the photo shows it: affine, so that a turned face keeps its shape."""

    origin: Float64Array
    """``[2]`` pixels."""
    axes: Float64Array
    """``[2, 2]`` pixels: its columns are u and v of one face unit."""

    def to_face(self, pixels: npt.NDArray[np.floating]) -> Float64Array:
        """(u, v) of points ``[n, 2]`` in pixels."""
        return np.asarray((pixels - self.origin) @ np.linalg.inv(self.axes).T, np.float64)

    def to_pixels(self, places: Float64Array) -> Float64Array:
        """Pixels of points ``[n, 2]`` in (u, v)."""
        return np.asarray(places @ self.axes.T + self.origin)


@dataclass(frozen=True, eq=False)
class Region:
    """A rectangle of the photo around a part of the face."""

    left: int
    top: int
    x: Array
    """``[h, w]``, columns of the photo."""
    y: Array
    """``[h, w]``, rows of the photo."""
    u: Array
    """``[h, w]``, in the face frame."""
    v: Array
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
        y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
        places = frame.to_face(np.stack([x.ravel(), y.ravel()], 1)).astype(np.float32)
        u, v = (np.ascontiguousarray(places[:, k]).reshape(x.shape) for k in (0, 1))
        return cls(int(left), int(top), x, y, u, v, frame.axes.astype(np.float32))

    def sample(self, photo: Picture, shift_u: Array, shift_v: Array) -> Array:
        """The photo's pixels that come here, float32 ``[h, w, 3]``; exact where nothing moves."""
        (ux, vx), (uy, vy) = self.axes
        x, y = self.x - (ux * shift_u + vx * shift_v), self.y - (uy * shift_u + vy * shift_v)
        moved = cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)


def brightness(photo: Picture, points: Array, numbers: tuple[int, ...]) -> float:
    """Mean of the photo, 0 to 255, at some of the points ``[478, 2 or more]`` in pixels."""
    x, y = points[list(numbers), :2].round().astype(int).T
    height, width = photo.shape[:2]
    return float(photo[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].mean())


def knotted(v: Array, knots: list[tuple[Array | float, Array | float]]) -> Array:
    """A shift that is linear between knots, constant beyond the outermost.

    :param v: ``[h, w]``.
    :param knots: place in the result and shift of each, from above to below.
    """
    place, shift = knots[0]
    result = np.zeros_like(v) + shift
    for next_place, next_shift in knots[1:]:
        span = np.maximum(np.asarray(next_place, np.float32) - place, np.float32(1e-4))
        result += np.clip((v - place) / span, 0.0, 1.0) * (next_shift - shift)
        place, shift = next_place, next_shift
    return np.asarray(result, np.float32)


def smooth(value: Array, nothing: float, whole: float) -> Array:
    """0 at ``nothing``, 1 at ``whole``, with soft ends."""
    t = np.clip((value - np.float32(nothing)) / np.float32(whole - nothing), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), np.float32)
