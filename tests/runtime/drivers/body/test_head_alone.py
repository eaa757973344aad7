"""A head that moves while its trunk stays."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import PERSON, RIG

from bunraku.runtime.drivers.body.head_alone import FARTHEST, NECK, move_head_alone
from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EYE, MOUTH, RIGHT_EYE

FACE = list(HEAD)
PHOTO = RIG.stance(PERSON, 110.0).points
LENGTH = np.linalg.norm(PHOTO[list(MOUTH)].mean(0) - PHOTO[[LEFT_EYE, RIGHT_EYE]].mean(0))


def kept(driver: Array) -> Kept:
    return Kept(driver.copy(), 1.4, 1.1, (128.0, 80.0))


def away(x: float, y: float, larger: float = 1.2) -> Array:
    """A driver who is elsewhere, and nearer."""
    driver = PERSON.copy()
    driver[:, :3] *= np.float32(larger)
    driver[:, :2] += (
        PERSON[FACE, :2].mean(0) + np.array([x, y], np.float32) - driver[FACE, :2].mean(0)
    )
    return driver


def test_where_shoulders_are_seen_all_moves() -> None:
    seen = kept(away(50.0, 0.0))
    assert move_head_alone(seen, away(50.0, 0.0), PHOTO, 0.0) is seen


def test_the_trunk_stays_and_the_head_turns_and_grows() -> None:
    driver = away(1.0, 0.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0)
    rest = np.setdiff1d(np.arange(33), FACE)
    np.testing.assert_allclose(alone.landmarks[rest, :3], PERSON[rest, :3], atol=1e-3)
    assert (alone.size, alone.scale) == (1.0, 1.0)
    spread, wanted = (p[FACE, :2] - p[FACE, :2].mean(0) for p in (alone.landmarks, driver))
    np.testing.assert_allclose(spread, wanted, atol=1e-3)


@pytest.mark.parametrize(("x", "y"), [(400.0, 0.0), (0.0, -400.0), (-900.0, 900.0)])
def test_it_goes_no_farther_than_a_neck_allows(x: float, y: float) -> None:
    driver = away(x, y, larger=1.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0).landmarks
    moved = alone[FACE, :2].mean(0) - PERSON[FACE, :2].mean(0)
    assert (np.abs(moved) <= FARTHEST * LENGTH + 1e-3).all()
    assert np.array_equal(np.sign(np.rint(moved)), np.sign([x, y]))


def test_it_grows_from_the_neck() -> None:
    driver = away(0.0, 0.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0).landmarks
    risen = PERSON[FACE, 1].mean() - alone[FACE, 1].mean()
    assert risen == pytest.approx(NECK * LENGTH * 0.2, rel=1e-3)


def test_it_goes_over_into_that_softly() -> None:
    driver = away(30.0, 0.0)
    half = move_head_alone(kept(driver), driver, PHOTO, 0.5)
    ends = [move_head_alone(kept(driver), driver, PHOTO, share).landmarks for share in (0.0, 1.0)]
    np.testing.assert_allclose(half.landmarks, np.mean(ends, 0), atol=1e-3)
    assert half.scale == pytest.approx(1.05)
