"""A mark that a camera can read from a screen: which one it is, wherever and however it is filmed.

ArUco markers of OpenCV (4 × 4 cells, a thousand of them), black on white. They are found in
perspective, and each differs from the others in more cells than blur spoils; a picture that mixes
two of them, as when the camera exposes over a change, is read as one of both or as none.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

from bunraku.spec.arrays import Picture

MARKS = 1000
_CELLS = 6
"""Along a side, the black border included."""
_QUIET = 1
"""Cells of white around it."""
_WHITE = 255


def draw_mark(number: int, side: int) -> Picture:
    """``[side, side, 3]`` uint8: mark ``number`` modulo ``MARKS``.

    :param side: at least two pixels for each of its cells and of the white around it.
    """
    cell = side // (_CELLS + 2 * _QUIET)
    if cell < 2:
        raise ValueError(f"a mark of {side} pixels cannot be filmed")
    picture = np.full((side, side), _WHITE, np.uint8)
    inner = cell * _CELLS
    margin = (side - inner) // 2
    drawn = cv2.aruco.generateImageMarker(_dictionary(), number % MARKS, inner)
    picture[margin : margin + inner, margin : margin + inner] = drawn
    return np.repeat(picture[..., None], 3, axis=2)


def read_mark(picture: Picture) -> int | None:
    """The number of the mark that a picture shows, ``[H, W, 3]`` uint8; None: not one alone."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    _, numbers, _ = _detector().detectMarkers(grey)
    if numbers is None or len(numbers) != 1:
        return None
    return int(np.ravel(numbers)[0])  # OpenCV 4 gives a column, 5 a row


@cache
def _dictionary() -> Any:
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_1000)


@cache
def _detector() -> Any:
    return cv2.aruco.ArucoDetector(_dictionary(), cv2.aruco.DetectorParameters())
