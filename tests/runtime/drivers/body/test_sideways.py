"""Photos of who stands sideways: head and trunk stay about as they are turned there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing, turned, turns_deg
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted

from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.body.showing import SIDEWAYS, shown_by
from bunraku.runtime.drivers.body.sideways import HEAD_MOST_DEG, TRUNK_MOST_DEG, Sideways
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, LEFT_ELBOW, LEFT_KNEE, LEFT_SHOULDER, RIGHT_KNEE, SHOULDERS
from bunraku.spec.skeleton import BodyBone


def points_of(photo: Array) -> Vectors:
    return np.asarray(photo[:, :3], np.float64)


def held_by(photo: Sideways, driver: Array, hands: HandPoses = NO_HANDS) -> tuple[Array, HandPoses]:
    """Head and trunk of a driver, and hands, held as that photo's are."""
    return photo.hold_trunk(photo.hold_head(driver), hands)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_driver_who_faces_the_camera_stands_nearly_as_the_photo(side: float) -> None:
    photo = Sideways.of(points_of(turned(60.0 * side, 40.0 * side)), half=True)
    assert photo.hides_arms
    landmarks, _ = held_by(photo, standing())
    trunk, head = (side * turn for turn in turns_deg(landmarks))
    assert 60.0 - TRUNK_MOST_DEG < trunk < 60.0 - 0.8 * TRUNK_MOST_DEG
    assert 40.0 - HEAD_MOST_DEG < head < 40.0 - 0.8 * HEAD_MOST_DEG
    before, since = (
        np.linalg.norm(points[LEFT_ELBOW, :3] - points[LEFT_SHOULDER, :3])
        for points in (standing(), landmarks)
    )
    assert since == pytest.approx(before, rel=1e-4)
    assert np.allclose(landmarks[:, 1], standing()[:, 1], atol=1e-3)


def test_a_driver_who_stands_as_the_photo_does_stays() -> None:
    photo = turned(60.0, 40.0)
    held, _ = held_by(Sideways.of(points_of(photo), half=True), photo)
    assert np.allclose(held, photo, atol=1e-3)


@pytest.mark.parametrize("photo_deg", [-150.0, 60.0, 90.0, 180.0])
def test_nobody_jumps_while_the_driver_turns_round(photo_deg: float) -> None:
    photo = Sideways.of(points_of(turned(photo_deg, photo_deg)), half=True)
    driver = (turned(turn, turn) for turn in np.arange(-180.0, 181.0, 4.0))
    held = [held_by(photo, one)[0] for one in driver]
    steps = np.diff([turns_deg(one) for one in held], axis=0)
    assert np.abs((steps + 180.0) % 360.0 - 180.0).max() < 6.0


@pytest.mark.parametrize(
    ("trunk", "head", "hides"),
    [(-40.0, -75.0, True), (37.0, 65.0, True), (40.0, 45.0, False), (10.0, 75.0, False)],
)
def test_arms_stay_of_who_is_in_profile(trunk: float, head: float, hides: bool) -> None:
    assert Sideways.of(points_of(turned(trunk, head)), half=True).hides_arms is hides


def test_hands_turn_as_their_arms_do() -> None:
    photo = Sideways.of(points_of(turned(60.0, 0.0)), half=True)
    hand = HandPose(np.eye(3), np.zeros((5, 3)))
    landmarks, (left, right) = held_by(photo, standing(), (hand, None))
    assert left is not None
    assert right is None
    turn = math.degrees(math.atan2(left.palm[0, 2], left.palm[2, 2]))
    assert turn == pytest.approx(turns_deg(landmarks)[0] - turns_deg(standing())[0], abs=0.1)


@pytest.mark.parametrize(("trunk", "head"), [(0.0, 0.0), (20.0, 10.0), (-20.0, -10.0)])
def test_who_faces_the_camera_turns_freely(trunk: float, head: float) -> None:
    driver = turned(70.0, 60.0)
    held, _ = held_by(Sideways.of(points_of(turned(trunk, head)), half=True), driver)
    assert held is driver


def test_whole_bodies_turn_freely() -> None:
    driver = standing()
    photo = Sideways.of(points_of(turned(60.0, 40.0)), half=False)
    assert held_by(photo, driver)[0] is driver


def test_a_whole_body_that_sits_turns_as_half_a_body_does() -> None:
    for turn, held in ((60.0, True), (40.0, False)):  # less turned, its legs move
        sits = points_of(turned(turn, 40.0))
        trunk_px = float(np.linalg.norm(sits[SHOULDERS].mean(0) - sits[HIPS].mean(0)))
        sits[[LEFT_KNEE, RIGHT_KNEE]] = sits[HIPS] + (trunk_px, 0.1 * trunk_px, 0.0)
        assert (Sideways.of(sits, half=False) == Sideways.of(sits, half=True)) == held
        assert Sideways.of(sits, half=False).hides_arms == held


def test_arms_stay_and_the_user_is_told() -> None:
    fit = fitted(OUTLINE)
    showing = shown_by(fit, np.ones((N, N), np.bool_), True, sideways=True)
    assert showing.note == SIDEWAYS
    arms = [BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_R]
    assert (showing.carrier[arms] == BodyBone.CHEST).all()
    assert showing.landmarks[LEFT_ELBOW] == 0.0
