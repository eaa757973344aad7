"""The skeleton of the posed body: its bones, which hangs on which, and which touch.

Bones of the left side have the odd numbers above HEAD's, those of the right the even ones after
them. Left is the person's own left.
"""

from __future__ import annotations

from enum import IntEnum


class BodyBone(IntEnum):
    """The bones, the trunk first, then limbs and fingers in pairs."""

    PELVIS = 0
    CHEST = 1
    HEAD = 2
    UPPER_ARM_L = 3
    UPPER_ARM_R = 4
    FOREARM_L = 5
    FOREARM_R = 6
    HAND_L = 7
    HAND_R = 8
    THIGH_L = 9
    THIGH_R = 10
    SHIN_L = 11
    SHIN_R = 12
    FOOT_L = 13
    FOOT_R = 14
    THUMB_1_L = 15
    THUMB_1_R = 16
    THUMB_2_L = 17
    THUMB_2_R = 18
    THUMB_3_L = 19
    THUMB_3_R = 20
    INDEX_1_L = 21
    INDEX_1_R = 22
    INDEX_2_L = 23
    INDEX_2_R = 24
    INDEX_3_L = 25
    INDEX_3_R = 26
    MIDDLE_1_L = 27
    MIDDLE_1_R = 28
    MIDDLE_2_L = 29
    MIDDLE_2_R = 30
    MIDDLE_3_L = 31
    MIDDLE_3_R = 32
    RING_1_L = 33
    RING_1_R = 34
    RING_2_L = 35
    RING_2_R = 36
    RING_3_L = 37
    RING_3_R = 38
    LITTLE_1_L = 39
    LITTLE_1_R = 40
    LITTLE_2_L = 41
    LITTLE_2_R = 42
    LITTLE_3_L = 43
    LITTLE_3_R = 44


TRUNK_BONES = BodyBone.PELVIS, BodyBone.CHEST
ARM_BONES = BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L
WHOLE_ARM = *ARM_BONES, BodyBone.HAND_L
"""The left one's, from the shoulder outwards; with 1 added they are the right one's."""

BONES = len(BodyBone)
FINGERS = 5
"""Of a hand, the thumb first."""
JOINTS = 3
"""Bones of a finger, from the hand outwards."""
SIDES = 2
"""Left, then right."""
BODY_BONES = 15
"""Bones without those of the fingers, which come last."""


def finger_bone(side: int, finger: int, joint: int) -> BodyBone:
    """The bone of a finger.

    :param side: 0 left, 1 right. :param finger: 0 thumb to 4 little finger.
    :param joint: 0 next to the hand to 2 at the tip.
    """
    return BodyBone(BODY_BONES + SIDES * (JOINTS * finger + joint) + side)


def _mirrored(bone: BodyBone) -> BodyBone:
    if bone <= BodyBone.HEAD:
        return bone
    return BodyBone(bone + 1 if bone % 2 else bone - 1)


MIRRORED_BONES = tuple(_mirrored(bone) for bone in BodyBone)
"""Which bone takes the place of each in a mirror."""

_HANGS_ON = {
    BodyBone.CHEST: BodyBone.PELVIS,
    BodyBone.HEAD: BodyBone.CHEST,
    BodyBone.UPPER_ARM_L: BodyBone.CHEST,
    BodyBone.FOREARM_L: BodyBone.UPPER_ARM_L,
    BodyBone.HAND_L: BodyBone.FOREARM_L,
    BodyBone.THIGH_L: BodyBone.PELVIS,
    BodyBone.SHIN_L: BodyBone.THIGH_L,
    BodyBone.FOOT_L: BodyBone.SHIN_L,
}


def _parent(bone: BodyBone) -> BodyBone | None:
    if bone == BodyBone.PELVIS:
        return None
    if bone >= BODY_BONES:
        side, joint = (bone - BODY_BONES) % SIDES, (bone - BODY_BONES) // SIDES % JOINTS
        first = (BodyBone.HAND_L, BodyBone.HAND_R)[side]
        return BodyBone(bone - SIDES) if joint else first
    left = _HANGS_ON.get(bone)
    return left if left is not None else MIRRORED_BONES[_HANGS_ON[MIRRORED_BONES[bone]]]


PARENT = tuple(_parent(bone) for bone in BodyBone)
"""Which bone each hangs on; None for the pelvis. A parent always has the smaller number."""

_TOUCHING = (
    (BodyBone.CHEST, BodyBone.THIGH_L),  # where the trunk bends, the belly lies on the thighs
    (BodyBone.CHEST, BodyBone.THIGH_R),
    (BodyBone.THIGH_L, BodyBone.THIGH_R),
)


def _adjacent(one: BodyBone, other: BodyBone) -> bool:
    joined = one == other or PARENT[one] == other or PARENT[other] == one
    return joined or (one, other) in _TOUCHING or (other, one) in _TOUCHING


ADJACENT = tuple(tuple(_adjacent(one, other) for other in BodyBone) for one in BodyBone)
"""Whether the skin goes over from one bone to the other without a gap; each touches itself."""
