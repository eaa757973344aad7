from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import pose_with
from tests.runtime.drivers.hands.photos import INSIDE, POINTS, WINDOW, turned_palm

from bunraku.runtime.drivers.hands.pinning import (
    PINNED,
    USUAL,
    apart_from_pose,
    pin_driver,
    pin_photo,
)
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose

POSE = pose_with((60.0, 90.0), (20.0, 90.0), 30.0)


def test_a_photos_hand_is_where_its_points_are() -> None:
    place = HandPlace.of(POINTS, INSIDE, WINDOW)
    hand = HandPose(turned_palm(), np.zeros((5, 4)), place=place)
    pinned = pin_photo(POSE, (hand, None))
    assert pinned[PINNED[0], :2] == pytest.approx(POINTS[[0, 17, 5], :2])
    others = [k for k in range(33) if k not in PINNED[0]]
    assert np.array_equal(pinned[others], POSE[others])
    assert np.array_equal(pinned[:, 2:], POSE[:, 2:])


def test_a_drivers_hand_moves_as_far_as_it_is_believed() -> None:
    apart = apart_from_pose(POINTS, POSE, 0)
    assert apart == pytest.approx(POINTS[[0, 17, 5], :2] - POSE[PINNED[0], :2])
    hand = HandPose(turned_palm(), np.zeros((5, 4)), 0.5, apart=apart)
    photo = HandPose(turned_palm(), np.zeros((5, 4)), place=HandPlace.of(POINTS, INSIDE, WINDOW))
    pinned = pin_driver(POSE, (hand, None), (photo, None), 0.8)
    assert pinned[PINNED[0], :2] - POSE[PINNED[0], :2] == pytest.approx(0.4 * apart, abs=1e-4)
    assert np.array_equal(pin_driver(POSE, (None, None), (photo, photo), 0.8), POSE)


def test_without_a_photos_hand_only_what_is_unusual_counts() -> None:
    palm = 30.0  # from wrist to knuckles, as the pose has it
    usual = USUAL * palm
    for away, left in ((0.1 * palm, 0.0), (usual, 0.0), (1.5 * usual, usual), (palm, palm)):
        apart = np.full((3, 2), (away, 0.0), np.float32)
        hand = HandPose(turned_palm(), np.zeros((5, 4)), apart=apart)
        pinned = pin_driver(POSE, (hand, None), (None, None), 1.0)
        moved = pinned[PINNED[0], :2] - POSE[PINNED[0], :2]
        assert moved == pytest.approx(np.full((3, 2), (left, 0.0)), abs=0.5)
