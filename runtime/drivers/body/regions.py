"""Regions of the photo's window: what is near them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import Region, distance_to, nearest


def nearest_reached(reached: Region) -> NDArray[np.int64]:
    """``[h, w]``: of every pixel the flat index of the nearest reached one."""
    flat = np.arange(reached.size, dtype=np.int64).reshape(reached.shape)
    return nearest(flat, reached)


def far_from(point: Vectors, radius: float, shape: tuple[int, ...]) -> Region:
    """``[h, w]``: the pixels farther from a point (x, y)."""
    across, down = np.arange(shape[1]) - point[0], np.arange(shape[0]) - point[1]
    return np.asarray((across * across)[None] + (down * down)[:, None] > radius**2)


def from_line(ends: Vectors, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """``[h, w]``: how far from the line between two points ``[2, 2 or more]``, in pixels."""
    line = np.zeros(shape, np.uint8)
    start, end = np.rint(ends[:, :2]).astype(int).tolist()
    cv2.line(line, start, end, 1)
    return distance_to(line > 0)


def grown(region: Region, px: int) -> Region:
    """The region and a square of so many pixels around each of it."""
    square = np.ones((2 * px + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(region.astype(np.uint8), square) > 0)


def closed(region: Region, radius: int) -> Region:
    """The region and what a disc of so many pixels that stays beside it does not reach."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    padded = cv2.copyMakeBorder(region.astype(np.uint8), *(radius,) * 4, cv2.BORDER_CONSTANT)
    whole = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, disc)
    return np.asarray(whole[radius:-radius, radius:-radius] > 0)


def disc(radius: float) -> NDArray[np.uint8]:
    """``[k, k]``, for OpenCV's morphology: three pixels wide at least."""
    size = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)), np.uint8)


def opened(region: Region, radius: float) -> Region:
    """The region without what is narrower than twice the radius."""
    return np.asarray(cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, disc(radius)) > 0)


def without_scraps(region: Region, least: float) -> Region:
    """The region without the pieces that are smaller than such a share of its largest one."""
    _, piece, stats, _ = cv2.connectedComponentsWithStats(region.astype(np.uint8))
    sizes = stats[:, cv2.CC_STAT_AREA]
    sizes[0] = 0
    return np.asarray(region & (sizes >= least * sizes.max())[piece])
