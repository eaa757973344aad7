from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import SKELETON, standing

from bunraku.runtime.drivers.landmarks.retarget import (
    RATIO_MAX,
    RATIO_MIN,
    proportions,
    ratios,
    retarget,
)
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EAR, LEFT_ELBOW, LEFT_WRIST, LIMBS, RIGHT_EAR, Bone


def posed(world: Array, scale: float = 400.0, pixels: Array | None = None) -> Pose:
    """A body of ``[33, 3]`` metres, seen whole by a camera of so many pixels a metre."""
    landmarks = np.ones((33, 4), np.float32)
    landmarks[:, :3] = world * scale if pixels is None else pixels
    return Pose(landmarks, world, 1.0, None)


def body(**scales: float) -> Array:
    """``[33, 4]`` in units: the skeleton with some bones of another length, and some depth."""
    points = np.zeros((33, 4), np.float32)
    points[:, :2] = SKELETON * 0.8 + np.array([0.5, 0.1], np.float32)
    points[:, 2] = np.linspace(-0.1, 0.1, 33)
    points[:, 3] = np.linspace(0.5, 1.0, 33)
    stretch = dict.fromkeys(Bone, 1.0) | {Bone(b): s for b, s in scales.items()}
    return retarget(points, stretch)


def test_ratios_of_one_are_the_identity() -> None:
    points = body()
    assert np.allclose(retarget(points, dict.fromkeys(Bone, 1.0)), points, atol=1e-6)


def test_the_same_person_needs_no_stretching() -> None:
    own = proportions(posed(body()[:, :3]))
    assert set(own) == set(Bone)
    assert all(r == 1.0 for r in ratios(own, own).values())


def test_the_driver_gets_the_sources_lengths() -> None:
    source, driver = body(thigh=1.2, forearm=0.9, neck=1.1, shoulders=0.95), body()
    own, other = proportions(posed(source[:, :3])), proportions(posed(driver[:, :3]))
    stretch = ratios(own, other)
    assert stretch[Bone.THIGH] == pytest.approx(1.2, rel=1e-4)
    moved = retarget(driver, stretch)
    result = proportions(posed(moved[:, :3]))
    for bone in Bone:
        assert result[bone] == pytest.approx(own[bone], rel=0.01), bone


def test_the_cameras_distance_does_not_matter() -> None:
    near, far = proportions(posed(body()[:, :3], 900.0)), proportions(posed(body()[:, :3], 90.0))
    assert all(r == pytest.approx(1.0) for r in ratios(near, far).values())


def test_legs_that_the_camera_shortens_are_shorter() -> None:
    world = body()[:, :3]
    pixels = world * np.float32(400.0)
    below = pixels[:, 1] > pixels[23, 1]
    pixels[below, 1] = pixels[23, 1] + 0.85 * (pixels[below, 1] - pixels[23, 1])
    high, level = proportions(posed(world, pixels=pixels)), proportions(posed(world))
    stretch = ratios(high, level)
    assert stretch[Bone.SHIN] < 0.95 < stretch[Bone.UPPER_ARM]


def test_an_arm_that_comes_near_the_camera_is_no_longer_for_that() -> None:
    world = body()[:, :3]
    pixels = world * np.float32(400.0)
    pixels[LEFT_WRIST, :2] += 0.3 * (pixels[LEFT_WRIST, :2] - pixels[LEFT_ELBOW, :2])
    near, hanging = proportions(posed(world, pixels=pixels)), proportions(posed(world))
    assert ratios(near, hanging)[Bone.FOREARM] == pytest.approx(1.0)


