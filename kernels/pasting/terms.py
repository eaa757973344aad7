"""What every form of pasting agrees on: its arguments' shapes and its thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor

    TensorDetail: TypeAlias = tuple[Tensor, Tensor, Tensor]

Box: TypeAlias = tuple[int, int, int]
"""Left, top and side of the window in the photo, in pixels."""
Fade: TypeAlias = tuple[Array, Array]
"""Factors of the mask, per column and per row of the window's part inside the photo."""
Detail: TypeAlias = tuple[Array, Array, Array]
"""Trust, warped photo and flow."""

PREMULTIPLIED = 1e-3
"""Added to the warped mask before colours are divided by it, as the blend engine does."""
JUMP = 0.05
"""A flow that changes by more than this (in [-1, 1] units) from pixel to pixel has an edge there:
between an arm and the torso behind it a mean of both flows leads to a third place."""
TRACE = 1.0 / 512.0
"""A mask below this shows nothing in 8 bits."""


def inside(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The window's part inside a photo of this shape: x0, y0, x1, y1; x1 ≥ x0, y1 ≥ y0."""
    left, top, side = box
    height, width = shape[:2]
    x0, y0 = min(max(left, 0), width), min(max(top, 0), height)
    return x0, y0, max(x0, min(left + side, width)), max(y0, min(top + side, height))
