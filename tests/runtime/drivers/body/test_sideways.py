"""Photos of who stands sideways: head and trunk stay about as they are turned there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted

from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.body.showing import SIDEWAYS, shown_by
from bunraku.runtime.drivers.body.sideways import HEAD_MOST_DEG, TRUNK_MOST_DEG, Sideways
from bunraku.runtime.drivers.body.trunk import trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EAR, LEFT_ELBOW, LEFT_SHOULDER, RIGHT_EAR
from bunraku.spec.skeleton import BodyBone

BODY = np.isin(np.arange(33), HEAD, invert=True)


def turned(trunk_deg: float, head_deg: float) -> Array:
    """``[33, 4]``: a person whose trunk, with all that hangs on it, and head are so far turned."""
    result = standing()
    for which, degrees in ((BODY, trunk_deg), (~BODY, head_deg)):
        turn = about(np.array([[0.0, 1.0, 0.0]]), np.array([np.deg2rad(degrees)]))[0]
        middle = result[which, :3].mean(0)
        result[which, :3] = (result[which, :3] - middle) @ turn.T + middle
    return result


def turns_deg(points: Array) -> tuple[float, float]:
    """How far trunk and head are turned."""
    away = trunk_frames(points[:, :3].astype(np.float64))[0][:, 2]
    across = points[LEFT_EAR, :3] - points[RIGHT_EAR, :3]
    return (
        math.degrees(math.atan2(away[0], away[2])),
        math.degrees(math.atan2(-across[2], across[0])),
    )


def points_of(photo: Array) -> Vectors:
    return np.asarray(photo[:, :3], np.float64)


@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_driver_who_faces_the_camera_stands_nearly_as_the_photo(side: float) -> None:
    photo = Sideways.of(points_of(turned(60.0 * side, 40.0 * side)), half=True)
    assert photo.hides_arms
    landmarks, _ = photo.hold(standing(), NO_HANDS)
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
    held, _ = Sideways.of(points_of(photo), half=True).hold(photo, NO_HANDS)
    assert np.allclose(held, photo, atol=1e-3)


@pytest.mark.parametrize("photo_deg", [-150.0, 60.0, 90.0, 180.0])
def test_nobody_jumps_while_the_driver_turns_round(photo_deg: float) -> None:
    photo = Sideways.of(points_of(turned(photo_deg, photo_deg)), half=True)
    driver = (turned(turn, turn) for turn in np.arange(-180.0, 181.0, 4.0))
    held = [photo.hold(one, NO_HANDS)[0] for one in driver]
    steps = np.diff([turns_deg(one) for one in held], axis=0)
    assert np.abs((steps + 180.0) % 360.0 - 180.0).max() < 6.0


def test_hands_turn_as_their_arms_do() -> None:
    photo = Sideways.of(points_of(turned(60.0, 0.0)), half=True)
    hand = HandPose(np.eye(3), np.zeros((5, 3)))
    landmarks, (left, right) = photo.hold(standing(), (hand, None))
    assert left is not None
    assert right is None
    turn = math.degrees(math.atan2(left.palm[0, 2], left.palm[2, 2]))
    assert turn == pytest.approx(turns_deg(landmarks)[0] - turns_deg(standing())[0], abs=0.1)


@pytest.mark.parametrize(("trunk", "head"), [(0.0, 0.0), (20.0, 10.0), (-20.0, -10.0)])
def test_who_faces_the_camera_turns_freely(trunk: float, head: float) -> None:
    driver = turned(70.0, 60.0)
    held, _ = Sideways.of(points_of(turned(trunk, head)), half=True).hold(driver, NO_HANDS)
    assert held is driver


def test_whole_bodies_turn_freely() -> None:
    driver = standing()
    assert (
        Sideways.of(points_of(turned(60.0, 40.0)), half=False).hold(driver, NO_HANDS)[0] is driver
    )


def test_arms_stay_and_the_user_is_told() -> None:
    fit = fitted(OUTLINE)
    showing = shown_by(fit, np.ones((N, N), np.bool_), True, sideways=True)
    assert showing.note == SIDEWAYS
    arms = [BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L, BodyBone.HAND_R]
    assert (showing.carrier[arms] == BodyBone.CHEST).all()
    assert showing.landmarks[LEFT_ELBOW] == 0.0
