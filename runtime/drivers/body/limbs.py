"""The limbs that landmarks pose: from which point to which, and how far a joint lets them twist."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LANDMARKS,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
)
from bunraku.spec.skeleton import BODY_BONES, PARENT, BodyBone

FORESHORTENED = 0.48
"""Of a limb's length: one of which less lies in the picture points at the camera, or from it."""
HAND_ENDS = LANDMARKS, LANDMARKS + 1
"""Numbers of the two points that are added to the landmarks: the middles of the knuckles."""
_TOES = 31


class Joint(NamedTuple):
    """A bone that swings from its parent, on the left; the right one is the next in both lists."""

    bone: BodyBone
    start: int
    """Number of the point (``with_hands``) where it begins."""
    end: int
    twist_deg: float
    """How far it may be turned about itself to face the camera; 180 is free."""


LEVELS = (
    (
        Joint(BodyBone.UPPER_ARM_L, LEFT_SHOULDER, LEFT_ELBOW, 110.0),
        Joint(BodyBone.THIGH_L, LEFT_HIP, LEFT_KNEE, 80.0),
    ),
    (
        Joint(BodyBone.FOREARM_L, LEFT_ELBOW, LEFT_WRIST, 180.0),
        Joint(BodyBone.SHIN_L, LEFT_KNEE, LEFT_ANKLE, 180.0),
    ),
    (
        Joint(BodyBone.HAND_L, LEFT_WRIST, HAND_ENDS[0], 180.0),
        Joint(BodyBone.FOOT_L, LEFT_ANKLE, _TOES, 80.0),
    ),
)
"""From the trunk outwards."""


class JointArrays(NamedTuple):
    """Joints of both sides, as arrays."""

    bones: NDArray[np.intp]
    parents: NDArray[np.intp]
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]

    @classmethod
    def of(cls, joints: tuple[Joint, ...]) -> JointArrays:
        """Left and right of each."""
        pairs = [(j.bone + side, j.start + side, j.end + side) for j in joints for side in (0, 1)]
        bones, starts, ends = (np.array(column) for column in zip(*pairs, strict=True))
        return cls(bones, np.array([PARENT[bone] for bone in bones]), starts, ends)


LIMB_LEVELS = tuple(JointArrays.of(joints) for joints in LEVELS)
LIMBS = JointArrays.of(tuple(joint for joints in LEVELS for joint in joints))
"""All of them, in the order of ``LEVELS``."""
TWISTS = np.deg2rad([j.twist_deg for joints in LEVELS for j in joints for _ in (0, 1)])
"""Radians, of ``LIMBS``."""


def with_hands(landmarks: Array) -> Vectors:
    """``[35, 3]``: the landmarks' places, then the middle of each hand's knuckles."""
    points = np.empty((LANDMARKS + 2, 3))
    points[:LANDMARKS] = landmarks[:, :3]
    for end, (little, index, _) in zip(HAND_ENDS, (LEFT_HAND, RIGHT_HAND), strict=True):
        points[end] = 0.5 * (points[little] + points[index])
    return points


def in_picture(bones: Vectors) -> Vectors:
    """``[...]`` in [0, 1]: how much of the length of bones ``[..., 3]`` lies in the picture."""
    length = np.linalg.norm(bones, axis=-1)
    return np.asarray(np.linalg.norm(bones[..., :2], axis=-1) / np.maximum(length, 1e-6))


def down_the_limbs(belief: Array) -> Vectors:
    """``[35]``: no point is believed more than what it hangs on."""
    result = np.empty(LANDMARKS + 2)
    result[:LANDMARKS] = belief
    for end, (little, index, _) in zip(HAND_ENDS, (LEFT_HAND, RIGHT_HAND), strict=True):
        result[end] = max(result[little], result[index])
    for level in LIMB_LEVELS:
        result[level.ends] = np.minimum(result[level.ends], result[level.starts])
    return result


def within(twists: Vectors) -> Vectors:
    """Twists as far as the joints of ``LIMBS`` let them.

    One that is wanted far beyond fades back to nothing towards half a turn, where it may as well
    be wanted the other way round: so it never jumps.
    """
    size = np.abs(twists)
    beyond = np.maximum(np.pi - size, 0.0) / np.maximum(np.pi - TWISTS, 1e-6)
    held = np.sign(twists) * TWISTS * np.minimum(beyond, 1.0)
    return np.where((size <= TWISTS) | (np.pi - 1e-3 < TWISTS), twists, held)


def _posed(bone: BodyBone) -> int:
    parent = PARENT[bone]
    return int(bone) if bone < BODY_BONES or parent is None else _posed(parent)


POSED_BY = np.array([_posed(bone) for bone in BodyBone])
"""Which of the bones that landmarks pose carries each: fingers go with their hand."""
