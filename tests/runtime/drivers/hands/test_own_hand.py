from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES
from tests.runtime.drivers.hands.photos import POINTS, WINDOW, held

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
    return OwnHand.of(
        pose.place.pixels, pose.place, (WINDOW / 255.0).astype(np.float32), 30.0, SHAPES[0], pose
    )


def moved(own: OwnHand, palm: Array, bends: Vectors) -> Array:
    pose = replace(own.pose, bends=bends)
    return skin(own.mesh.vertices, own.mesh.weights, own.mesh.bones, own.transforms(palm, pose))


def test_held_as_in_the_photo_nothing_moves(own: OwnHand) -> None:
    assert np.abs(moved(own, STILL, own.pose.bends) - own.mesh.vertices).max() < 1e-3
    assert own.mesh.weights.sum(1) == pytest.approx(1.0, abs=1e-6)
    assert own.mesh.vertices[:, 2].mean() == pytest.approx(30.0, abs=8.0)


def test_the_palm_carries_all_of_it(own: OwnHand) -> None:
    palm = STILL.copy()
    palm[:, 3] = 5.0, -7.0, 2.0
    assert np.abs(moved(own, palm, own.pose.bends) - own.mesh.vertices - palm[:, 3]).max() < 1e-3


def test_one_bent_finger_moves_alone(own: OwnHand) -> None:
    bends = own.pose.bends.copy()
    bends[MIDDLE, 1:] += np.deg2rad(35.0)
    shift = np.linalg.norm(moved(own, STILL, bends) - own.mesh.vertices, axis=1)
    finger = (own.mesh.bones - 1) // 3
    its = ((finger == MIDDLE) & (own.mesh.weights > 0.0)).any(1)
    assert shift[~its].max() < 1e-3
    tip = POINTS[12, :2]
    at_tip = np.linalg.norm(own.mesh.vertices[:, :2] - tip, axis=1) < 2.0
    assert shift[at_tip & its].min() > 8.0
    # It bends to the inside of the hand and so becomes shorter in the picture.
    after = moved(own, STILL, bends)
    assert after[at_tip & its, 1].mean() > own.mesh.vertices[at_tip & its, 1].mean() + 4.0


def test_nothing_is_stretched_between_two_fingers(own: OwnHand) -> None:
    whose = np.where(own.mesh.bones > 0, (own.mesh.bones - 1) // 3, -1)
    for triangle in own.mesh.triangles:
        fingers = whose[triangle][own.mesh.weights[triangle] > 0.0]
        assert len(set(fingers[fingers >= 0].tolist())) <= 1


def test_a_driver_who_is_not_seen_leaves_the_fingers_and_turns_the_palm(own: OwnHand) -> None:
    turn = about(np.array([[0.0, 1.0, 0.0]]), np.deg2rad([50.0]))[0]
    pose = own.held(1.3 * turn.astype(np.float32), None)
    assert np.array_equal(pose.bends, own.pose.bends)
    assert np.abs(pose.palm - turn @ own.pose.palm).max() < 1e-5
    half = replace(own.pose, bends=own.pose.bends + 0.2, belief=0.5)
    assert own.held(turn, half).bends == pytest.approx(own.pose.bends + 0.1)


def test_a_finger_bends_as_far_as_its_pixels_stay_whole(own: OwnHand) -> None:
    def turned(degrees: float) -> float:
        bends = own.pose.bends.copy()
        bends[MIDDLE, 1] += np.deg2rad(degrees)
        turn = own.transforms(STILL, replace(own.pose, bends=bends))[1 + 3 * MIDDLE, :, :3]
        return float(np.rad2deg(np.arccos(np.clip(0.5 * (np.trace(turn) - 1.0), -1.0, 1.0))))

    assert turned(3.0) == pytest.approx(3.0, abs=0.3)
    steps = [turned(degrees) for degrees in (10.0, 20.0, 40.0, 80.0)]
    assert steps == sorted(steps)
    assert steps[-1] < 26.0


def test_the_palm_is_one_surface(own: OwnHand) -> None:
    still = (own.mesh.weights * (own.mesh.bones > 0)).sum(1) == 0.0
    place = own.mesh.vertices[still]
    _, which = np.unique(place[:, :2], axis=0, return_inverse=True)
    depth = np.full((which.max() + 1, 2), (np.inf, -np.inf))
    np.minimum.at(depth[:, 0], which, place[:, 2])
    np.maximum.at(depth[:, 1], which, place[:, 2])
    assert len(depth) < still.sum()  # some belong to two fingers
    assert (depth[:, 1] - depth[:, 0]).max() < 1e-4


def test_the_outline_hides_no_other_finger(own: OwnHand) -> None:
    assert own.pose.place is not None
    x, y = own.mesh.vertices[:, :2].astype(int).T
    outline = ~own.pose.place.pixels[y, x]
    assert own.mesh.behind[outline].min() > 5.0
    still = (own.mesh.weights * (own.mesh.bones > 0)).sum(1) == 0.0
    assert own.mesh.behind[~outline & still].max() == 0.0
