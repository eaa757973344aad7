"""Arms folded up to the collar or the hair of a person made by code: they stay there."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, SCALE, N, fitted_to
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.at_face import face_by_pose
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.held_up import hands_held_up
from bunraku.runtime.drivers.body.showing import AT_FACE, shown_by
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)
from bunraku.spec.skeleton import BodyBone

SEEN = True, True
TRUNK_PX = float(
    np.linalg.norm(
        PERSON[[LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(0)
        - PERSON[[LEFT_HIP, RIGHT_HIP], :2].mean(0)
    )
)


def holding(hand: Array, elbow: tuple[float, float] = (6.0, 30.0)) -> Array:
    """``[33, 4]``: the left hand there, the elbow so far beside and below its shoulder."""
    result = PERSON.copy()
    result[LEFT_ELBOW, :2] = PERSON[LEFT_SHOULDER, :2] + np.array(elbow, np.float32)
    up = (hand - result[LEFT_ELBOW, :2]) * np.float32(0.15)
    result[LEFT_WRIST, :2] = hand - up
    result[list(LEFT_HAND), :2] = hand
    result[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND], 2] -= 15.0
    return result


def collar() -> Array:
    """``[2]``: below the chin, to the left of the throat."""
    return np.asarray(PERSON[LEFT_SHOULDER, :2] + np.array([-8.0, -1.0]), np.float32)


def held_up(points: Array, seen: tuple[bool, bool] = SEEN) -> tuple[bool | None, bool | None]:
    """Which arms are held up, and whether with the head; the person fills the window's middle."""
    inside = np.zeros((N, N), np.bool_)
    x, y = PERSON[[LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(0).astype(int)
    inside[y - 45 : y, x - 11 : x + 11] = inside[y - 5 :, x - 25 : x + 25] = True
    groups = np.where(inside, Group.TRUNK, Group.NOBODY).astype(np.int32)
    exact = points.astype(np.float64)
    face = face_by_pose(exact, away=False)
    left, right = hands_held_up(groups, exact, face, inside, TRUNK_PX, seen)
    return left.with_head if left else None, right.with_head if right else None


def test_a_hand_at_the_collar_stays_with_the_trunk() -> None:
    assert held_up(holding(collar())) == (False, None)
    assert held_up(holding(collar()), (False, True)) == (None, None)


def test_a_hand_in_the_hair_stays_with_the_head() -> None:
    hair = PERSON[list(HEAD), :2].mean(0) + np.array([9.0, -4.0])
    assert held_up(holding(hair)) == (True, None)


def test_fingers_at_the_temple_stay_though_the_hand_is_beside_the_person() -> None:
    ear = PERSON[LEFT_EAR, :2]
    assert held_up(holding(ear + np.array([0.15 * TRUNK_PX, 0.0]), (26.0, 12.0))) == (True, None)


@pytest.mark.parametrize(
    "points",
    [
        PERSON,  # hanging
        holding(PERSON[LEFT_SHOULDER, :2] + np.array([40.0, -10.0])),  # waving, beside the person
        holding(  # folded before the chest
            PERSON[LEFT_SHOULDER, :2] + np.array([-2.0, 0.25 * TRUNK_PX]), (6.0, 0.9 * TRUNK_PX)
        ),
        holding(PERSON[LEFT_SHOULDER, :2] + np.array([-22.0, 14.0]), (2.0, 20.0)),  # crossed
    ],
)
def test_others_move(points: Array) -> None:
    assert held_up(points) == (None, None)


def test_so_it_is_bound_and_the_user_is_told() -> None:
    landmarks = holding(collar())
    fit = fitted_to(landmarks, silhouette(landmarks, (N, N), SCALE).astype(np.float32))
    assert bind_photo(fit, street((N, N))).at_face == (False, False)  # of a whole body it moves
    bound = bind_photo(fit, street((N, N)), half=True)
    assert bound.at_face == (True, False)
    own = [Group.UPPER_ARM_L, Group.FOREARM_L, Group.HAND_L]
    assert not np.isin(bound.whole.group, own).any()
    x, y = fit.stance.points[LEFT_WRIST, :2].astype(int)
    assert bound.whole.weights[y, x, BodyBone.HEAD] < 0.5
    showing = shown_by(fit, np.ones((N, N), np.bool_), True, at_face=bound.at_face)
    assert showing.note == AT_FACE
    both = shown_by(fit, np.ones((N, N), np.bool_), True, at_face=(True, True))
    assert both.note == AT_FACE
