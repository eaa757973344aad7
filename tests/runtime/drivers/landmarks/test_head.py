from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import standing

from bunraku.runtime.drivers.landmarks.head import head_map
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD


def face() -> Array:
    """``[33, 4]`` landmarks in window units."""
    points = standing(100.0, 400.0, 128.0, (512, 256)).landmarks.copy()
    points[:, :2] /= 512.0
    return points


def applied(head: Array, points: Array) -> Array:
    matrix = head[:6].reshape(2, 3)
    placed = points[:, :2] * 2.0 - 1.0
    ends: Array = ((placed @ matrix[:, :2].T + matrix[:, 2] + 1.0) / 2.0).astype(np.float32)
    return ends


def test_the_same_face_is_the_identity() -> None:
    head = head_map(face(), face())
    assert np.allclose(head, [1, 0, 0, 0, 1, 0, 1], atol=1e-5)


def test_a_moved_turned_and_larger_head_is_found() -> None:
    driver = face()
    turn = np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]], np.float32) * 1.3
    driver[:, :2] = (driver[:, :2] - 0.4) @ turn.T + 0.5
    head = head_map(face(), driver)
    assert head[6] == pytest.approx(1.0)
    ends = applied(head, driver[list(HEAD)])
    assert np.allclose(ends, face()[list(HEAD), :2], atol=1e-5)


def test_a_head_seen_from_behind_is_not_a_face() -> None:
    driver = face()
    driver[:, 0] = 1.0 - driver[:, 0]  # left and right have changed places
    assert head_map(face(), driver)[6] == 0.0


def test_a_profile_is_left_to_the_charts() -> None:
    driver = face()
    middle = driver[list(HEAD), 0].mean()
    driver[:, 0] = middle + 0.1 * (driver[:, 0] - middle)
    assert head_map(face(), driver)[6] == 0.0


def test_landmarks_in_one_point_are_survived() -> None:
    driver = face()
    driver[:, :2] = 0.5
    assert not head_map(face(), driver).any()
