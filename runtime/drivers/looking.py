"""A driver's frame as alignment looks at it: one square, grey, from coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture

SIDE = 256
"""Of the square that is looked at, around the driver of the calibration; pixels are its."""
FACTORS = 4, 2, 1
"""How many pixels are averaged to one, level by level."""


@dataclass(frozen=True, eq=False)
class Looked:
    """One frame's square."""

    window: Window
    """In pixels of the frame."""
    shape: tuple[int, int]
    """Of the frame, height and width."""
    looks: tuple[Array, ...]
    """``[s, s]`` of each of ``FACTORS``, grey, a little softened."""

    @classmethod
    def at(cls, frame: Picture, window: Window) -> Looked:
        """:param frame: HWC uint8 RGB."""
        small, around = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY), window
        while around.side >= 2 * SIDE:  # far faster than to shrink all at once
            height, width = (n // 2 for n in small.shape)
            even = small[: 2 * height, : 2 * width]
            small = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
            x, y = ((c + 0.5) / 2 - 0.5 for c in (around.cx, around.cy))
            around = Window(x, y, around.side / 2)
        grey = np.asarray(crop(small, around, SIDE), np.float32)
        looks = []
        for factor in FACTORS:
            size = SIDE // factor, SIDE // factor
            coarse = grey if factor == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
            looks.append(np.asarray(cv2.GaussianBlur(coarse, (5, 5), 1.0), np.float32))
        return cls(window, (frame.shape[0], frame.shape[1]), tuple(looks))

    @property
    def scale(self) -> float:
        """Pixels of the frame to one of the square."""
        return self.window.side / SIDE

    def landmarks(self, landmarks: Array) -> Array:
        """``[33, 4]``, of the frame, in pixels of the square."""
        left, top, side = self.window.box
        result = landmarks.copy()
        result[:, 0] = (landmarks[:, 0] - left + 0.5) * (SIDE / side) - 0.5
        result[:, 1] = (landmarks[:, 1] - top + 0.5) * (SIDE / side) - 0.5
        result[:, 2] *= SIDE / side
        return result

    def view(self) -> NDArray[np.bool_]:
        """``[SIDE, SIDE]``: the part of the square that lies inside the frame."""
        rows, columns = self.lines()
        return np.asarray(rows[:, None] & columns)

    def lines(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """``[SIDE]`` each: rows and columns of the square that lie inside the frame."""
        left, top, side = self.window.box
        middle = (np.arange(SIDE) + 0.5) * side / SIDE
        rows, columns = middle + top, middle + left
        return (rows >= 0) & (rows < self.shape[0]), (columns >= 0) & (columns < self.shape[1])

    def change(self) -> Array:
        """``[SIDE, SIDE]``: by how many levels a pixel the finest look changes."""
        right, down = (
            cv2.Sobel(self.looks[-1], cv2.CV_32F, *way, ksize=1, scale=0.5)
            for way in ((1, 0), (0, 1))
        )
        return np.asarray(np.abs(right) + np.abs(down), np.float32)

    def read(self, place: NDArray[np.float64]) -> tuple[Array, ...]:
        """``[m]`` of each of ``FACTORS``: the looks at places ``[m, 2]``."""
        read = []
        for look, factor in zip(self.looks, FACTORS, strict=True):
            at = ((place + 0.5) / factor - 0.5).astype(np.float32)
            border = cv2.BORDER_REPLICATE
            values = cv2.remap(look, at[:, None], None, cv2.INTER_LINEAR, borderMode=border)  # type: ignore[call-overload]
            read.append(np.asarray(values, np.float32).ravel())
        return tuple(read)
