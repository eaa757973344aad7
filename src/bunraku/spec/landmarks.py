"""BlazePose's 33 landmarks: their numbers, the bones between them, and what moves with what."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

LANDMARKS = 33
VISIBLE = 0.5
"""Visibility from which a landmark is taken to be in the picture."""

NOSE = 0
LEFT_EYE, RIGHT_EYE = 2, 5
LEFT_EAR, RIGHT_EAR = 7, 8
MOUTH = (9, 10)
"""Its corners, the left one first."""
LEFT_SHOULDER, RIGHT_SHOULDER = 11, 12
LEFT_ELBOW, RIGHT_ELBOW = 13, 14
LEFT_WRIST, RIGHT_WRIST = 15, 16
LEFT_HIP, RIGHT_HIP = 23, 24
LEFT_KNEE, RIGHT_KNEE = 25, 26
LEFT_ANKLE, RIGHT_ANKLE = 27, 28

HEAD = tuple(range(11))
LEFT_HAND, RIGHT_HAND = (17, 19, 21), (18, 20, 22)
LEFT_FOOT, RIGHT_FOOT = (29, 31), (30, 32)
LEFT_ARM = (LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND)
RIGHT_ARM = (RIGHT_ELBOW, RIGHT_WRIST, *RIGHT_HAND)
LEFT_LEG = (LEFT_KNEE, LEFT_ANKLE, *LEFT_FOOT)
RIGHT_LEG = (RIGHT_KNEE, RIGHT_ANKLE, *RIGHT_FOOT)
"""What a shoulder carries, and a hip."""
FEET = (LEFT_ANKLE, RIGHT_ANKLE, *LEFT_FOOT, *RIGHT_FOOT)

SHOULDERS, HIPS = [LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP]
TRUNK = [*SHOULDERS, *HIPS]
"""The trunk's corners, as lists: arrays are read at them."""

MIRRORED = (NOSE, 4, 5, 6, 1, 2, 3, *(7 + (i ^ 1) for i in range(26)))
"""Which landmark takes the place of each in a mirror: left and right exchanged."""


class Bone(StrEnum):
    """Lengths that differ from person to person; left and right share one."""

    TORSO = "torso"
    SHOULDERS = "shoulders"
    HIPS = "hips"
    NECK = "neck"
    HEAD = "head"
    UPPER_ARM = "upper_arm"
    FOREARM = "forearm"
    THIGH = "thigh"
    SHIN = "shin"


class Limb(NamedTuple):
    """A bone from one landmark to the next, and what hangs rigidly on its far end."""

    bone: Bone
    start: int
    end: int
    carried: tuple[int, ...]


LIMBS = (
    Limb(Bone.UPPER_ARM, LEFT_SHOULDER, LEFT_ELBOW, ()),
    Limb(Bone.UPPER_ARM, RIGHT_SHOULDER, RIGHT_ELBOW, ()),
    Limb(Bone.FOREARM, LEFT_ELBOW, LEFT_WRIST, LEFT_HAND),
    Limb(Bone.FOREARM, RIGHT_ELBOW, RIGHT_WRIST, RIGHT_HAND),
    Limb(Bone.THIGH, LEFT_HIP, LEFT_KNEE, ()),
    Limb(Bone.THIGH, RIGHT_HIP, RIGHT_KNEE, ()),
    Limb(Bone.SHIN, LEFT_KNEE, LEFT_ANKLE, LEFT_FOOT),
    Limb(Bone.SHIN, RIGHT_KNEE, RIGHT_ANKLE, RIGHT_FOOT),
)
"""From the trunk outwards: a limb's start is in place before the limb is moved."""
