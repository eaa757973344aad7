"""Arms of a driver whom the camera cuts."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.cut_arms import EASE_S, CutArms, on_their_arms
from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HAND

ELBOW, WRIST = 13, 15
ARM = [ELBOW, WRIST, *LEFT_HAND]
REST = [i for i in range(33) if i not in ARM]
SURE = np.ones(33, np.float32)
CUT, WHOLE = (100, 256), (256, 256)
"""Shapes of frames: one ends above the elbows, the other shows the person whole."""
FOUND: HandPoses = (HandPose(np.eye(3), np.zeros((5, 4))), None)


def bust(wrist_y: float = 96.0, visibility: float = 0.6) -> Array:
    """The left forearm guessed before the chest, the right arm far out of the frame."""
    pose = standing()
    pose[ELBOW, :2], pose[[WRIST, *LEFT_HAND], :2] = (160.0, 97.0), (135.0, wrist_y)
    pose[ARM, 3] = visibility
    return pose


def test_a_guess_at_the_edge_of_the_frame_is_not_believed() -> None:
    believed = CutArms().believe(SURE, bust(), CUT, NO_HANDS, 0.0)
    assert believed[ARM].max() == 0.0
    assert believed[[14, 16]].tolist() == [1.0, 1.0]  # sure


@pytest.mark.parametrize(
    ("pose", "shape", "hands"),
    [(bust(), WHOLE, NO_HANDS), (bust(visibility=0.99), CUT, NO_HANDS), (bust(), CUT, FOUND)],
    ids=["inside", "sure", "hand"],
)
def test_an_arm_that_is_seen_is_followed(
    pose: Array, shape: tuple[int, int], hands: HandPoses
) -> None:
    assert np.array_equal(CutArms().believe(SURE, pose, shape, hands, 0.0), SURE)


def test_a_hand_that_comes_into_view_takes_its_arm_along_softly() -> None:
    arms, shown = CutArms(), []
    for i in range(12):
        hands = NO_HANDS if i < 3 else FOUND
        shown.append(arms.believe(SURE, bust(), CUT, hands, i * EASE_S / 5)[WRIST])
    assert np.allclose(shown[:3], 0.0)
    assert np.allclose(np.diff(shown[2:8]), 0.2, atol=1e-3)
    assert np.allclose(shown[7:], 1.0)
    assert arms.believe(SURE, bust(), CUT, NO_HANDS, 0.0)[WRIST] == 0.0  # another clip


def test_what_was_doubted_anyway_and_all_but_the_arms_stay_so() -> None:
    half = np.full(33, 0.5, np.float32)
    believed = CutArms().believe(half, bust(), CUT, FOUND, 0.0)
    assert np.array_equal(believed, half)
    assert np.array_equal(CutArms().believe(half, bust(), CUT, NO_HANDS, 0.0)[REST], half[REST])


def test_a_hand_stays_with_an_arm_that_does_not_follow() -> None:
    seen = SURE.copy()
    whole = on_their_arms(FOUND, seen)[0]
    assert whole is not None
    assert (whole.belief, whole.lately) == (1.0, 1.0)
    seen[ELBOW] = 0.25
    half = on_their_arms(FOUND, seen)[0]
    assert half is not None
    assert (half.belief, half.lately) == (0.5, 0.5)
    seen[ELBOW] = 0.0
    assert on_their_arms(FOUND, seen) == NO_HANDS
