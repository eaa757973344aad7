"""How I420 stands for colours: BT.601, limited range, as cameras and video calls have it.

A frame is ``[3H/2,W]`` uint8, H and W even: H rows of Y, then U and V, each ``[H/2,W/2]``, one
behind the other in the rows that remain.
"""

from __future__ import annotations

from typing import Any

from bunraku.kernels.checks import shape_text

Y_OF_RGB = (65.481 / 255, 128.553 / 255, 24.966 / 255)
"""Added to 16."""
U_OF_RGB = (-37.797 / 255, -74.203 / 255, 112.0 / 255)
"""Added to 128, as V."""
V_OF_RGB = (112.0 / 255, -93.786 / 255, -18.214 / 255)
OF_Y = 255 / 219
"""What a level of Y, above 16, adds to each colour."""
OF_CHROMA = (0.0, 1.596027), (-0.391762, -0.812968), (2.017232, 0.0)
"""What a level of U and of V, from 128, adds to red, green and blue."""


def shape_of(height: int, width: int) -> tuple[int, int]:
    """An I420 frame's of a picture whose last odd row or column is repeated."""
    return (height + height % 2) * 3 // 2, width + width % 2


def picture_shape(frame: Any) -> tuple[int, int]:
    """Height and width of the picture in an I420 frame. :raises ValueError: it cannot be one."""
    rows, width = frame.shape
    if rows < 3 or rows % 3 or width < 2 or width % 2:
        raise ValueError(f"an I420 frame must be [3H/2,W] of even H and W, not {shape_text(frame)}")
    return rows // 3 * 2, width
