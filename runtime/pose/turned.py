"""People who do not stand upright in a picture: by how many right angles, and the picture turned.

All networks behind the pose suppose an upright person. A picture whose person hangs, lies or was
filmed with the camera on its side is turned for them, and what comes out is turned back.

Turns are clockwise, in degrees: 0, 90, 180 or 270. Pixels count from the centre of the top-left
pixel.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bunraku.runtime.pose.landmarks import Pose
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_HIP,
    LEFT_KNEE,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_HIP,
    RIGHT_KNEE,
    VISIBLE,
)

LEANING_DEG = 60.0
"""Up to here a person leans; beyond, the picture or the person is turned."""
STANDING_DEG = 50.0
"""Whose legs and shins point down as much as this stands or sits, however low the trunk bends."""
SHORTENED = 0.5
"""A trunk that the picture shows shorter than this share of its length points at the camera: its
direction in the picture says nothing."""


class Upright(NamedTuple):
    """A picture turned so that its person is upright."""

    picture: Picture
    pose: Pose
    """In pixels of this picture."""
    turned_deg: int
    """How far the person was turned, clockwise; the picture is turned back by as much."""


def observe_upright(picture: Picture, observe: Callable[[Picture], Pose | None]) -> Upright | None:
    """Find a picture's person, and look again at the picture turned if it is not upright.

    :param observe: finds the person of a still picture, however it is turned.
    :return: None if nobody was found.
    """
    pose = observe(picture)
    if pose is None:
        return None
    turned_deg = degrees_turned(pose)
    if turned_deg:
        upright = turn_picture(picture, upright_by(turned_deg))
        again = observe(upright)
        if again is not None and not degrees_turned(again):
            return Upright(upright, again, turned_deg)
    return Upright(picture, pose, 0)


def degrees_turned(pose: Pose) -> int:
    """How far a person is turned from upright, clockwise, to the nearest right angle.

    From the hips to the head; a person who stands on the feet and bends down is upright.
    """
    up = _middle(pose.landmarks, LEFT_EAR, RIGHT_EAR) - _middle(pose.landmarks, LEFT_HIP, RIGHT_HIP)
    angle = _clockwise_deg(up)
    if abs(angle) <= LEANING_DEG or _points_at_camera(pose) or _stands(pose):
        return 0
    return round(angle / 90.0) * 90 % 360


def upright_by(turned_deg: int) -> int:
    """The turn that takes back another."""
    return -turned_deg % 360


def turned_words(turned_deg: int) -> str:
    """How to tell it: "is upside down", "lies on the side, turned by 90 degrees"."""
    if turned_deg == 180:
        return "is upside down"
    return f"lies on the side, turned by {turned_deg} degrees"


def turn_picture(picture: Picture, degrees: int) -> Picture:
    """A picture ``[H,W,...]`` turned clockwise; itself if there is nothing to turn."""
    if degrees % 360 == 0:
        return picture
    return np.ascontiguousarray(np.rot90(picture, -(degrees // 90)))


def turn_points(points: Array, degrees: int, shape: tuple[int, ...]) -> Array:
    """Where points ``[N, 2 or more]`` (x, y, ...) of a picture lie once it is turned.

    :param shape: of the picture before: height, width, ...
    """
    result = points.copy()
    height, width = shape[:2]
    x, y = points[:, 0], points[:, 1]
    if degrees % 360 == 90:
        result[:, 0], result[:, 1] = height - 1 - y, x
    elif degrees % 360 == 180:
        result[:, 0], result[:, 1] = width - 1 - x, height - 1 - y
    elif degrees % 360 == 270:
        result[:, 0], result[:, 1] = y, width - 1 - x
    return result


def turn_box(
    box: tuple[int, int, int], degrees: int, shape: tuple[int, ...]
) -> tuple[int, int, int]:
    """Where a square (left, top, side) of a picture lies once it is turned; see ``turn_points``."""
    left, top, side = box
    height, width = shape[:2]
    right, bottom = width - left - side, height - top - side
    left, top = {90: (bottom, left), 180: (right, bottom), 270: (top, right)}.get(
        degrees % 360, (left, top)
    )
    return left, top, side


def _stands(pose: Pose) -> bool:
    if (pose.landmarks[[LEFT_ANKLE, RIGHT_ANKLE], 3] < VISIBLE).all():
        return False
    ankles = _middle(pose.landmarks, LEFT_ANKLE, RIGHT_ANKLE)
    above = ((LEFT_HIP, RIGHT_HIP), (LEFT_KNEE, RIGHT_KNEE))
    return all(
        abs(_clockwise_deg(_middle(pose.landmarks, *pair) - ankles)) <= STANDING_DEG
        for pair in above
    )


def _points_at_camera(pose: Pose) -> bool:
    up = _middle(pose.world, LEFT_EAR, RIGHT_EAR) - _middle(pose.world, LEFT_HIP, RIGHT_HIP)
    return float(np.linalg.norm(up[:2])) < SHORTENED * float(np.linalg.norm(up[:3]))


def _middle(points: Array, left: int, right: int) -> Array:
    return np.asarray((points[left] + points[right]) * np.float32(0.5))


def _clockwise_deg(up: Array) -> float:
    return math.degrees(math.atan2(float(up[0]), -float(up[1])))
