"""Hands before a face."""

from __future__ import annotations

import numpy as np
from tests.runtime.drivers.face.faces import made, pose_of

from bunraku.runtime.drivers.face.hiding import unhidden
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HAND, LEFT_WRIST

FACE = made(middle=(150.0, 110.0), unit_px=60.0)
MOUTH = (150.0, 110.0 + 0.72 * 60.0)


def with_hand(wrist: tuple[float, float], knuckles: tuple[float, float]) -> Array:
    pose = pose_of(FACE)
    pose[LEFT_WRIST, :2] = wrist
    pose[list(LEFT_HAND), :2] = knuckles
    pose[16:23:2, 3] = 0.0
    return pose


def test_hands_that_hang_hide_nothing() -> None:
    pose = with_hand((250.0, 400.0), (255.0, 430.0))
    np.testing.assert_array_equal(unhidden(FACE, pose), np.ones(MEASURES))


def test_a_hand_before_the_mouth_hides_the_mouth_alone() -> None:
    x, y = MOUTH
    seen = unhidden(FACE, with_hand((x + 40.0, y + 40.0), (x + 20.0, y + 20.0)))
    assert seen[Measure.LOWER_LIP] == seen[Measure.WIDTH] == 0.0
    assert seen[Measure.RIGHT_LID] == 1.0


def test_fingers_reach_beyond_the_knuckles_and_are_given_up_by_degrees() -> None:
    x, y = MOUTH
    seen = [
        unhidden(FACE, with_hand((x, y + 70.0 + d), (x, y + 40.0 + d)))[Measure.LOWER_LIP]
        for d in (0.0, 5.0, 30.0)
    ]
    assert seen[0] == 0.0
    assert 0.0 < seen[1] < 1.0
    assert seen[2] == 1.0


def test_a_hand_out_of_sight_hides_nothing() -> None:
    pose = with_hand(MOUTH, MOUTH)
    pose[LEFT_WRIST, 3] = 0.1
    np.testing.assert_array_equal(unhidden(FACE, pose), np.ones(MEASURES))


def test_a_hand_over_an_eye_hides_the_gaze_too() -> None:
    x, y = 150.0 + 0.33 * 60.0, 110.0
    seen = unhidden(FACE, with_hand((x + 60.0, y - 20.0), (x + 26.0, y - 8.0)))
    assert seen[Measure.LEFT_LID] == seen[Measure.GAZE_X] == 0.0
    assert seen[Measure.LOWER_LIP] == 1.0
    assert seen[Measure.RIGHT_LID] > 0.8
