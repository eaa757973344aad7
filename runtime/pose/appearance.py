"""How somebody looks in a film: the colours of their head and trunk, by which they are told from
others who come near.

Not who it is: nothing of it is kept beyond the film, and two people in one uniform look alike.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

BINS = (6, 12, 12)
"""Of brightness, which changes with every cloud, and of the two directions of colour."""
DARK = 40.0
"""Levels of brightness below which colours are not told apart well."""
ACROSS = 10
"""Points looked at along each side of the trunk, and of the head."""
LEAST = 20
"""Points of the trunk within the frame, without which it is not compared."""
INSIDE = 0.15
"""How far within the joints the trunk is surely its own, of its sides."""
LEARNS_S, LEARNS_EVERY_S = 4.0, 0.1
"""In which two thirds of an appearance become that of the newest frames, and how often one is taken
in."""

_LAST = np.array(BINS)[:, None] - 1
_STRIDES = np.array([BINS[1] * BINS[2], BINS[2], 1])
_CORNERS_OF_BIN = np.tensordot(_STRIDES, np.indices((2, 2, 2)), 1)
_ALONG = np.linspace(INSIDE, 1.0 - INSIDE, ACROSS)
_GRID = np.stack(np.meshgrid(_ALONG, _ALONG), -1).reshape(-1, 2)
"""``[ACROSS²,2]``: across and down."""
_CORNERS = [RIGHT_SHOULDER, LEFT_SHOULDER, RIGHT_HIP, LEFT_HIP]


class Appearance:
    """Of one person, as the last frames show it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the person."""
        self._parts: list[Array | None] = [None, None]
        self._time_s = -np.inf

    def learn(self, frame: Picture, points: NDArray[np.floating], time_s: float) -> None:
        """Take in how the person looks in a frame.

        :param frame: RGB u8 ``[H,W,3]``.
        :param points: ``[33, 2 or more]``, landmarks in pixels of the frame.
        """
        if 0 <= time_s - self._time_s < LEARNS_EVERY_S:
            return
        share = 1.0 - np.exp(-max(time_s - self._time_s, 0.0) / LEARNS_S)
        for i, new in enumerate(_seen(frame, points)):
            old = self._parts[i]
            if new is not None:
                self._parts[i] = new if old is None else old + np.float32(share) * (new - old)
        self._time_s = time_s

    def likeness(self, frame: Picture, points: NDArray[np.floating]) -> float:
        """How much somebody looks like the person: 0..1, 1 where nothing can be compared."""
        alike = [
            float(np.sqrt(new * old).sum())
            for new, old in zip(_seen(frame, points), self._parts, strict=True)
            if new is not None and old is not None
        ]
        return sum(alike) / len(alike) if alike else 1.0


def _seen(frame: Picture, points: NDArray[np.floating]) -> list[Array | None]:
    """Of trunk and head, the shares of the colours; None for what the frame does not show."""
    u, v = _GRID[:, :1], _GRID[:, 1:]
    right, left, low_right, low_left = np.asarray(points[_CORNERS, :2], np.float64)
    trunk = (1 - v) * ((1 - u) * right + u * left) + v * ((1 - u) * low_right + u * low_left)
    head = np.asarray(points[list(HEAD), :2], np.float64)
    middle, reach = head.mean(0), float(np.ptp(head, axis=0).max())
    return [_colours(frame, trunk), _colours(frame, middle + reach * (_GRID - 0.5))]


def _colours(frame: Picture, places: NDArray[np.float64]) -> Array | None:
    """``BINS`` in one row, which adds up to 1; a colour between two bins counts in both."""
    height, width = frame.shape[:2]
    columns, rows = np.rint(np.clip(np.nan_to_num(places, nan=-1.0), -1, 1e6)).astype(np.intp).T
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    if int(inside.sum()) < LEAST:
        return None
    red, green, blue = frame[rows[inside], columns[inside]].astype(np.float32).T
    bright = (red + green + blue) / 3.0
    unit = np.stack(
        [
            bright / 255.0,
            0.5 + 0.25 * (red - green) / (bright + DARK),
            0.5 + 0.25 * (blue - 0.5 * (red + green)) / (bright + DARK),
        ]
    )
    at = np.clip(unit, 0.0, 1.0) * _LAST
    low = np.minimum(at.astype(np.intp), _LAST - 1)
    rest = at - low
    sides = np.stack([1.0 - rest, rest], axis=1)  # [colour, low or high, point]
    weights = sides[0, :, None, None] * sides[1, None, :, None] * sides[2, None, None]
    bins = _STRIDES @ low + _CORNERS_OF_BIN[..., None]
    shares = np.bincount(bins.ravel(), weights.ravel(), int(np.prod(BINS)))
    return np.asarray(shares / shares.sum(), np.float32)
