"""People made by code for tests of the body: landmarks in pixels of a window."""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Array

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


def with_arm_raised(landmarks: Array, turn_deg: float = 140.0) -> Array:
    """The left arm turned in the picture about its shoulder, upwards from hanging."""
    result = landmarks.copy()
    angle = np.deg2rad(-turn_deg)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    arm = [13, 15, 17, 19, 21]
    result[arm, :2] = (landmarks[arm, :2] - landmarks[11, :2]) @ turn.T + landmarks[11, :2]
    return result
