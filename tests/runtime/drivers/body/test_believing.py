from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.drivers.body.believing import belief, hidden_by_body
from bunraku.runtime.drivers.locating import Located
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_HIP,
)

SHAPE = 480, 640
WHOLE = standing(60.0, 200.0, 319.5, SHAPE).landmarks


def located(landmarks: Array) -> Located:
    return Located(landmarks, landmarks, None)


def test_landmarks_out_of_sight_are_not_believed() -> None:
    in_frame = np.zeros((33, 4), np.float32)
    in_frame[:, :2], in_frame[:, 3] = 50.0, 1.0
    in_frame[1, 3] = 0.1
    in_frame[2, 3] = 0.275
    in_frame[3, 1] = 140.0
    found = belief(located(in_frame), (100, 200))
    assert found[[0, 1, 3]].tolist() == [1.0, 0.0, 0.0]
    assert found[2] == pytest.approx(0.5)


def test_an_arm_that_the_body_hides_is_where_it_is_guessed() -> None:
    landmarks = WHOLE.copy()
    landmarks[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND, LEFT_ANKLE], 3] = 0.05
    found = hidden_by_body(located(landmarks), SHAPE)
    assert found[[LEFT_ELBOW, LEFT_WRIST, *LEFT_HAND]].tolist() == [1.0] * 5
    assert found[LEFT_ANKLE] == 0.0


@pytest.mark.parametrize(
    ("joints", "at", "visibility"),
    [
        ([LEFT_WRIST], (636.0, 240.0), 1.0),  # the frame's edge may hide it
        ([LEFT_HIP, RIGHT_HIP], (320.0, 470.0), 1.0),  # all that is low may be hidden so
        ([RIGHT_HIP], (310.0, 300.0), 0.1),  # something is before the person
    ],
)
def test_an_arm_that_something_else_may_hide_is_not(
    joints: list[int], at: tuple[float, float], visibility: float
) -> None:
    landmarks = WHOLE.copy()
    landmarks[joints, :2], landmarks[joints, 3] = at, visibility
    found = hidden_by_body(located(landmarks), SHAPE)
    assert found[LEFT_WRIST] < 0.6
    assert (found[RIGHT_ELBOW] == 1.0) == (joints == [LEFT_WRIST])
