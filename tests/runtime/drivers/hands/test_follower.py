from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, BlobFinder, lit, pose_with

from bunraku.runtime.drivers.hands.follower import FALL_S, FORGET_S, HandFollower
from bunraku.runtime.drivers.hands.landmarks import HandLandmarker
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.tracker import HandFinder

LEFT, RIGHT = (230, 150), (90, 150)
POSE = pose_with(LEFT, RIGHT, 20.0)
SEEN = np.ones(2, np.float32)


@pytest.fixture
def follower() -> HandFollower:
    return HandFollower(HandFinder(HandLandmarker(BlobFinder())), (SHAPES[0], SHAPES[1]))


def belief(hand: HandPose | None) -> float:
    return 0.0 if hand is None else hand.belief


def test_belief_comes_within_moments(follower: HandFollower) -> None:
    shown = [follower.follow(lit(LEFT), POSE, SEEN, k / 30.0) for k in range(8)]
    told = [belief(left) for left, _ in shown]
    assert told[-1] > 0.9
    assert all(right is None for _, right in shown)
    left = shown[-1][0]
    assert left is not None
    assert np.abs(left.bends[1:, 2:]).max() < 0.05  # the made hand is flat


def test_a_hand_is_as_large_as_it_looks(follower: HandFollower) -> None:
    for k in range(8):
        hand = follower.follow(lit(LEFT, palm_px=20), POSE, SEEN, k / 30.0)[0]
    assert hand is not None
    before = hand.per_metre
    assert before == pytest.approx(20.0 / 0.09, rel=0.15)
    for k in range(8, 24):
        hand = follower.follow(lit(LEFT, palm_px=26), POSE, SEEN, k / 30.0)[0]
    assert hand is not None
    assert hand.per_metre == pytest.approx(1.3 * before, rel=0.1)


def test_a_lost_hand_goes_to_its_ease_and_never_jumps(follower: HandFollower) -> None:
    for k in range(10):
        before = follower.follow(lit(LEFT), POSE, SEEN, k / 30.0)[0]
    assert before is not None
    rest = SHAPES[0].at_ease
    start, last = np.abs(before.bends - rest).max(), before
    for k in range(10, 12 + int(30 * FALL_S)):
        hand = follower.follow(lit(), POSE, SEEN, k / 30.0)[0]
        assert hand is not None
        assert belief(last) - belief(hand) < 0.15
        assert np.abs(hand.bends - last.bends).max() < 0.1
        assert last.lately - hand.lately < 0.04
        last = hand
    assert last.belief == 0.0
    assert last.lately > 0.7  # what shows it does not go at once
    assert np.abs(last.bends - rest).max() < 0.6 * start
    for k in range(24, 24 + int(30 * FORGET_S)):
        hand = follower.follow(lit(), POSE, SEEN, k / 30.0)[0]
    assert hand is None


def test_a_flickering_presence_does_not_flicker(follower: HandFollower) -> None:
    for k in range(10):
        follower.follow(lit(LEFT), POSE, SEEN, k / 30.0)
    told = [
        belief(follower.follow(lit(LEFT) if k % 4 < 2 else lit(), POSE, SEEN, k / 30.0)[0])
        for k in range(10, 30)
    ]
    assert min(told) > 0.6


def test_what_the_pose_does_not_see_is_not_believed(follower: HandFollower) -> None:
    for k in range(10):
        left, right = follower.follow(lit(LEFT, RIGHT), POSE, np.array([1.0, 0.2]), k / 30.0)
    assert belief(left) > 0.9
    assert belief(right) == pytest.approx(0.2, abs=0.01)


def test_a_small_hand_is_believed_less(follower: HandFollower) -> None:
    pose = pose_with(LEFT, RIGHT, 10.0)
    for k in range(10):
        left, _ = follower.follow(lit(LEFT, palm_px=10), pose, SEEN, k / 30.0)
    assert 0.1 < belief(left) < 0.7


def test_a_step_back_in_time_forgets(follower: HandFollower) -> None:
    for k in range(10):
        follower.follow(lit(LEFT), POSE, SEEN, k / 30.0)
    assert follower.follow(lit(), POSE, SEEN, 0.0) == (None, None)
