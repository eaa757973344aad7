from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.anatomy import (
    GROUPS,
    LANDMARK_BONES,
    LANDMARK_PARTS,
    PARTS,
    Anatomy,
    group_of_bone,
)

# DensePose: https://github.com/facebookresearch/DensePose, "the 24 parts"; feet as its data have.
SIDES = {
    "left": (4, 5, 8, 10, 12, 14, 15, 17, 19, 21, 24),
    "right": (3, 6, 7, 9, 11, 13, 16, 18, 20, 22, 23),
}


def parts_of_skin(anatomy: Anatomy) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    used = np.unique(anatomy.body.faces)
    points = anatomy.body.neutral[0][used]
    groups = anatomy.group_weights(anatomy.body.weights[used].toarray()).argmax(1)
    return points, *anatomy.uv(groups, points)


def test_every_part_occurs_once_in_the_table() -> None:
    assert sorted({part for pair in PARTS for part in pair}) == list(range(1, 25))


@pytest.mark.parametrize(("side", "sign"), [("left", 1), ("right", -1)])
def test_parts_lie_on_their_own_side_of_the_body(anatomy: Anatomy, side: str, sign: int) -> None:
    points, part, _, _ = parts_of_skin(anatomy)
    for number in SIDES[side]:
        own = points[part == number, 0] * sign
        assert len(own) > 20, number
        assert np.mean(own > -0.01) > 0.97, number


@pytest.mark.parametrize(
    ("back", "front"),
    [(1, 2), (7, 9), (8, 10), (11, 13), (12, 14), (17, 15), (18, 16), (21, 19), (22, 20)],
)
def test_back_parts_lie_behind_front_parts(anatomy: Anatomy, back: int, front: int) -> None:
    points, part, _, _ = parts_of_skin(anatomy)
    assert points[part == back, 1].mean() > points[part == front, 1].mean() + 0.02


def test_hands_and_feet_have_the_numbers_of_densepose(anatomy: Anatomy) -> None:
    points, part, _, _ = parts_of_skin(anatomy)
    joints = anatomy.body.neutral[1]
    for number, bone in ((3, "finger3-1.R"), (4, "finger3-1.L"), (5, "toe2-1.L"), (6, "toe2-1.R")):
        place = joints[anatomy.body.bone(bone)]
        near = np.linalg.norm(points - place, axis=1) < 0.04
        assert np.mean(part[near] == number) > 0.95, bone


def test_u_and_v_fill_their_range(anatomy: Anatomy) -> None:
    _, part, u, v = parts_of_skin(anatomy)
    for number in range(1, 25):
        own = part == number
        for values in (u[own], v[own]):
            assert values.min() >= 0
            assert values.max() <= 1
        assert np.ptp(u[own]) > 0.7, number
        assert np.ptp(v[own]) > 0.7, number


def test_v_runs_away_from_the_torso(anatomy: Anatomy) -> None:
    body = anatomy.body
    for name, start, end in (("upper leg.L", "upperleg01.L", "lowerleg01.L"),
                             ("lower arm.R", "lowerarm01.R", "wrist.R")):  # fmt: skip
        group = np.full(2, GROUPS.index(name))
        ends = body.neutral[1][[body.bone(start), body.bone(end)]]
        _, _, v = anatomy.uv(group, ends)
        assert v[0] < 0.3
        assert v[1] > 0.9


def test_bones_belong_to_the_group_of_their_name() -> None:
    assert GROUPS[group_of_bone("finger2-1.L")] == "hand.L"
    assert GROUPS[group_of_bone("upperarm02.R")] == "upper arm.R"
    assert GROUPS[group_of_bone("neck02")] == "head"
    assert GROUPS[group_of_bone("clavicle.L")] == "torso"


def test_landmarks_are_complete_and_on_their_side(anatomy: Anatomy) -> None:
    assert sorted(LANDMARK_PARTS) == list(range(33))
    assert sorted([*anatomy.landmark_vertices, *LANDMARK_BONES]) == list(range(33))
    vertices, joints = anatomy.body.neutral
    x = np.zeros(33)
    for index, vertex in anatomy.landmark_vertices.items():
        x[index] = vertices[vertex, 0]
    for index, bone in LANDMARK_BONES.items():
        x[index] = joints[anatomy.body.bone(bone), 0]
    # BlazePose: 1-3 left eye, 4-6 right eye, then odd numbers left and even numbers right.
    left, right = [1, 2, 3, 7, 9, *range(11, 33, 2)], [4, 5, 6, 8, 10, *range(12, 33, 2)]
    assert (x[left] > 0).all()
    assert (x[right] < 0).all()
    assert abs(x[0]) < 0.005
    assert x[1] < x[2] < x[3] < x[7]  # inner eye, eye, outer eye, ear


def test_face_landmarks_sit_where_they_are_called(anatomy: Anatomy) -> None:
    vertices = anatomy.body.neutral[0]
    at = {index: vertices[vertex] for index, vertex in anatomy.landmark_vertices.items()}
    assert at[2][2] > at[0][2] > at[9][2]  # eyes above the nose above the mouth
    assert at[0][1] == min(at[index][1] for index in range(11))  # the nose is foremost
    assert at[7][1] > at[3][1] + 0.05  # ears lie behind the eyes
    assert at[29][2] < vertices[np.unique(anatomy.body.faces), 2].min() + 0.12  # the heel
