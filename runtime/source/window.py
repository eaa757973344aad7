"""Windows: squares of a picture, their pixels, and these back in their place.

Convention: picture coordinates are (x, y) in pixels with the origin at the centre of the top-left
pixel; window units are 0 at the window's left or top edge and 1 at its right or bottom edge
(``align_corners=False``): pixel centre i of n has the unit ``(i + 0.5) / n``.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import shrink
from bunraku.spec.arrays import Array, Picture


@dataclass(frozen=True)
class Window:
    """A square of a picture, which may reach beyond the picture."""

    cx: float
    """Centre, in picture coordinates."""
    cy: float
    side: float
    """In pixels of the picture."""

    @classmethod
    def of_box(cls, left: int, top: int, side: int) -> Window:
        """The window that covers these whole pixels."""
        return cls(left + side / 2 - 0.5, top + side / 2 - 0.5, float(side))

    @property
    def box(self) -> tuple[int, int, int]:
        """Left column, top row and side of the window in whole pixels."""
        side = max(1, round(self.side))
        return round(self.cx + 0.5 - side / 2), round(self.cy + 0.5 - side / 2), side

    def snapped(self) -> Window:
        """The same window on whole pixels."""
        return Window.of_box(*self.box)

    def to_units(self, landmarks: Array) -> Array:
        """``[N, 3 or 4]`` x, y, z in pixels (and visibility) to window units."""
        result = landmarks.astype(np.float32, copy=True)
        result[:, 0] = (landmarks[:, 0] - self.cx) / self.side + 0.5
        result[:, 1] = (landmarks[:, 1] - self.cy) / self.side + 0.5
        result[:, 2] = landmarks[:, 2] / self.side
        return result


def crop(picture: NDArray[np.generic], window: Window, size: int) -> NDArray[np.generic]:
    """The window's pixels at ``size`` × ``size``; beyond the picture its border goes on.

    Areas are averaged when it shrinks and interpolated when it grows; the window is snapped to
    whole pixels first.

    :param picture: ``[H, W]`` or ``[H, W, C]``, uint8 or float32.
    """
    left, top, side = window.box
    height, width = picture.shape[:2]
    x0, x1 = _inside(left, left + side, width)
    y0, y1 = _inside(top, top + side, height)
    part = picture[y0:y1, x0:x1]
    if (x0, y0, x1, y1) != (left, top, left + side, top + side):
        above, before = _beyond(top, y0, y1, side), _beyond(left, x0, x1, side)
        below, after = side - above - (y1 - y0), side - before - (x1 - x0)
        around = above, below, before, after
        part = cv2.copyMakeBorder(np.asarray(part), *around, cv2.BORDER_REPLICATE)
    if part.ndim == 2 and part.dtype == np.uint8 and size < side < 2 * size:
        return shrink(np.asarray(part, np.uint8), size)
    method = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(part), (size, size), interpolation=method)


def crop_part(
    picture: Picture, window: Window, size: int, rows: tuple[int, int], columns: tuple[int, int]
) -> Picture:
    """Some rows and columns of ``crop``, without the others where it shrinks; a level may differ.

    :param picture: ``[H, W, C]`` uint8.
    :param rows: the first of them, and the one after the last; :param columns: likewise.
    """
    left, top, side = window.box
    if side <= size:
        return np.asarray(crop(picture, window, size)[slice(*rows), slice(*columns)], np.uint8)
    height, width = picture.shape[:2]
    (y, down), (x, across) = (_means(*part, side, size) for part in (rows, columns))
    y, x = np.clip(y + top, 0, height - 1), np.clip(x + left, 0, width - 1)
    part = picture[y[0] : y[-1] + 1, x[0] : x[-1] + 1]
    if part.shape[:2] != (len(y), len(x)):  # the picture's border goes on
        part = picture[y[:, None], x[None, :]]
    lines = (down @ part.reshape(len(y), -1).astype(np.float32)).reshape(len(down), len(x), -1)
    return np.asarray(np.rint(across @ lines), np.uint8)


def _means(first: int, end: int, side: int, size: int) -> tuple[NDArray[np.int64], Array]:
    """Which of a window's ``side`` pixels some of ``size`` fewer ones lie over, from ``first`` on,
    and how much of each is in each of these: ``[m]``, ``[end - first, m]``."""
    edges = np.arange(first, end + 1) * (side / size)
    pixels = np.arange(int(edges[0]), min(int(np.ceil(edges[-1])), side))
    low = np.maximum(edges[:-1, None], pixels)
    high = np.minimum(edges[1:, None], pixels + 1)
    return pixels, np.asarray(np.maximum(high - low, 0.0) * (size / side), np.float32)


def uncrop(values: Array, window: Window, shape: tuple[int, int]) -> Array:
    """A window's ``[n, n]`` values at their place in a picture ``[H, W]``, 0 elsewhere."""
    left, top, side = window.box
    x0, x1 = _inside(left, left + side, shape[1])
    y0, y1 = _inside(top, top + side, shape[0])
    result = np.zeros(shape, np.float32)
    enlarged = cv2.resize(values, (side, side), interpolation=cv2.INTER_LINEAR)
    result[y0:y1, x0:x1] = enlarged[y0 - top : y1 - top, x0 - left : x1 - left]
    return result


def _inside(start: int, stop: int, size: int) -> tuple[int, int]:
    """The part of a range that is inside [0, size), at least its nearest element."""
    start = min(max(start, 0), size - 1)
    return start, max(min(stop, size), start + 1)


def _beyond(start: int, first: int, last: int, side: int) -> int:
    """How much of a range of ``side`` is before its part ``first..last`` inside a picture."""
    return min(max(first - start, 0), side - (last - first))
