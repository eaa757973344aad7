"""A head that moves while its trunk stays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import PERSON, RIG
from tests.runtime.drivers.body.test_slipping import SIDE, pose_of

from bunraku.runtime.drivers.body.head_alone import (
    ALONG,
    CLEAR,
    EASE_S,
    FARTHEST,
    GUESSED,
    NECK,
    Alone,
    TrunkSeen,
    move_head_alone,
)
from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.looking import Looked
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EYE, MOUTH, RIGHT_EYE, SHOULDERS

FACE = list(HEAD)
PHOTO = RIG.stance(PERSON, 110.0).points
LENGTH = np.linalg.norm(PHOTO[list(MOUTH)].mean(0) - PHOTO[[LEFT_EYE, RIGHT_EYE]].mean(0))

REST = np.setdiff1d(np.arange(33), FACE)
STILL = np.zeros(2)


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
    assert move_head_alone(seen, away(50.0, 0.0), PHOTO, 0.0, STILL) is seen


def test_shoulders_that_come_and_go_let_the_head_go_over() -> None:
    alone = Alone()
    assert alone.follow(1.0, 5.0) == 1.0  # as the first frame says
    back = [alone.follow(0.0, 5.0 + EASE_S * k / 6) for k in range(1, 7)]
    np.testing.assert_allclose(back, [5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0.0], atol=1e-9)
    alone.lost(9.0)
    assert 0.0 < alone.follow(1.0, 9.0 + EASE_S / 6) < 0.2
    assert alone.follow(1.0, 2.0) == 1.0  # an earlier frame begins anew


def test_the_trunk_stays_and_the_head_turns_and_grows() -> None:
    driver = away(1.0, 0.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0, STILL)
    np.testing.assert_allclose(alone.landmarks[REST, :3], PERSON[REST, :3], atol=1e-3)
    assert (alone.size, alone.scale) == (1.0, 1.0)
    spread, wanted = (p[FACE, :2] - p[FACE, :2].mean(0) for p in (alone.landmarks, driver))
    np.testing.assert_allclose(spread, wanted, atol=1e-3)


@pytest.mark.parametrize(("x", "y"), [(400.0, 0.0), (0.0, -400.0), (-900.0, 900.0)])
def test_it_goes_no_farther_than_a_neck_allows(x: float, y: float) -> None:
    driver = away(x, y, larger=1.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0, STILL).landmarks
    moved = alone[FACE, :2].mean(0) - PERSON[FACE, :2].mean(0)
    assert (np.abs(moved) <= FARTHEST * LENGTH + 1e-3).all()
    assert np.array_equal(np.sign(np.rint(moved)), np.sign([x, y]))


def test_it_grows_from_the_neck() -> None:
    driver = away(0.0, 0.0)
    alone = move_head_alone(kept(driver), driver, PHOTO, 1.0, STILL).landmarks
    risen = PERSON[FACE, 1].mean() - alone[FACE, 1].mean()
    assert risen == pytest.approx(NECK * LENGTH * 0.2, rel=1e-3)


def test_it_goes_over_into_that_softly() -> None:
    driver = away(30.0, 0.0)
    half = move_head_alone(kept(driver), driver, PHOTO, 0.5, STILL)
    ends = [
        move_head_alone(kept(driver), driver, PHOTO, share, STILL).landmarks for share in (0.0, 1.0)
    ]
    np.testing.assert_allclose(half.landmarks, np.mean(ends, 0), atol=1e-3)
    assert half.scale == pytest.approx(1.05)


def test_the_trunk_goes_along_as_far_as_the_drivers_has_gone() -> None:
    def shift(x: float, y: float) -> Array:
        alone = move_head_alone(kept(PERSON), PERSON, PHOTO, 1.0, np.array([x, y])).landmarks
        np.testing.assert_allclose(alone[FACE, :3], PERSON[FACE, :3], atol=1e-3)
        return np.asarray(alone[REST, :2] - PERSON[REST, :2])

    assert shift(float(0.02 * LENGTH), 0.0)[:, 0] == pytest.approx(0.02 * LENGTH, rel=0.01)
    assert np.abs(shift(900.0, -900.0)).max() <= ALONG * LENGTH + 1e-3


def seen(
    x: float, y: float, rows: int = SIDE, visible: float = 1.0, *, first: bool = False
) -> Located:
    """A driver in a frame of so many rows, whose shoulders have gone so far."""
    pose = pose_of(mask=first)
    landmarks = pose.landmarks.copy()
    landmarks[SHOULDERS, :2] += np.array([x, y], np.float32)
    landmarks[SHOULDERS, 3] = visible
    frame = np.zeros((rows, SIDE, 3), np.uint8)
    looked = Looked.at(frame, Window.of_box(0, 0, SIDE))
    return Located(landmarks, landmarks, None, replace(pose, landmarks=landmarks), looked, first)


def gone(x: float, y: float, rows: int = SIDE, visible: float = 1.0) -> Array:
    trunk = TrunkSeen()
    assert not trunk.follow(seen(5.0, 5.0)).any()  # nobody has been calibrated
    assert not trunk.follow(seen(2.0, 1.0, rows, visible, first=True)).any()
    return np.asarray(trunk.follow(seen(2.0 + x, 1.0 + y, rows, visible)), np.float32)


def test_it_is_seen_how_far_the_shoulders_have_gone() -> None:
    np.testing.assert_allclose(gone(3.0, -2.0), [3.0, -2.0], atol=1e-3)


def test_shoulders_just_below_the_frame_still_tell_and_those_far_below_do_not() -> None:
    landmarks = pose_of().landmarks
    mouth, eyes = landmarks[list(MOUTH), :3].mean(0), landmarks[[LEFT_EYE, RIGHT_EYE], :3].mean(0)
    length, row = np.linalg.norm(mouth - eyes), landmarks[SHOULDERS, 1].mean()
    shares = [gone(3.0, 0.0, int(row - below * length))[0] / 3.0 for below in (-0.5, 0.5, 1.5)]
    assert shares[0] == pytest.approx(1.0)
    assert 0.1 < shares[1] < 0.9
    assert shares[2] == 0.0


@pytest.mark.parametrize(("visible", "share"), [(CLEAR, 1.0), (GUESSED, 0.0)])
def test_shoulders_that_are_guessed_do_not_tell(visible: float, share: float) -> None:
    np.testing.assert_allclose(
        gone(3.0, -2.0, visible=visible), [3.0 * share, -2.0 * share], atol=1e-3
    )


def test_nothing_is_known_of_a_driver_who_is_forgotten_or_not_looked_at() -> None:
    trunk = TrunkSeen()
    trunk.follow(seen(0.0, 0.0, first=True))
    assert not trunk.follow(replace(seen(3.0, 0.0), looked=None)).any()
    assert trunk.follow(seen(3.0, 0.0)).any()
    trunk.reset()
    assert not trunk.follow(seen(3.0, 0.0)).any()
