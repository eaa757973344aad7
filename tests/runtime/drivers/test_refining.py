from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.drivers.figure import JOINTS
from bunraku.runtime.drivers.refining import MOST_PX, Refiner
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

SHAPE = 256, 256
TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]


def cloth(seed: int) -> Picture:
    """Soft blobs, of which each place looks otherwise."""
    noise = np.random.default_rng(seed).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(noise, SHAPE, interpolation=cv2.INTER_CUBIC), np.uint8)


def pose_of() -> Pose:
    mask = np.zeros(SHAPE, np.float32)
    mask[15:240, 70:186] = 1.0
    return standing(20.0, 210.0, 128.0, SHAPE, mask)


def moved(picture: Picture, x: float, y: float) -> Picture:
    shift = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    warped = cv2.warpAffine(picture, shift, SHAPE, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(warped, np.uint8)


def learnt() -> Refiner:
    refiner = Refiner()
    refiner.learn(cloth(0), pose_of())
    return refiner


def moves(refiner: Refiner, frame: Picture) -> Array:
    """``[33, 2]``: by how much a pose that says nothing has moved is corrected."""
    pose = pose_of()
    return np.asarray((refiner.refine(frame, pose).landmarks - pose.landmarks)[:, :2], np.float32)


def test_the_driver_of_the_calibration_is_where_they_are() -> None:
    assert np.abs(moves(learnt(), cloth(0))).max() < 0.02


@pytest.mark.parametrize("apart", [(1.5, 1.0), (-3.0, 2.0)])
def test_joints_go_where_their_pixels_have_gone(apart: tuple[float, float]) -> None:
    found = moves(learnt(), moved(cloth(0), *apart))
    assert np.allclose(found[TRUNK], apart, atol=0.4)
    assert np.allclose(found[list(JOINTS)].mean(0), apart, atol=0.6)


def test_heads_and_hands_stay_where_their_networks_have_them() -> None:
    found = moves(learnt(), moved(cloth(0), 2.0, 1.0))
    assert not found[[*HEAD, LEFT_WRIST, RIGHT_WRIST, *LEFT_HAND]].any()


def test_brighter_light_is_no_movement() -> None:
    dark = moved(cloth(0) // 2 + 60, 2.0, 1.0)
    refiner = Refiner()
    refiner.learn(cloth(0) // 2 + 60, pose_of())
    assert np.allclose(moves(refiner, dark + np.uint8(12))[TRUNK], (2.0, 1.0), atol=0.4)


def test_who_looks_otherwise_is_left_to_the_network() -> None:
    assert np.abs(moves(learnt(), cloth(7))[TRUNK]).max() < 0.2


def test_no_joint_is_moved_far() -> None:
    assert np.abs(moves(learnt(), moved(cloth(0), 12.0, 0.0))).max() <= MOST_PX * 1.1


def test_a_driver_who_is_gone_and_comes_back_is_refined_as_before() -> None:
    refiner, frame = learnt(), moved(cloth(0), 2.0, -1.0)
    first = moves(refiner, frame)
    moves(refiner, cloth(7))
    moves(refiner, np.zeros((*SHAPE, 3), np.uint8))
    assert np.array_equal(moves(refiner, frame), first)


def test_frames_of_another_size_are_as_good() -> None:
    large = np.asarray(cv2.resize(moved(cloth(0), 2.0, 1.0), (512, 512)), np.uint8)
    pose = pose_of()
    landmarks = pose.landmarks.copy()
    landmarks[:, :2] = (landmarks[:, :2] + 0.5) * 2.0 - 0.5
    doubled = replace(pose, landmarks=landmarks)
    found = learnt().refine(large, doubled).landmarks - landmarks
    assert np.allclose(found[TRUNK, :2], (4.0, 2.0), atol=0.9)


def test_frames_of_another_shape_are_not_looked_at() -> None:
    pose = pose_of()
    assert learnt().refine(np.zeros((256, 400, 3), np.uint8), pose) is pose


def test_nothing_is_refined_before_a_calibration_or_after_one_without_a_mask() -> None:
    pose = pose_of()
    assert Refiner().refine(cloth(0), pose) is pose
    refiner = learnt()
    refiner.learn(cloth(0), replace(pose, mask=None))
    assert refiner.refine(cloth(0), pose) is pose
    refiner = learnt()
    refiner.reset()
    assert refiner.refine(cloth(0), pose) is pose


def test_a_driver_without_any_texture_teaches_nothing() -> None:
    refiner, pose = Refiner(), pose_of()
    refiner.learn(np.full((*SHAPE, 3), 90, np.uint8), pose)
    assert refiner.refine(cloth(0), pose) is pose


def test_a_driver_partly_out_of_the_frame_does_no_harm() -> None:
    pose = pose_of()
    landmarks = pose.landmarks.copy()
    landmarks[:, 0] += 150.0
    refined = learnt().refine(cloth(0), replace(pose, landmarks=landmarks))
    assert np.abs(refined.landmarks - landmarks).max() <= MOST_PX * 1.1
    landmarks[:, 0] += 500.0
    assert np.array_equal(
        learnt().refine(cloth(0), replace(pose, landmarks=landmarks)).landmarks, landmarks
    )
