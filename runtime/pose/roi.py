"""The rotated square around a person that the landmark network looks at.

Convention: frame and crop pixels count from the centre of the top-left pixel; x to the right,
y down; angles in radians, clockwise on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from bunraku.spec.arrays import Array, Exact, Picture

_MARGIN = 1.25  # of the crop around the circle that the network gives, as MediaPipe has it


@dataclass(frozen=True)
class Roi:
    """A rotated square in a frame."""

    x: float
    """centre, frame pixels"""
    y: float
    """centre, frame pixels"""
    side: float
    """frame pixels"""
    angle: float
    """rotation of the person against upright, radians"""

    @classmethod
    def around(cls, centre: npt.NDArray[np.floating], rim: npt.NDArray[np.floating]) -> Roi:
        """The square around a circle through ``rim``; from centre to rim is the way up."""
        dx, dy = float(rim[0] - centre[0]), float(rim[1] - centre[1])
        side = 2 * math.hypot(dx, dy) * _MARGIN
        return cls(float(centre[0]), float(centre[1]), side, math.atan2(dx, -dy))

    @classmethod
    def upright(
        cls,
        points: npt.NDArray[np.floating],
        angle: float,
        margin: float,
        forward: float = 0.0,
    ) -> Roi:
        """The square around points [N,2], ``margin`` times as large as they are in its own
        directions, and moved up by ``forward`` of that."""
        c, s = math.cos(angle), math.sin(angle)
        turn = np.array([[c, -s], [s, c]])
        turned = points @ turn
        low, high = turned.min(0), turned.max(0)
        size = float((high - low).max())
        x, y = turn @ ((low + high) / 2 + (0.0, -forward * size))
        return cls(float(x), float(y), margin * size, angle)

    def points_to_frame(self, unit: npt.NDArray[np.floating]) -> Exact:
        """Points [N,2] in units of the crop (0 = left or top edge, 1 = the other) to pixels."""
        c, s = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        turn = np.array([[c, s], [-s, c]])
        return np.asarray((unit - 0.5) @ turn + (self.x, self.y), dtype=np.float64)

    def points_from_frame(self, pixels: npt.NDArray[np.floating]) -> Exact:
        """Points [N,2] in frame pixels to units of the crop."""
        c, s = math.cos(self.angle) / self.side, math.sin(self.angle) / self.side
        turn = np.array([[c, -s], [s, c]])
        return np.asarray((pixels - np.array([self.x, self.y])) @ turn + 0.5, dtype=np.float64)

    def pixel_matrix(self, size: int) -> Exact:
        """[2,3] matrix that takes pixels of a crop of ``size`` to frame pixels."""
        scale = self.side / size
        c, s = math.cos(self.angle) * scale, math.sin(self.angle) * scale
        half = (size - 1) / 2  # the crop's centre, in its pixels
        return np.array(
            [
                [c, -s, self.x - c * half + s * half],
                [s, c, self.y - s * half - c * half],
            ]
        )

    def bounds(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Rows and columns (y0, y1, x0, x1) of a frame that the square touches."""
        reach = self.side / 2 * (abs(math.cos(self.angle)) + abs(math.sin(self.angle)))
        x0, x1 = (min(max(int(self.x + d), 0), width) for d in (-reach - 1, reach + 2))
        y0, y1 = (min(max(int(self.y + d), 0), height) for d in (-reach - 1, reach + 2))
        return y0, y1, x0, x1


def averaged(roi: Roi, size: int) -> int:
    """How many pixels of the frame, along each side, a pixel of a crop is the mean of."""
    return max(int(roi.side / size), 1)


def crop(frame: Picture, roi: Roi, size: int) -> Picture:
    """Cut the square out of a frame u8 [H,W,3]: u8 [size,size,3], black outside of the frame.

    A square that is shrunk to less than half is averaged down first: bilinear sampling alone would
    skip pixels, and the landmarks would tremble with the noise.
    """
    factor = averaged(roi, size)
    y0, y1, x0, x1 = roi.bounds(*frame.shape[:2])
    rows, columns = (y1 - y0) // factor, (x1 - x0) // factor
    if not rows or not columns:
        return np.zeros((size, size, 3), np.uint8)
    part = frame[y0 : y0 + rows * factor, x0 : x0 + columns * factor]
    if factor > 1:
        part = _picture(cv2.resize(part, (columns, rows), interpolation=cv2.INTER_AREA))
    matrix = roi.pixel_matrix(size) / factor
    offset = (factor - 1) / (2 * factor)  # of a small pixel's centre, in large pixels
    matrix[:, 2] -= np.array([x0, y0]) / factor + offset
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    # With a fourth channel it takes half as long and gives the same.
    four = cv2.cvtColor(part, cv2.COLOR_RGB2RGBA)
    warped = cv2.warpAffine(four, matrix, (size, size), flags=flags)
    return _picture(cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB))


def paste(mask: Array, roi: Roi, height: int, width: int) -> Array:
    """Lay a square mask f32 [n,n] back into a frame: f32 [height,width], 0 outside of it."""
    out = np.zeros((height, width), np.float32)
    y0, y1, x0, x1 = roi.bounds(height, width)
    if y1 > y0 and x1 > x0:
        matrix = roi.pixel_matrix(len(mask))
        matrix[:, 2] -= (x0, y0)
        cv2.warpAffine(
            mask,
            matrix,
            (x1 - x0, y1 - y0),
            dst=out[y0:y1, x0:x1],
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_CONSTANT,
        )
    return out


def to_network(image: Picture, out: Array, scale: float, offset: float = 0.0) -> None:
    """Write an image u8 [H,W,3] times ``scale`` plus ``offset`` into planes f32 [3,H,W]."""
    for plane, target in zip(cv2.split(image), out, strict=True):
        np.multiply(plane, np.float32(scale), out=target)
        if offset:
            target += np.float32(offset)


def _picture(array: object) -> Picture:
    return np.asarray(array, dtype=np.uint8)
