from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.arms import Gesture, move_arms, pick_gestures
from bunraku.training.people.body import BodyModel
from bunraku.training.people.poses import Skeleton


@pytest.fixture(scope="module")
def skeleton(body: BodyModel) -> Skeleton:
    return Skeleton(body, body.neutral[1])


def hands(skeleton: Skeleton, gesture: Gesture, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Left and right wrist relative to the neck."""
    pose = skeleton.rest_pose()
    rng = np.random.default_rng(seed)
    move_arms(skeleton, pose, {".L": gesture, ".R": gesture}, rng)
    assert np.allclose(pose @ pose.transpose(0, 2, 1), np.eye(3), atol=1e-6)
    _, places = skeleton.place(pose, skeleton.joints[0])
    neck = places[skeleton.body.bone("neck01")]
    return tuple(places[skeleton.body.bone(f"wrist{side}")] - neck for side in (".L", ".R"))


@pytest.mark.parametrize(
    ("gesture", "low", "high"),
    [
        (Gesture.HANG, (0.0, -0.5, -0.8), (0.6, 0.4, -0.2)),
        (Gesture.CHEST, (-0.15, -0.65, -0.5), (0.45, -0.1, 0.1)),
        (Gesture.HIP, (0.05, -0.35, -0.65), (0.4, 0.3, -0.25)),
        (Gesture.FACE, (0.0, -0.4, -0.1), (0.3, 0.0, 0.3)),
        (Gesture.WAVE, (0.2, -0.4, -0.2), (0.6, 0.1, 0.35)),
        (Gesture.CROSSED, (-0.3, -0.5, -0.5), (0.0, -0.1, 0.0)),
        (Gesture.FORWARD, (-0.1, -0.7, -0.4), (0.35, -0.25, 0.2)),
        (Gesture.UP, (0.0, -0.3, 0.1), (0.5, 0.2, 0.65)),
    ],
)
def test_hands_go_where_the_gesture_says(
    skeleton: Skeleton,
    gesture: Gesture,
    low: tuple[float, ...],
    high: tuple[float, ...],
) -> None:
    found = 0
    for seed in range(6):
        for wrist, sign in zip(hands(skeleton, gesture, seed), (1, -1), strict=True):
            place = wrist * [sign, 1, 1]
            found += bool((place > low).all() and (place < high).all())
    assert found >= 10, f"{found} of 12"


def test_clasped_hands_meet(skeleton: Skeleton) -> None:
    apart = [np.linalg.norm(np.subtract(*hands(skeleton, Gesture.CLASPED, s))) for s in range(5)]
    assert np.median(apart) < 0.12


def test_paired_gestures_come_in_pairs(rng: np.random.Generator) -> None:
    seen = set()
    for _ in range(300):
        left, right = pick_gestures(rng).values()
        seen |= {left, right}
        if Gesture.CROSSED in (left, right) or Gesture.CLASPED in (left, right):
            assert left == right
    assert seen == set(Gesture)


def test_hands_stay_out_of_the_belly(skeleton: Skeleton) -> None:
    hips = skeleton.joint("spine05")
    neck = skeleton.joint("neck01")
    for seed in range(20):
        for wrist in hands(skeleton, Gesture.ANYWHERE, seed):
            x, y, z = wrist + neck - hips
            if z < 0.4:
                assert (x / 0.17) ** 2 + (y / 0.13) ** 2 > 1
