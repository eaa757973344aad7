"""What a recorded picture looks like around the animated one: size, neighbour, visible mark.

Convention: pictures are ``[H,W,3]`` uint8 RGB.
"""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np

from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.stream.core.orientation import resize

# The largest picture that H.264 players take for granted (level 5.1, 4096 x 2160).
MAX_RECORDED_PIXELS = 4096 * 2160
MAX_RECORDED_SIDE_PX = 4096

_LABEL = "synthetic"


def recordable_size(width: int, height: int, max_side_px: int) -> tuple[int, int]:
    """Return (width, height) shrunk, proportions kept, to what can be recorded."""
    longest = max(width, height)
    scale = min(
        1.0,
        min(max_side_px, MAX_RECORDED_SIDE_PX) / longest,
        math.sqrt(MAX_RECORDED_PIXELS / (width * height)),
    )
    return max(1, int(width * scale)), max(1, int(height * scale))


def recordable_photo(path: Path, max_side_px: int) -> tuple[Picture, list[str]]:
    """A photo, shrunk to what can be recorded, and a note where that was needed.

    :raises PhotoError: see :func:`~bunraku.runtime.source.photo.read_photo`.
    """
    photo = read_photo(path)
    height, width = photo.shape[:2]
    size = recordable_size(width, height, max_side_px)
    if size == (width, height):
        return photo, []
    note = f"the photo was scaled from {width} x {height} to {size[0]} x {size[1]} to be recorded"
    return resize(photo, *size), [note]


def side_by_side(driving: Picture, animated: Picture) -> Picture:
    """Put the clip's frame, scaled to the animated picture's height, on its left."""
    height = animated.shape[0]
    width = max(1, round(driving.shape[1] * height / driving.shape[0]))
    return np.concatenate([resize(driving, width, height), animated], axis=1)


def draw_mark(picture: Picture) -> Picture:
    """Write "synthetic" into the lower right corner of a copy of the picture."""
    marked = picture.copy()
    height, width = marked.shape[:2]
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, max(0.3, min(height, width) / 900)
    thickness = max(1, round(scale * 1.5))
    (text_width, text_height), below = cv2.getTextSize(_LABEL, font, scale, thickness)
    margin = max(2, text_height // 2)
    left = max(0, width - text_width - 2 * margin)
    top = max(0, height - text_height - below - 2 * margin)
    marked[top:, left:] //= 3
    origin = (left + margin, height - margin - below)
    cv2.putText(marked, _LABEL, origin, font, scale, (255, 255, 255), thickness, cv2.LINE_AA)
    return marked
