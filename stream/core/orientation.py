"""Turning decoded pictures upright and to a common size.

Convention: pictures are ``[H,W,3]`` uint8 RGB; x to the right, y down.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import cv2
import numpy as np
from av.buffer import Buffer
from av.video.frame import VideoFrame

from bunraku.spec.arrays import Picture
from bunraku.stream.core.frame import to_rgb


@dataclass(frozen=True)
class Turn:
    """One of the eight ways to turn a picture: transpose first, then mirror."""

    transpose: bool = False
    mirror_x: bool = False
    mirror_y: bool = False

    @classmethod
    def from_display_matrix(cls, matrix: bytes) -> Turn:
        """Read a container's display matrix, nine int32 in 16.16 fixed point, to right angles.

        The matrix takes decoded to shown coordinates: x' = a·x + c·y, y' = b·x + d·y.
        """
        if len(matrix) < 20:
            return cls()
        a, b, _, c, d = struct.unpack_from("<5i", matrix)
        if abs(b) + abs(c) > abs(a) + abs(d):
            return cls(transpose=True, mirror_x=c < 0, mirror_y=b < 0)
        return cls(mirror_x=a < 0, mirror_y=d < 0)

    @classmethod
    def from_degrees(cls, counterclockwise: float) -> Turn:
        """Take the nearest right angle."""
        return (
            cls(),
            cls(transpose=True, mirror_y=True),
            cls(mirror_x=True, mirror_y=True),
            cls(transpose=True, mirror_x=True),
        )[round(counterclockwise / 90) % 4]

    def apply(self, picture: Picture) -> Picture:
        """Return the picture turned, in memory of its own if it is turned at all."""
        if self == Turn():
            return picture
        turned = picture.transpose(1, 0, 2) if self.transpose else picture
        turned = turned[:, ::-1] if self.mirror_x else turned
        turned = turned[::-1] if self.mirror_y else turned
        return np.ascontiguousarray(turned)


def as_shown(frame: VideoFrame, aspect: Fraction | None) -> Picture | VideoFrame:
    """A decoded frame as players show it: with square pixels, turned and mirrored as it says.

    :param aspect: width to height of one pixel (``VideoStream.sample_aspect_ratio``); None or 0
        where that is not known.
    :return: ``[H,W,3]`` uint8 RGB; the frame itself, not converted, where it is shown as it is.
    """
    turn = _turn_of(frame)
    square = not aspect or aspect == 1
    if square and turn == Turn():
        return frame
    image = to_rgb(frame)
    if aspect and not square:
        height, width = image.shape[:2]
        image = resize(image, max(1, round(width * aspect)), height)
    return turn.apply(image)


def _turn_of(frame: VideoFrame) -> Turn:
    try:
        matrix = cast(Mapping[str, Buffer], frame.side_data).get("DISPLAYMATRIX")
    except ValueError:
        # PyAV knows not every kind of side data that FFmpeg gives (EXIF, for one), and then shows
        # none of it; the angle alone is told all the same.
        return Turn.from_degrees(frame.rotation)
    return Turn() if matrix is None else Turn.from_display_matrix(bytes(matrix))


def resize(picture: Picture, width: int, height: int) -> Picture:
    """Scale to exactly ``width`` x ``height``, averaging where it shrinks."""
    if picture.shape[:2] == (height, width):
        return picture
    shrinks = picture.shape[0] > height or picture.shape[1] > width
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), dtype=np.uint8)


def fit(picture: Picture, width: int, height: int) -> Picture:
    """Scale into ``width`` x ``height`` with the proportions kept and black bars where needed."""
    own_height, own_width = picture.shape[:2]
    if (own_height, own_width) == (height, width):
        return picture
    scale = min(width / own_width, height / own_height)
    inner_width = min(width, max(1, round(own_width * scale)))
    inner_height = min(height, max(1, round(own_height * scale)))
    framed = np.zeros((height, width, 3), np.uint8)
    top, left = (height - inner_height) // 2, (width - inner_width) // 2
    inner = resize(picture, inner_width, inner_height)
    framed[top : top + inner_height, left : left + inner_width] = inner
    return framed
