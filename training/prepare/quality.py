"""Which frames are worth learning from, and why the others are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import person_box
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import VISIBLE

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


class Drop(StrEnum):
    """Why a frame was left out."""

    LOST = "person lost"
    CUT = "at a cut"
    SMALL = "too small"
    OUTSIDE = "out of the window"
    BLURRED = "blurred"
    SHORT = "in too short a scene"
    IUV = "no fitting IUV image"


@dataclass(frozen=True)
class Limits:
    """What is asked of frames."""

    rate_fps: float = 10.0
    """Frames a second that are looked at, at most: nearer ones are nearly the same."""
    smallest_px: int = 128
    """Height of the person in the clip's own pixels."""
    sharpness: float = 0.02
    """Least ``sharpness`` of a person. Measured: 0.1 to 0.7 in ten clips; 0.02 to 0.06 of them
    blurred by one pixel of the window, 0.005 to 0.02 by two (grain that is left counts)."""
    sharpness_share: float = 0.4
    """And in shares of its scene's median: what moves so fast that the exposure smears it."""
    fewest: int = 4
    """Frames of a scene."""


LEAST_AREA = 0.01
"""Share of its window that a person's mask covers, or it is of nobody."""
AGREED = 0.8
"""Share of the visible landmarks that lie on the mask, or the two have seen different things."""
_NEAR = 0.02
"""How far beside the mask landmarks may lie, in windows."""
BEYOND = 0.02
"""How far the person may reach out of the window, in windows."""
STEADY = 0.85
"""Overlap of the boxes of one person in two frames that follow each other, below which the second
is looked at twice."""
SAME = 0.2
"""Overlap below which it is not one person, or the film was cut."""


def person_height(box: Box) -> float:
    """In pixels; of people who lie, their length."""
    return max(box[3] - box[1], box[2] - box[0])


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[2:], other[2:])
    shared = float(np.prod(np.maximum(high - low, 0.0)))
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / max(sum(areas) - shared, 1e-9)


def box_of(pose: Pose, picture: Picture) -> Box:
    """Where a frame's person is, in its pixels."""
    return person_box(pose, (picture.shape[0], picture.shape[1]))


def inside(box: Box, window: Window) -> bool:
    """Whether a window shows all of a person, or nearly all."""
    reach = window.side * (0.5 + BEYOND)
    x, y = window.cx + 0.5, window.cy + 0.5
    return (
        box[0] >= x - reach and box[1] >= y - reach and box[2] <= x + reach and box[3] <= y + reach
    )


def is_sound(landmarks: Array, mask: Array) -> bool:
    """Whether landmarks and mask are of one person.

    Args:
        landmarks: ``[33, 4]`` in window units.
        mask: ``[n, n]`` in [0, 1], of the window.
    """
    if float(mask.mean()) < LEAST_AREA:
        return False
    n = len(mask)
    radius = max(1, round(_NEAR * n))
    near = cv2.dilate((mask > 0.3).astype(np.uint8), np.ones((2 * radius + 1,) * 2, np.uint8))
    points = landmarks[landmarks[:, 3] >= VISIBLE, :2]
    points = points[((points >= 0.0) & (points < 1.0)).all(1)]
    if not len(points):
        return False
    columns, rows = np.floor(points * n).astype(np.intp).T
    return float(near[rows, columns].mean()) >= AGREED


def sharpness(window: Picture, mask: Array) -> float:
    """How fine what the person shows is, whatever its contrast: 0 for fog, about 20 for noise.

    The mean square of the Laplacian over the variance of the grey levels.

    Args:
        window: ``[n, n, 3]`` uint8.
        mask: ``[n, n]`` in [0, 1].
    """
    grey = cv2.cvtColor(window, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # Away from the outline: the background may be sharp where the person is not.
    person = cv2.erode((mask > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if person.sum() < 16:
        return 0.0
    edges = cv2.Laplacian(grey, cv2.CV_32F)[person]
    return float((edges**2).mean() / (grey[person].var() + 1.0))


def blurred(values: Sequence[float], limits: Limits) -> list[bool]:
    """Which frames of a scene are blurred, by the ``sharpness`` of each."""
    least = max(limits.sharpness, limits.sharpness_share * float(np.median(values)))
    return [value < least for value in values]
