"""The plain bars of a letterbox, the border of a print, or what a screenshot has around a picture.

A person whom they cut off ends there as at the photo's edge. Taken for a part of the picture, the
trunk would go on before them, and what the person uncovers would be filled with their colour.

Convention: boxes are in whole pixels of the photo, the right and the lower edge left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture

SAMPLES = 512
"""How many pixels of a line are looked at, at most."""
PLAIN = 12.0
"""Levels by which a border's colours differ from their middle, as compression leaves them."""
STRAY = 0.005
"""Share of a line that may differ more."""
EDGE = 30.0
"""Levels by which the picture differs where it begins: a wall that gets darker is no border."""
SOFT_PX = 6
"""Within so many pixels a border goes over into the picture."""
STRAIGHT = 0.8
"""Share of the picture's width in which it begins there: what begins here and there is a person
before a plain wall."""
FILLED = 0.02
"""Share of a column that differs from the border where the picture is."""
WRITTEN = 0.2
"""Share of a border that words and signs may cover."""
WIDE = 0.5
"""Share of the border's width that a picture has at least; borders of the sides go first."""
SMALLEST_PX = 64
"""Side of a picture that is worth looking for."""
PASSES = 3
"""Borders within borders that are looked for."""


@dataclass(frozen=True, eq=False)
class Border:
    """A photo, and where the picture is in it."""

    photo: Picture
    left: int
    top: int
    right: int
    bottom: int

    def inside(self, photo: Picture) -> Picture:
        """The picture within this photo, or within one of the same shape."""
        return np.ascontiguousarray(photo[self.top : self.bottom, self.left : self.right])

    def around(self, picture: Picture) -> Picture:
        """A photo like this one, with another picture in its place."""
        whole = self.photo.copy()
        whole[self.top : self.bottom, self.left : self.right] = picture
        return whole

    def cuts(self, person: Array) -> bool:
        """Whether a person reaches the border, or goes on over it.

        :param person: ``[H, W]`` in [0, 1], a mask of the photo.
        """
        height, width = self.photo.shape[:2]
        seen = person[self.top : self.bottom, self.left : self.right] > 0.5
        near = max(1, round(0.01 * max(seen.shape)))
        sides = (
            (self.top > 0, seen[:near]),
            (self.bottom < height, seen[-near:]),
            (self.left > 0, seen[:, :near]),
            (self.right < width, seen[:, -near:]),
        )
        return any(there and bool(strip.any()) for there, strip in sides)


def find_border(photo: Picture) -> Border | None:
    """Find the picture within a photo; None where it is all of it.

    :param photo: HWC uint8.
    """
    height, width = photo.shape[:2]
    left, top, right, bottom = 0, 0, width, height
    for _ in range(PASSES):
        before = (left, top, right, bottom)
        picture = photo[top:bottom, left:right]
        if min(picture.shape[:2]) < SMALLEST_PX:
            return None
        lying = picture.transpose(1, 0, 2)
        top, bottom = top + _depth(picture), bottom - _depth(picture[::-1])
        left, right = left + _depth(lying), right - _depth(lying[::-1])
        if before == (left, top, right, bottom):
            break
    if (left, top, right, bottom) == (0, 0, width, height):
        return None
    if min(right - left, bottom - top) < SMALLEST_PX:
        return None
    return Border(photo, left, top, right, bottom)


def _depth(picture: NDArray[Any]) -> int:
    """How many of the first rows are a border; 0 for none."""
    step = max(1, picture.shape[1] // SAMPLES)
    outermost = picture[0, ::step].astype(np.int16)
    colour = np.median(outermost, axis=0)
    if np.mean(_differ(outermost, colour, PLAIN)) > STRAY:
        return 0
    lines = picture[:, ::step].astype(np.int16)
    differ = _differ(lines, colour, PLAIN)
    share = differ.mean(1)
    plain = share <= STRAY
    deeper = differ[::-1].cumsum(0, dtype=np.int32)[::-1]
    for first in (np.flatnonzero(plain[:-1] & ~plain[1:]) + 1).tolist():
        if share[:first].mean() > WRITTEN:
            return 0
        filled = deeper[first] > FILLED * (len(differ) - first)
        if filled.mean() < WIDE:
            return 0
        edge = _differ(lines[first : first + SOFT_PX, filled], colour, EDGE)
        begun = np.flatnonzero(edge.mean(1) >= STRAIGHT)
        if len(begun):
            return int(first + begun[0])
    return 0


def _differ(lines: NDArray[Any], colour: NDArray[Any], levels: float) -> NDArray[np.bool_]:
    return np.asarray(np.abs(lines - colour).max(-1) > levels)
