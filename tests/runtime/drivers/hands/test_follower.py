from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, BlobFinder, lit, pose_with

from bunraku.runtime.drivers.hands.follower import DOUBTED_S, FALL_S, FORGET_S, HandFollower
from bunraku.runtime.drivers.hands.gliding import GLIDES_S
from bunraku.runtime.drivers.hands.landmarks import HandLandmarker
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST

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


def bent(pose: Array, forearm_deg: float) -> Array:
    """The pose with a left forearm that points so far to the right of up."""
    angle, result = np.deg2rad(forearm_deg), pose.copy()
    back = np.array([-np.sin(angle), np.cos(angle)])
    result[LEFT_ELBOW, :3] = [*(pose[LEFT_WRIST, :2] + 60.0 * back), pose[LEFT_WRIST, 2]]
    return result


def test_a_lost_hand_goes_with_its_forearm(follower: HandFollower) -> None:
    for k in range(10):
        before = follower.follow(lit(LEFT), bent(POSE, 0.0), SEEN, k / 30.0)[0]
    for k in range(10, 14):
        hand = follower.follow(lit(), bent(POSE, 30.0 * (k - 9)), SEEN, k / 30.0)[0]
    assert before is not None
    assert hand is not None
    (x, y, _), was = hand.palm[:, 0], before.palm[:, 0]
    turned = np.rad2deg(np.arctan2(was[0] * y - was[1] * x, was[0] * x + was[1] * y))
    assert turned == pytest.approx(120.0, abs=6.0)


def test_a_forearm_that_trembles_moves_no_hand(follower: HandFollower) -> None:
    for k in range(10):
        before = follower.follow(lit(LEFT), bent(POSE, 0.0), SEEN, k / 30.0)[0]
    assert before is not None
    for k in range(10, 14):
        hand = follower.follow(lit(), bent(POSE, 2.0 * (-1) ** k), SEEN, k / 30.0)[0]
        assert hand is not None
        assert np.allclose(hand.palm, before.palm, atol=np.deg2rad(0.2))


def test_a_found_hand_is_where_it_is_seen_however_its_forearm_has_turned(
    follower: HandFollower,
) -> None:
    """Found again after its forearm has turned it starts from what is seen."""
    for k in range(10):
        before = follower.follow(lit(LEFT), bent(POSE, 0.0), SEEN, k / 30.0)[0]
    for k in range(10, 40):
        follower.follow(lit(), bent(POSE, min(10.0 * (k - 9), 90.0)), SEEN, k / 30.0)
    for k in range(40, 50):
        hand = follower.follow(lit(LEFT), bent(POSE, 90.0), SEEN, k / 30.0)[0]
    assert before is not None
    assert hand is not None
    assert np.allclose(hand.palm, before.palm, atol=0.2)  # its crops are turned a little otherwise


def test_looks_that_take_the_hand_for_the_other_one_count_only_if_they_go_on() -> None:
    finder = BlobFinder()
    finder.right = 0.1
    follower = HandFollower(HandFinder(HandLandmarker(finder)), (SHAPES[0], SHAPES[1]))
    pose = bent(POSE, 0.0)
    for k in range(10):
        hand = follower.follow(lit(LEFT), pose, SEEN, k / 10.0)[0]
    assert hand is not None
    before, finder.right, finder.flipped = hand.palm, 0.7, True
    turned = []
    for k in range(10):
        hand = follower.follow(lit(LEFT, palm_px=21 + k % 2), pose, SEEN, 1.0 + k / 10.0)[0]
        assert hand is not None
        turned.append(bool(hand.palm[2, 2] * before[2, 2] < 0.0))
    first = turned.index(True)
    assert DOUBTED_S - 0.11 <= first / 10.0 <= DOUBTED_S + 0.11
    assert all(turned[first:])


def test_a_hand_that_is_found_again_turns_to_where_it_is_seen() -> None:
    finder = BlobFinder()
    follower = HandFollower(HandFinder(HandLandmarker(finder)), (SHAPES[0], SHAPES[1]))
    pose = bent(POSE, 0.0)
    palms = []
    for k in range(40):
        lost = 10 <= k < 16
        finder.flipped = k >= 16
        hand = follower.follow(lit() if lost else lit(LEFT), pose, SEEN, k / 30.0)[0]
        assert hand is not None
        palms.append(hand.palm)
    turned_deg = [
        float(np.degrees(np.arccos(np.clip((np.trace(b @ a.T) - 1.0) / 2.0, -1.0, 1.0))))
        for a, b in pairwise(palms)
    ]
    assert max(turned_deg) < 65.0, "half a turn takes some frames"
    assert np.trace(palms[-1] @ palms[9].T) < -0.9
    settled = 16 + int(30 * GLIDES_S) + 3
    assert max(turned_deg[settled:]) < 5.0
