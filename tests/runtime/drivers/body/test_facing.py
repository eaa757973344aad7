"""Which way drivers face: a photo's person of half a body goes on facing where it does there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.runtime.drivers.body.people import turned, turns_deg

from bunraku.runtime.drivers.body.facing import MOST_DEG, Facing
from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.body.sideways import Sideways
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array


def photo(trunk_deg: float, head_deg: float) -> tuple[float, float]:
    """How far the head and the trunk of its person are turned."""
    points = np.asarray(turned(trunk_deg, head_deg)[:, :3], np.float64)
    return Sideways.of(points, half=True).faces


def held(facing: Facing, driver: Array, of: tuple[float, float]) -> tuple[float, float]:
    """How far trunk and head of a driver are turned then."""
    return turns_deg(facing.hold(driver, NO_HANDS, of)[0])


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_driver_who_looks_into_the_camera_looks_where_the_photo_does(side: float) -> None:
    trunk, head = held(Facing(), turned(0.0, 0.0), photo(30.0 * side, 20.0 * side))
    assert 30.0 - MOST_DEG < side * trunk < 30.0 - 0.8 * MOST_DEG
    assert 20.0 - MOST_DEG < side * head < 20.0 - 0.8 * MOST_DEG


def test_what_the_driver_turns_since_counts_wholly() -> None:
    facing, of = Facing(), photo(30.0, 20.0)
    trunk, head = held(facing, turned(0.0, 0.0), of)
    since = held(facing, turned(-12.0, 25.0), of)
    assert since == pytest.approx((trunk - 12.0, head + 25.0), abs=0.1)


def test_what_they_turned_before_the_photo_was_changed_counts_too() -> None:
    """A whole body is turned as they are, and half a one follows."""
    facing, of = Facing(), photo(30.0, 20.0)
    driver = turned(0.0, 0.0)
    assert facing.hold(driver, NO_HANDS, None)[0] is driver
    now = held(facing, turned(-12.0, 25.0), of)
    trunk, head = held(Facing(), turned(0.0, 0.0), of)
    assert now == pytest.approx((trunk - 12.0, head + 25.0), abs=0.1)


def test_who_faces_as_the_photo_does_is_left_alone() -> None:
    driver = turned(30.0, 20.0)
    left, _ = Facing().hold(driver, NO_HANDS, photo(30.0, 20.0))
    assert np.allclose(left, driver, atol=1e-3)


@pytest.mark.parametrize(("own", "shown"), [(0.0, 40.0), (10.0, 40.0), (-10.0, 30.0)])
def test_who_looks_aside_at_the_calibration_is_turned_by_what_the_photo_is(
    own: float, shown: float
) -> None:
    _, head = held(Facing(), turned(0.0, 40.0), photo(0.0, own))
    assert head == pytest.approx(shown, abs=0.1)


def test_a_mirror_keeps_the_calibration() -> None:
    """Who looked to the left at the calibration has looked to the right as the mirror has it."""
    facing, of = Facing(), photo(0.0, 30.0)
    held(facing, turned(0.0, 20.0), of)
    facing.seen_in_mirror()
    in_mirror = Facing()
    held(in_mirror, turned(0.0, -20.0), of)
    driver = turned(0.0, -10.0)
    assert held(facing, driver, of) == pytest.approx(held(in_mirror, driver, of), abs=1e-3)


def test_a_new_calibration_begins_anew() -> None:
    facing, of = Facing(), photo(0.0, 30.0)
    held(facing, turned(0.0, 0.0), of)
    facing.reset()
    assert held(facing, turned(0.0, 30.0), of)[1] == pytest.approx(30.0, abs=0.1)


def test_hands_turn_as_their_arms_do() -> None:
    hand = HandPose(np.eye(3), np.zeros((5, 3)))
    landmarks, (_, right) = Facing().hold(turned(0.0, 0.0), (None, hand), photo(30.0, 0.0))
    assert right is not None
    palm = math.degrees(math.atan2(right.palm[0, 2], right.palm[2, 2]))
    assert palm == pytest.approx(turns_deg(landmarks)[0], abs=0.1)
