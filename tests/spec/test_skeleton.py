from __future__ import annotations

import numpy as np

from bunraku.spec.skeleton import (
    ADJACENT,
    BODY_BONES,
    BONES,
    FINGERS,
    JOINTS,
    MIRRORED_BONES,
    PARENT,
    BodyBone,
    finger_bone,
)


def test_bones_are_numbered_without_gaps_and_fingers_come_last() -> None:
    assert [bone.value for bone in BodyBone] == list(range(BONES))
    assert BONES == BODY_BONES + 2 * FINGERS * JOINTS == 45
    assert finger_bone(0, 0, 0) == BodyBone.THUMB_1_L == BODY_BONES
    assert finger_bone(1, 1, 2) == BodyBone.INDEX_3_R
    assert finger_bone(1, 4, 2) == BodyBone.LITTLE_3_R == BONES - 1


def test_all_hang_on_the_pelvis_and_parents_come_first() -> None:
    assert PARENT[BodyBone.PELVIS] is None
    for bone in list(BodyBone)[1:]:
        parent = PARENT[bone]
        assert parent is not None
        assert parent < bone
    assert PARENT[BodyBone.FOOT_R] == BodyBone.SHIN_R
    assert PARENT[BodyBone.UPPER_ARM_R] == BodyBone.CHEST
    assert PARENT[BodyBone.THIGH_R] == BodyBone.PELVIS
    assert PARENT[BodyBone.MIDDLE_1_R] == BodyBone.HAND_R
    assert PARENT[BodyBone.MIDDLE_3_L] == BodyBone.MIDDLE_2_L


def test_a_mirror_exchanges_the_sides() -> None:
    for bone in BodyBone:
        mirrored = MIRRORED_BONES[bone]
        assert MIRRORED_BONES[mirrored] == bone
        swapped = {"L": "R", "R": "L"}.get(bone.name[-1]) if bone.name[-2] == "_" else None
        assert mirrored.name == (bone.name if swapped is None else bone.name[:-1] + swapped)
        parent = PARENT[bone]
        assert PARENT[mirrored] == (None if parent is None else MIRRORED_BONES[parent])


def test_neighbours_are_parents_and_what_lies_together() -> None:
    table = np.array(ADJACENT)
    assert (table == table.T).all()
    assert table.diagonal().all()
    assert table[BodyBone.CHEST, BodyBone.THIGH_L]
    assert table[BodyBone.THIGH_L, BodyBone.THIGH_R]
    assert table[BodyBone.HAND_L, BodyBone.RING_1_L]
    assert not table[BodyBone.INDEX_2_L, BodyBone.MIDDLE_2_L]
    assert not table[BodyBone.FOREARM_L, BodyBone.CHEST]
    assert not table[BodyBone.HAND_L, BodyBone.HAND_R]
    assert table.sum() == BONES + 2 * (BONES - 1) + 6
