"""How far head and trunk of somebody are turned to the side, and both turned from there.

Convention: points are rows of x right, y down, z away from the camera; angles are in radians about
the upright, 0 of who faces the camera.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.trunk import middle_of, trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LANDMARKS, LEFT_EAR, RIGHT_EAR, SHOULDERS

_UP = np.array([[0.0, 1.0, 0.0]])
_EARS = [LEFT_EAR, RIGHT_EAR]
_HEAD = np.isin(np.arange(LANDMARKS), HEAD)


def trunk_turn(points: Array | Vectors) -> float:
    """:param points: ``[33 or more, 3 or 4]``."""
    away = trunk_frames(points[:, :3].astype(np.float64))[0][:, 2]
    return math.atan2(away[0], away[2])


def head_turn(points: Array | Vectors) -> float:
    """:param points: ``[33 or more, 3 or 4]``."""
    across = points[LEFT_EAR, :3] - points[RIGHT_EAR, :3]
    return math.atan2(-across[2], across[0])


def turn_trunk(landmarks: Array, hands: HandPoses, angle: float) -> tuple[Array, HandPoses]:
    """Landmarks ``[33, 4]`` and hands with all but the head turned about the shoulders' middle."""
    turn = _rotation(angle)
    left, right = (_in_turn(hand, turn) for hand in hands)
    return _turned(landmarks, ~_HEAD, SHOULDERS, turn), (left, right)


def turn_head(landmarks: Array, angle: float) -> Array:
    """Landmarks ``[33, 4]`` with the head turned about the middle of its ears."""
    return _turned(landmarks, _HEAD, _EARS, _rotation(angle))


def _rotation(angle: float) -> Vectors:
    return np.asarray(about(_UP, np.array([angle]))[0])


def _turned(points: Array, which: NDArray[np.bool_], around: list[int], turn: Vectors) -> Array:
    """Some of the landmarks turned about the middle of two."""
    result, middle = points.copy(), middle_of(points, around)
    result[which, :3] = (points[which, :3] - middle) @ turn.T + middle
    return result


def _in_turn(hand: HandPose | None, turn: Vectors) -> HandPose | None:
    return None if hand is None else replace(hand, palm=turn @ hand.palm)
