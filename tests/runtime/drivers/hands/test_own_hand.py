from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES
from tests.runtime.drivers.hands.photos import POINTS, held

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.spec.arrays import Array

STILL = np.eye(3, 4, dtype=np.float32)
MIDDLE = 2


@pytest.fixture(scope="module")
def own() -> OwnHand:
    pose = held()
    assert pose.place is not None
    return OwnHand.of(pose.place.pixels, pose.place, 30.0, SHAPES[0], pose)


def moved(own: OwnHand, palm: Array, bends: Vectors) -> Array:
    pose = replace(own.pose, bends=bends)
    return skin(own.vertices, own.weights, own.bones, own.transforms(palm, pose))


def test_held_as_in_the_photo_nothing_moves(own: OwnHand) -> None:
    assert np.abs(moved(own, STILL, own.pose.bends) - own.vertices).max() < 1e-3
    assert own.weights.sum(1) == pytest.approx(1.0, abs=1e-6)
    assert own.vertices[:, 2].mean() == pytest.approx(30.0, abs=8.0)


def test_the_palm_carries_all_of_it(own: OwnHand) -> None:
    palm = STILL.copy()
    palm[:, 3] = 5.0, -7.0, 2.0
    assert np.abs(moved(own, palm, own.pose.bends) - own.vertices - palm[:, 3]).max() < 1e-3


def test_one_bent_finger_moves_alone(own: OwnHand) -> None:
    bends = own.pose.bends.copy()
    bends[MIDDLE, 1:] += np.deg2rad(35.0)
    shift = np.linalg.norm(moved(own, STILL, bends) - own.vertices, axis=1)
    finger = (own.bones - 1) // 3
    its = ((finger == MIDDLE) & (own.weights > 0.0)).any(1)
    assert shift[~its].max() < 1e-3
    tip = POINTS[12, :2]
    at_tip = np.linalg.norm(own.vertices[:, :2] - tip, axis=1) < 2.0
    assert shift[at_tip & its].min() > 8.0
    # It bends to the inside of the hand and so becomes shorter in the picture.
    after = moved(own, STILL, bends)
    assert after[at_tip & its, 1].mean() > own.vertices[at_tip & its, 1].mean() + 4.0


def test_nothing_is_stretched_between_two_fingers(own: OwnHand) -> None:
    whose = np.where(own.bones > 0, (own.bones - 1) // 3, -1)
    for triangle in own.triangles:
        fingers = whose[triangle][own.weights[triangle] > 0.0]
        assert len(set(fingers[fingers >= 0].tolist())) <= 1


def test_a_driver_who_is_not_seen_leaves_the_fingers_and_turns_the_palm(own: OwnHand) -> None:
    turn = about(np.array([[0.0, 1.0, 0.0]]), np.deg2rad([50.0]))[0]
    pose = own.held(1.3 * turn.astype(np.float32), None)
    assert np.array_equal(pose.bends, own.pose.bends)
    assert np.abs(pose.palm - turn @ own.pose.palm).max() < 1e-5
    half = replace(own.pose, bends=own.pose.bends + 0.2, belief=0.5)
    assert own.held(turn, half).bends == pytest.approx(own.pose.bends + 0.1)
