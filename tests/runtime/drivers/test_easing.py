from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.drivers.easing import GOES, Easing
from bunraku.runtime.pose import Pose
from bunraku.spec.landmarks import (
    LANDMARKS,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    MIRRORED,
    NOSE,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

TRACKED = standing(60.0, 160.0, 119.5, (480, 640))


def moved(pose: Pose, pixels: float, metres: float) -> Pose:
    landmarks = pose.landmarks.copy()
    landmarks[:, :3] += np.float32(pixels)
    return replace(pose, landmarks=landmarks, world=pose.world + np.float32(metres))


STILL = moved(TRACKED, 3.0, 0.02)


def test_in_the_frame_itself_the_tracker_sees_what_the_still_shows() -> None:
    easing = Easing.between(TRACKED, STILL)
    assert easing is not None
    eased = easing.ease(TRACKED)
    assert np.allclose(eased.landmarks, STILL.landmarks, atol=1e-4)
    assert np.allclose(eased.world, STILL.world, atol=1e-6)
    assert eased.landmarks.dtype == np.float32
    assert eased.world.dtype == np.float32


def test_movement_is_the_trackers_and_the_difference_stays_while_the_pose_does() -> None:
    easing = Easing.between(TRACKED, STILL)
    assert easing is not None
    now = moved(TRACKED, 40.0, 0.0)
    apart = easing.ease(now).landmarks - now.landmarks
    assert apart[:, :3] == pytest.approx(np.full((LANDMARKS, 3), 3.0), abs=2e-3)
    assert not apart[:, 3].any()
    assert np.array_equal(TRACKED.landmarks[:, :3] + 40.0, now.landmarks[:, :3])


@pytest.mark.parametrize("joint", [LEFT_WRIST, NOSE])
def test_a_joints_difference_goes_and_comes_as_the_joint_does(joint: int) -> None:
    easing = Easing.between(TRACKED, STILL)
    assert easing is not None
    shoulders, hips = (
        TRACKED.landmarks[pair, :2].mean(0)
        for pair in ([LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP])
    )
    trunk_px = float(np.linalg.norm(shoulders - hips))
    for away, left in ((0.0, 1.0), (GOES, np.exp(-1)), (5 * GOES, 0.0), (0.0, 1.0)):
        landmarks = TRACKED.landmarks.copy()
        landmarks[joint, 1] += away * trunk_px
        eased = easing.ease(replace(TRACKED, landmarks=landmarks))
        apart = eased.landmarks[joint, :3] - landmarks[joint, :3]
        assert apart == pytest.approx(np.full(3, 3 * left), abs=0.01)


def test_a_back_taken_for_a_front_is_not_eased_away() -> None:
    behind = replace(TRACKED, landmarks=TRACKED.landmarks[list(MIRRORED)])
    assert Easing.between(behind, STILL) is None
    torn = TRACKED.landmarks.copy()
    torn[[LEFT_SHOULDER, RIGHT_SHOULDER]] = torn[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(0)
    assert Easing.between(replace(TRACKED, landmarks=torn), STILL) is None
