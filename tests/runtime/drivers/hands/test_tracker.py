from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import FLAT, BlobFinder, lit, pose_with

from bunraku.runtime.drivers.hands.landmarks import POINTS, HandLandmarker, hand_rois
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Picture

LEFT, RIGHT = (230, 150), (90, 150)
POSE = pose_with(LEFT, RIGHT, 20.0)


def waving(k: int) -> Picture:
    """Both hands, elsewhere in each frame."""
    aside = 4 * (k // 2 % 2)
    return lit((LEFT[0] + aside, LEFT[1]), (RIGHT[0] + aside, RIGHT[1]))


@pytest.fixture
def engine() -> BlobFinder:
    return BlobFinder()


@pytest.fixture
def finder(engine: BlobFinder) -> HandFinder:
    return HandFinder(HandLandmarker(engine))


def test_points_are_in_pixels_of_the_picture(finder: HandFinder) -> None:
    left, right = finder.find(lit(LEFT, RIGHT), POSE)
    for hand, wrist in ((left, LEFT), (right, RIGHT)):
        assert hand is not None
        assert hand.points.shape == (POINTS, 3)
        expected = FLAT[:, :2] * 20.0 + np.array(wrist) - (0.5, 0.5)
        assert np.abs(hand.points[:, :2] - expected).max() < 3.5
        assert hand.length_px == pytest.approx(20.0, abs=2.0)
        assert np.allclose(hand.world, FLAT * 0.09, atol=0.03)


def test_a_hand_that_points_sideways_is_seen_upright(finder: HandFinder) -> None:
    pose = POSE.copy()
    pose[[17, 19, 21], :2] = np.array(LEFT) + (20.0, 0.0)
    roi = hand_rois(pose)[0]
    assert np.degrees(roi.angle) == pytest.approx(90.0)
    picture = np.full((240, 320, 3), 20, np.uint8)
    picture[140:160, 230:270] = 230
    hand = finder.find(picture, pose)[0]
    assert hand is not None
    assert hand.points[12, 0] > hand.points[0, 0] + 35.0  # the middle finger's tip
    assert hand.world[12, 0] == pytest.approx(0.09 * 2.0, abs=0.02)
    assert np.degrees(hand.roi.angle) == pytest.approx(90.0, abs=15.0)


def test_a_hand_that_points_at_the_camera_is_seen_in_a_crop_of_the_bodys_size() -> None:
    pose = pose_with(LEFT, RIGHT, 1.0)
    pose[[11, 12], 0] = 200.0, 120.0
    assert hand_rois(pose)[0].side == pytest.approx(0.8 * 80.0)


def test_the_next_crop_holds_the_hand(finder: HandFinder) -> None:
    hand = finder.find(lit(LEFT), POSE)[0]
    assert hand is not None
    inside = hand.roi.points_from_frame(hand.points[:, :2].astype(np.float64))
    assert inside.min() > 0.05
    assert inside.max() < 0.95


def test_no_hand_is_none(engine: BlobFinder, finder: HandFinder) -> None:
    assert finder.find(lit(), POSE) == (None, None)
    assert finder.find(lit(RIGHT), POSE)[0] is None
    runs = engine.runs
    assert finder.find(lit(LEFT), pose_with(LEFT, RIGHT, 1.0)) == (None, None)
    assert finder.find(lit(LEFT), np.zeros((33, 4), np.float32)) == (None, None)
    assert engine.runs == runs  # there is nothing to look at


def test_a_hand_that_the_picture_cuts_is_guessed_and_none(finder: HandFinder) -> None:
    cut = (150, 245)
    hand = finder.find(lit(cut), pose_with(cut, RIGHT, 20.0))[0]
    assert hand is not None
    assert 0.6 <= hand.inside < 1.0
    lower = (150, 268)
    assert finder.find(lit(lower), pose_with(lower, RIGHT, 20.0))[0] is None


def test_what_is_too_large_or_the_other_hand_is_no_hand(
    engine: BlobFinder, finder: HandFinder
) -> None:
    assert finder.find(lit(LEFT, palm_px=100), POSE)[0] is None
    engine.right = 0.99
    left, right = finder.find(lit(LEFT, RIGHT), POSE)
    assert left is None
    assert right is not None


def test_hands_are_looked_at_in_turns_when_frames_are_fast(
    engine: BlobFinder, finder: HandFinder
) -> None:
    tracker = finder.follower()
    assert set(tracker.track(lit(LEFT, RIGHT), POSE, 0.0)) == {0, 1}
    engine.runs = 0
    looked = [set(tracker.track(waving(k), POSE, k / 30.0)) for k in range(1, 7)]
    assert looked in ([{0}, {1}] * 3, [{1}, {0}] * 3)
    assert engine.runs == 6
    slow = [set(tracker.track(lit(LEFT, RIGHT), POSE, 1.0 + k / 10.0)) for k in range(3)]
    assert slow == [{0, 1}] * 3


def test_a_hand_of_which_the_pose_sees_nothing_costs_nothing(
    engine: BlobFinder, finder: HandFinder
) -> None:
    tracker, left_alone = finder.follower(), np.array([1.0, 0.0], np.float32)
    tracker.track(lit(LEFT, RIGHT), POSE, 0.0)
    engine.runs = 0
    told = [tracker.track(waving(2 * k), POSE, 0.1 * k, left_alone) for k in range(1, 6)]
    assert engine.runs == 5
    assert all(hands[0] is not None and hands[1] is None for hands in told)
    assert tracker.track(lit(LEFT, RIGHT), POSE, 0.6)[1] is not None


def test_a_hand_that_keeps_still_is_looked_at_once(engine: BlobFinder, finder: HandFinder) -> None:
    tracker, rng = finder.follower(), np.random.default_rng(0)

    def noisy(picture: Picture) -> Picture:
        return np.clip(picture + rng.normal(0.0, 3.0, picture.shape), 0, 255).astype(np.uint8)

    for k in range(2):
        tracker.track(noisy(lit(LEFT, RIGHT)), POSE, 0.1 * k)
    engine.runs = 0
    still = [tracker.track(noisy(lit(LEFT, RIGHT)), POSE, 0.1 * k) for k in range(2, 6)]
    assert engine.runs == 0
    assert all(hands[0] is not None and hands[1] is not None for hands in still)
    moved = tracker.track(noisy(lit((LEFT[0] + 3, LEFT[1]), RIGHT)), POSE, 0.6)[0]
    assert engine.runs == 1
    assert moved is not None
    assert still[-1][0] is not None
    assert moved.points[0, 0] > still[-1][0].points[0, 0] + 0.5


def test_hands_that_hardly_move_take_turns(engine: BlobFinder, finder: HandFinder) -> None:
    tracker = finder.follower()

    def trembling(k: int) -> Picture:
        return np.minimum(lit(LEFT, RIGHT), 230 - 12 * (k % 2)).astype(np.uint8)

    tracker.track(trembling(0), POSE, 0.0)
    slow = [set(tracker.track(trembling(k), POSE, 0.13 * k)) for k in range(1, 7)]
    assert all(len(looked) == 1 for looked in slow[1:])
    assert set().union(*slow[-2:]) == {0, 1}
    engine.runs = 0
    for k in range(30):
        tracker.track(trembling(k), POSE, 1.0 + k / 30.0)
    assert engine.runs <= 2 + 30 / 30.0 / 0.12
    waves = (LEFT[0] + 4, LEFT[1]), (RIGHT[0] + 4, RIGHT[1])
    assert set(tracker.track(lit(*waves), POSE, 2.1)) == {0, 1}, "at once where they move"


def test_a_hand_that_is_not_there_is_searched_for_now_and_then(finder: HandFinder) -> None:
    tracker = finder.follower()
    alone = [lit((LEFT[0] + 4 * (k % 2), LEFT[1])) for k in range(24)]
    looked = [set(tracker.track(picture, POSE, 0.11 * k)) for k, picture in enumerate(alone)]
    assert all(1 in sides for sides in looked[:10]), "one that is but lost is missed"
    assert sum(1 in sides for sides in looked[10:]) == 7
    assert all(0 in sides for sides in looked), "the other one's turn is not taken"


def test_a_hand_that_is_hidden_comes_back(finder: HandFinder) -> None:
    tracker = finder.follower()
    pictures = (lit(LEFT), lit(LEFT), lit(), lit(), lit(LEFT), lit(LEFT))
    seen = [
        tracker.track(picture, POSE, 0.1 * k)[0] is not None for k, picture in enumerate(pictures)
    ]
    assert seen[1:4] == [True, False, False]
    assert seen[-1]


def test_a_hand_that_is_found_again_is_looked_at_twice(
    engine: BlobFinder, finder: HandFinder
) -> None:
    """What looks like one where the pose says may be anything; a look at that tells."""
    tracker = finder.follower()
    tracker.track(lit(LEFT), POSE, 0.0)
    tracker.track(lit(), POSE, 0.1)
    engine.runs = 0
    assert tracker.track(lit(LEFT), POSE, 0.2)[0] is not None
    assert engine.runs == 2 + 1, "and the other one, which is not there, once"
    tracker.track(lit(), POSE, 0.3)
    engine.presences = [0.97, 0.2, 0.01]
    assert tracker.track(lit(LEFT), POSE, 0.4)[0] is None


def test_points_that_stray_from_the_wrist_are_let_go(finder: HandFinder) -> None:
    tracker = finder.follower()
    assert tracker.track(lit((60, 150)), pose_with((60, 150), RIGHT, 20.0), 0.0)[0] is not None
    for k in range(1, 4):
        hand = tracker.track(lit((60, 150), LEFT), POSE, 0.1 * k)[0]
    assert hand is not None
    assert hand.points[0, 0] == pytest.approx(LEFT[0], abs=3.0)


def test_a_step_back_in_time_starts_anew(finder: HandFinder) -> None:
    tracker = finder.follower()
    tracker.track(lit(LEFT, RIGHT), POSE, 5.0)
    assert set(tracker.track(lit(LEFT, RIGHT), POSE, 0.0)) == {0, 1}


def test_its_network_may_compute_in_bf16(engine: BlobFinder) -> None:
    asked: dict[str, object] = {}

    class Factory:
        def make(self, *_: object, **told: object) -> BlobFinder:
            asked.update(told)
            return engine

    HandFinder.load(HandNetworks(Path("hand.onnx")), cast("EngineFactory", Factory()))
    assert asked["bears_bf16"]
    assert "coarse" not in asked, "a GPU's library keeps its numbers"
