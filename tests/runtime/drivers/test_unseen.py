from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.drivers.unseen import FADED_S, KEPT_S, SURE, UNSURE, Unseen
from bunraku.runtime.pose import Pose
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

SEEN = standing(60.0, 160.0, 119.5, (480, 640))
STEP = (20.0, -10.0)
ASTRAY = 150.0


def moved(pose: Pose, step: tuple[float, float] = STEP) -> Pose:
    landmarks = pose.landmarks.copy()
    landmarks[:, :2] += np.array(step, np.float32)
    return replace(pose, landmarks=landmarks)


def lost(pose: Pose, which: Sequence[int], visibility: float = 0.0, astray: float = ASTRAY) -> Pose:
    landmarks, world = pose.landmarks.copy(), pose.world.copy()
    landmarks[list(which), :3] += np.float32(astray)
    landmarks[list(which), 3] = visibility
    world[list(which)] += np.float32(1.0)
    return replace(pose, landmarks=landmarks, world=world)


@pytest.mark.parametrize(
    "which",
    [
        [LEFT_WRIST],
        [LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND],
        [LEFT_HAND[0]],
        [LEFT_SHOULDER, RIGHT_WRIST],
        [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP],
        [NOSE],
        [*HEAD],
    ],
)
def test_what_is_not_seen_moves_with_the_rest(which: list[int]) -> None:
    unseen = Unseen()
    unseen.keep(SEEN, 1.0)
    kept = unseen.keep(lost(moved(SEEN), which), 1.04)
    assert kept.landmarks == pytest.approx(moved(SEEN).landmarks, abs=1.0 - SURE + 1e-3)
    assert kept.landmarks[:, :3] == pytest.approx(moved(SEEN).landmarks[:, :3], abs=1e-3)
    assert kept.world == pytest.approx(SEEN.world, abs=1e-5)
    assert kept.landmarks[which, 3] == pytest.approx(SURE)
    assert kept.landmarks.dtype == kept.world.dtype == np.float32


def test_what_is_seen_is_left_alone() -> None:
    unseen = Unseen()
    assert unseen.keep(SEEN, 1.0) is SEEN
    kept = unseen.keep(lost(moved(SEEN), [LEFT_WRIST]), 1.04)
    others = np.arange(33) != LEFT_WRIST
    assert np.array_equal(kept.landmarks[others], moved(SEEN).landmarks[others])


def test_one_that_does_not_come_back_is_given_up() -> None:
    unseen = Unseen()
    unseen.keep(SEEN, 0.0)
    gone = lost(SEEN, [LEFT_WRIST])
    x = LEFT_WRIST, 0
    for away_s, left in ((KEPT_S, 1.0), ((KEPT_S + FADED_S) / 2, 0.5), (FADED_S, 0.0), (9.0, 0.0)):
        kept = unseen.keep(gone, away_s)
        assert kept.landmarks[x] == pytest.approx(SEEN.landmarks[x] + (1 - left) * ASTRAY, abs=1e-2)
        assert kept.landmarks[LEFT_WRIST, 3] == pytest.approx(left * SURE)


def test_between_seen_and_unseen_it_goes_over_without_a_jump() -> None:
    x, astray = (LEFT_WRIST, 0), 5.0
    for visibility, share in ((SURE, 0.0), ((SURE + UNSURE) / 2, 0.5), (UNSURE, 1.0), (0.05, 1.0)):
        unseen = Unseen()
        unseen.keep(SEEN, 0.0)
        kept = unseen.keep(lost(SEEN, [LEFT_WRIST], visibility, astray), 0.04)
        assert kept.landmarks[x] == pytest.approx(
            SEEN.landmarks[x] + (1 - share) * astray, abs=1e-2
        )


def test_an_arm_that_is_half_seen_does_not_jump_onto_the_chest() -> None:
    """It stays until it comes back, or goes over to where it is seen if it does not."""
    x = LEFT_WRIST, 0
    unseen = Unseen()
    unseen.keep(SEEN, 0.0)
    elsewhere = lost(SEEN, [LEFT_WRIST, *LEFT_HAND], 0.8)
    for away_s, left in ((0.1, 1.0), (KEPT_S, 1.0), ((KEPT_S + FADED_S) / 2, 0.5), (FADED_S, 0.0)):
        kept = unseen.keep(elsewhere, away_s)
        assert kept.landmarks[x] == pytest.approx(SEEN.landmarks[x] + (1 - left) * ASTRAY, abs=1e-2)
    unseen.reset()
    unseen.keep(SEEN, 0.0)
    unseen.keep(elsewhere, 0.1)
    back = lost(SEEN, [LEFT_WRIST], 0.6, 5.0)
    assert np.array_equal(unseen.keep(back, 0.2).landmarks, back.landmarks)
    clearly = lost(SEEN, [LEFT_WRIST], 0.95)
    assert np.array_equal(unseen.keep(clearly, 0.3).landmarks, clearly.landmarks)


def test_nothing_is_made_up() -> None:
    """Of what was never seen, or of another driver."""
    gone = lost(SEEN, [LEFT_WRIST])
    unseen = Unseen()
    for when_s in (0.0, 0.04):
        assert np.array_equal(unseen.keep(gone, when_s).landmarks, gone.landmarks)
    unseen.keep(SEEN, 0.08)
    unseen.reset()
    assert np.array_equal(unseen.keep(gone, 0.12).landmarks, gone.landmarks)


def test_nobody_seen_at_all_stays_as_the_network_has_it() -> None:
    unseen = Unseen()
    unseen.keep(SEEN, 0.0)
    gone = lost(SEEN, range(33))
    assert np.array_equal(unseen.keep(gone, 0.04).landmarks, gone.landmarks)
