from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.training.people.body import BodyModel
from bunraku.training.people.motion import Motion, read_amc, read_bvh
from bunraku.training.people.poses import (
    Skeleton,
    between,
    face_front,
    move_head,
    move_torso,
    retarget,
    stand,
    turn,
)


@pytest.fixture(scope="module")
def skeleton(body: BodyModel) -> Skeleton:
    return Skeleton(body, body.neutral[1])


def assert_rotations(pose: np.ndarray) -> None:
    assert np.allclose(pose @ pose.transpose(0, 2, 1), np.eye(3), atol=1e-6)
    assert np.allclose(np.linalg.det(pose), 1)


def test_between_brings_one_direction_to_the_other(rng: np.random.Generator) -> None:
    for _ in range(20):
        a, b = rng.normal(size=(2, 3))
        assert np.allclose(between(a, b) @ a / np.linalg.norm(a), b / np.linalg.norm(b))
    flipped = between(np.array([0, 0, 1.0]), np.array([0, 0, -1.0]))
    assert np.allclose(flipped @ [0, 0, 1], [0, 0, -1])


def test_rest_pose_leaves_the_joints_in_place(skeleton: Skeleton) -> None:
    transforms, places = skeleton.place(skeleton.rest_pose(), skeleton.joints[0])
    assert np.allclose(places, skeleton.joints, atol=1e-6)
    assert np.allclose(transforms[:, :, 3], 0, atol=1e-6)


def test_bones_keep_their_length_in_any_pose(skeleton: Skeleton, rng: np.random.Generator) -> None:
    pose = stand(skeleton, rng)
    move_torso(skeleton, pose, rng, 1.0)
    move_head(skeleton, pose, rng, 1.0)
    assert_rotations(pose)
    _, places = skeleton.place(pose, np.zeros(3))
    parents = skeleton.body.parents
    for i in range(1, len(places)):
        length = np.linalg.norm(places[i] - places[parents[i]])
        rest = np.linalg.norm(skeleton.joints[i] - skeleton.joints[parents[i]])
        assert length == pytest.approx(float(rest), abs=1e-6)


def test_mocap_limbs_point_where_the_recorded_ones_did(skeleton: Skeleton, assets: Path) -> None:
    folder = assets / "cmu_mocap/02"
    motion = read_amc(folder / "02_05.amc.gz", folder / "02.asf.gz")
    pose = retarget(skeleton, motion, 3)
    assert_rotations(pose)
    _, places = skeleton.place(pose, np.zeros(3))

    def direction(start: str, end: str) -> np.ndarray:
        vector = places[skeleton.body.bone(end)] - places[skeleton.body.bone(start)]
        return np.asarray(vector / np.linalg.norm(vector))

    for segment, start, end in (("lradius", "lowerarm01.L", "wrist.L"),
                                ("rtibia", "lowerleg01.R", "foot.R")):  # fmt: skip
        recorded = motion.rotations[segment][3] @ motion.directions[segment]
        assert direction(start, end) @ (recorded / np.linalg.norm(recorded)) > 0.995


def test_files_of_the_same_skeleton_are_copied(skeleton: Skeleton, assets: Path) -> None:
    motion = read_bvh(assets / "makehuman/poses/standing01.bvh")
    pose = retarget(skeleton, motion, 0)
    assert_rotations(pose)
    index = skeleton.body.bone("upperarm01.L")
    assert np.allclose(pose[index], motion.rotations["upperarm01.L"][0])


def test_motion_of_something_else_is_refused(skeleton: Skeleton) -> None:
    tail = Motion({"Tail": np.eye(3)[None]}, {"Tail": np.array([0, 1.0, 0])}, np.zeros((1, 3)), 0.1)
    with pytest.raises(InputError, match="has no segments for root"):
        retarget(skeleton, tail, 0)


def test_face_front_turns_the_hips_to_the_camera(skeleton: Skeleton) -> None:
    pose = turn(np.array([0, 0, 1.0]), 2.0) @ skeleton.rest_pose()
    ahead = face_front(pose)[0] @ [0, -1.0, 0]
    assert np.allclose(ahead, [0, -1, 0])
