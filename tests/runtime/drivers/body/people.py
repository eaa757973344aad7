"""People made by code for tests of the body: landmarks in pixels of a window."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.trunk import trunk_frames
from bunraku.runtime.drivers.body.turning import about
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EAR, RIGHT_EAR

REST = np.zeros((33, 3), np.float32)
"""A template's landmarks at rest in metres: arms hang a little apart, feet point to the camera."""
for _left, _point in {
    1: (0.03, -0.62, -0.10),
    2: (0.035, -0.62, -0.10),
    3: (0.04, -0.62, -0.10),
    7: (0.08, -0.60, 0.0),
    9: (0.025, -0.53, -0.11),
    11: (0.18, -0.45, 0.0),
    13: (0.30, -0.20, 0.02),
    15: (0.38, 0.04, 0.0),
    17: (0.40, 0.12, 0.02),
    19: (0.42, 0.13, -0.02),
    21: (0.39, 0.10, -0.04),
    23: (0.09, 0.0, 0.0),
    25: (0.10, 0.42, -0.01),
    27: (0.11, 0.82, 0.02),
    29: (0.11, 0.87, 0.06),
    31: (0.12, 0.88, -0.12),
}.items():
    REST[_left] = _point
    _right = _left + (3 if _left < 7 else 1)
    REST[_right] = (-_point[0], _point[1], _point[2])
REST[0] = (0.0, -0.58, -0.13)

SCALE = 110.0
"""Pixels a metre."""


def standing(middle: float = 128.0, hips: float = 120.0, scale: float = SCALE) -> Array:
    """``[33, 4]``: the template's own pose in a window of 256 pixels, all of it seen."""
    points = REST * scale + np.array([middle, hips, 0.0], np.float32)
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


def turned(trunk_deg: float, head_deg: float) -> Array:
    """``[33, 4]``: a person whose trunk, with all that hangs on it, and head are so far turned."""
    result, head = standing(), np.isin(np.arange(33), HEAD)
    for which, degrees in ((~head, trunk_deg), (head, head_deg)):
        turn = about(np.array([[0.0, 1.0, 0.0]]), np.array([np.deg2rad(degrees)]))[0]
        middle = result[which, :3].mean(0)
        result[which, :3] = (result[which, :3] - middle) @ turn.T + middle
    return result


def turns_deg(points: Array) -> tuple[float, float]:
    """How far trunk and head are turned."""
    away = trunk_frames(points[:, :3].astype(np.float64))[0][:, 2]
    across = points[LEFT_EAR, :3] - points[RIGHT_EAR, :3]
    return (
        math.degrees(math.atan2(away[0], away[2])),
        math.degrees(math.atan2(-across[2], across[0])),
    )


def with_arm_raised(landmarks: Array, turn_deg: float = 140.0) -> Array:
    """The left arm turned in the picture about its shoulder, upwards from hanging."""
    result = landmarks.copy()
    angle = np.deg2rad(-turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    arm = [13, 15, 17, 19, 21]
    result[arm, :2] = (landmarks[arm, :2] - landmarks[11, :2]) @ turn.T + landmarks[11, :2]
    return result


def silhouette(landmarks: Array, shape: tuple[int, int], scale: float) -> NDArray[np.uint8]:
    """A person as thick lines from joint to joint, and a head: 1 inside, 0 outside.

    :param landmarks: ``[33, 2 or more]`` in pixels; :param scale: pixels a metre.
    """
    drawn = np.zeros(shape, np.uint8)
    thick = scale / 110.0

    def line(start: Array, end: Array, width: int) -> None:
        ends = [(round(float(x)), round(float(y))) for x, y in (start[:2], end[:2])]
        cv2.line(drawn, ends[0], ends[1], 1, round(width * thick))

    limbs = (11, 13, 9), (13, 15, 7), (15, 19, 7), (23, 25, 15), (25, 27, 10), (27, 31, 8)
    for start, end, width in limbs:
        for side in (0, 1):
            line(landmarks[start + side], landmarks[end + side], width)
    trunk = landmarks[[11, 12, 24, 23], :2].round().astype(np.int32)
    cv2.fillConvexPoly(drawn, trunk, 1)
    cv2.polylines(drawn, [trunk], True, 1, round(12 * thick))
    line(landmarks[0], landmarks[[11, 12]].mean(0), 12)
    x, y = landmarks[[7, 8], :2].mean(0)
    cv2.circle(drawn, (round(float(x)), round(float(y))), round(13 * thick), 1, -1)
    return drawn
