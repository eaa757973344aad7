"""An edge beside a hole, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Exact

Flags = NDArray[np.bool_]

CONTRAST = 16.0
"""By how much its sides differ, in levels: less is worth no edge."""
BESIDE = 3.0
"""How far from a segment its sides are looked at, in pixels."""


@dataclass(frozen=True, eq=False)
class Edge:
    """A segment that leads into a hole; and, if it does so, out of it."""

    start: Exact
    """Where it is last seen before the hole."""
    way: Exact
    """Of length 1, into the hole."""
    through: int
    """How many pixels of the hole it crosses; the first of them is"""
    entry: tuple[int, int]
    """row and column."""
    end: Exact
    """Where it leaves the hole."""
    sides: NDArray[np.float64]
    """``[2, 3]``: the colours to the right of the way and to the left."""
    strength: float
    """Contrast times length."""
    met: bool = False
    """Whether it goes on at the other side."""


def at(flags: Flags, points: NDArray[np.float64]) -> Flags:
    """What is true at points (x, y); beyond the picture nothing is."""
    columns, rows = np.rint(points).astype(int).T
    height, width = flags.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    seen = flags[np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1)]
    return np.asarray(inside & seen, np.bool_)