def test_the_trunk_stays_and_directions_are_kept() -> None:
    driver = body()
    stretch = dict.fromkeys(Bone, 1.0) | {Bone.SHIN: 1.3, Bone.UPPER_ARM: 0.8, Bone.HIPS: 1.2}
    moved = retarget(driver, stretch)
    for pair in ((11, 12), (23, 24)):
        assert np.allclose(moved[list(pair), :3].mean(0), driver[list(pair), :3].mean(0))
    for limb in LIMBS:
        before = driver[limb.end, :3] - driver[limb.start, :3]
        after = moved[limb.end, :3] - moved[limb.start, :3]
        assert np.allclose(after, before * stretch[limb.bone], atol=1e-6)
        for joint in limb.carried:
            hung = driver[joint, :3] - driver[limb.end, :3]
            assert np.allclose(moved[joint, :3] - moved[limb.end, :3], hung, atol=1e-6)
    assert np.array_equal(moved[:, 3], driver[:, 3])


def test_the_head_moves_as_one() -> None:
    driver = body()
    moved = retarget(driver, dict.fromkeys(Bone, 1.0) | {Bone.NECK: 1.2})
    shift = (moved - driver)[list(HEAD), :3]
    assert np.allclose(shift, shift[0], atol=1e-6)
    assert shift[0, 1] < -0.005  # up


def test_errors_of_the_pose_network_are_bounded() -> None:
    own, other = dict.fromkeys(Bone, 1.0), dict.fromkeys(Bone, 1.0)
    stretch = ratios(own | {Bone.SHIN: 3.0, Bone.THIGH: 0.1}, other)
    assert stretch[Bone.SHIN] == RATIO_MAX
    assert stretch[Bone.THIGH] == RATIO_MIN


def test_what_is_unseen_is_left_alone() -> None:
    half = standing(10.0, 300.0, 100.0, (160, 200))  # cut at the hips
    own = proportions(half)
    assert Bone.SHOULDERS in own
    assert Bone.THIGH not in own
    assert Bone.TORSO in own or Bone.HIPS not in own
    whole = proportions(posed(half.world * 1.1))
    stretch = ratios(own, whole)
    assert stretch[Bone.THIGH] == stretch[Bone.SHIN] == 1.0
    assert all(r == 1.0 for r in ratios({}, whole).values())


@pytest.mark.parametrize(
    ("length", "heeded"),
    [(1.0, 1.0), (1.05, 1.0), (1 / 1.05, 1.0), (1.21, 1.21), (1.25, 1.25), (1 / 1.25, 1 / 1.25)],
)
def test_small_differences_are_errors_and_large_ones_people(length: float, heeded: float) -> None:
    found = ratios({Bone.NECK: length}, {Bone.NECK: 1.0}, {Bone.NECK: 0.1})[Bone.NECK]
    assert found == pytest.approx(heeded)


def test_what_counts_of_a_difference_grows_without_a_step() -> None:
    lengths = np.linspace(1.0, 1.3, 61)
    found = [
        ratios({Bone.HEAD: float(one)}, {Bone.HEAD: 1.0}, {Bone.HEAD: 0.06})[Bone.HEAD]
        for one in lengths
    ]
    steps = np.diff(found)
    assert (steps >= 0.0).all()
    assert steps.max() < 2.5 * (lengths[1] - lengths[0])


def test_a_head_is_as_large_as_it_is_drawn_whatever_the_metres_say() -> None:
    own = body()[:, :3] * np.array([1.0, 1.0, 0.0], np.float32)
    noisy = own.copy()
    noisy[[LEFT_EAR, RIGHT_EAR], 0] *= 1.1  # the network's guess of how far its ears are apart
    seen = posed(noisy, pixels=own * 400.0)
    lengths, true = proportions(seen)[Bone.HEAD], proportions(posed(own))[Bone.HEAD]
    assert lengths == pytest.approx(true, rel=0.005)
    grown = retarget(body(), dict.fromkeys(Bone, 1.0) | {Bone.HEAD: 1.2})
    pixels = own * 400.0
    pixels[:, :2] = grown[:, :2] * 400.0
    larger = proportions(posed(own, pixels=pixels))
    assert larger[Bone.HEAD] == pytest.approx(1.2 * true, rel=0.02)
