"""What every form of patching agrees on."""

from __future__ import annotations

from typing import NamedTuple

from bunraku.spec.arrays import Array

AROUND = 2
"""Pixels around those that read the rectangle, as a mean of neighbours takes them in."""


class Rectangle(NamedTuple):
    """A part of the photo, in its pixels."""

    left: int
    top: int
    width: int
    height: int


class Looked(NamedTuple):
    """Where a part of the window reads, in pixels of a smaller picture of the rectangle."""

    corner: tuple[int, int]
    """Row and column of the part's first pixel."""
    x: Array
    """``[h,w]``, pixel centres at integers."""
    y: Array
    """``[h,w]``"""
