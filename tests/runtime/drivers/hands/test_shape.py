from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES, points_of

from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.shape import LEAST, MOST

FIST = np.deg2rad([[0, 10, 50, 60], *[[0, 80, 100, 60]] * 4])
POINTING = np.deg2rad([[0, 10, 50, 60], [5, 5, 5, 5], *[[0, 80, 100, 60]] * 3])


@pytest.mark.parametrize("side", [0, 1])
def test_the_template_is_at_rest(side: int) -> None:
    pose = SHAPES[side].read(points_of(side))
    assert np.allclose(pose.bends, SHAPES[side].bends, atol=1e-3)
    assert np.allclose(pose.palm, SHAPES[side].palm, atol=1e-3)
    assert np.allclose(SHAPES[side].turns(pose.bends), np.eye(3), atol=2e-3)
    assert (SHAPES[side].bends[1:, 1:] > 0).all()  # a hand at rest is bent a little
    assert np.linalg.det(SHAPES[side].palm) == pytest.approx(1.0)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("bends", [FIST, POINTING])
def test_bends_are_read_as_they_were_made(side: int, bends: np.ndarray) -> None:
    assert np.allclose(SHAPES[side].read(points_of(side, bends)).bends, bends, atol=0.01)


def test_both_sides_bend_alike() -> None:
    assert np.allclose(SHAPES[0].bends, SHAPES[1].bends, atol=1e-3)


@pytest.mark.parametrize("side", [0, 1])
def test_a_fist_brings_the_tips_to_the_palm(side: int) -> None:
    open_hand, fist = points_of(side), points_of(side, FIST)
    middle = open_hand[[0, 5, 17]].mean(0)
    tips = [8, 12, 16, 20]
    far = np.linalg.norm(open_hand[tips] - middle, axis=1)
    near = np.linalg.norm(fist[tips] - middle, axis=1)
    assert (near < 0.55 * far).all()


@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_at_ease_is_half_closed_its_fingers_side_by_side(side: int) -> None:
    rest, ease = points_of(side), points_of(side, SHAPES[side].at_ease.astype(np.float32))
    fist, wrist = points_of(side, FIST), rest[0]
    tips = [8, 12, 16, 20]
    far, near, shut = (np.linalg.norm(one[tips] - wrist, axis=1) for one in (rest, ease, fist))
    assert (near < 0.95 * far).all()
    assert (near > 1.2 * shut).all()
    across = SHAPES[side].palm[:, 1]
    spread, together = (np.abs(np.diff(one[tips] @ across)).sum() for one in (rest, ease))
    assert together < 0.75 * spread
    thumb = (np.linalg.norm(one[4] - one[6]) for one in (rest, ease))
    assert next(thumb) > 1.3 * next(thumb)  # it lies along the index


def test_a_turned_hand_is_bent_as_before() -> None:
    turn = about(np.array([[0.6, 0.8, 0.0]]), np.array([1.1]))[0]
    turned = (points_of(0, FIST) @ turn.T).astype(np.float32)
    pose = SHAPES[0].read(7.0 * turned + 3.0)
    assert np.allclose(pose.bends, FIST, atol=0.01)
    assert np.allclose(pose.palm, turn @ SHAPES[0].palm, atol=1e-3)


def test_fingers_that_break_are_held_back() -> None:
    broken = np.deg2rad([[60, 90, 120, 150], *[[-60, -90, -50, 130]] * 4])
    bends = SHAPES[0].read(points_of(0, broken)).bends
    assert (bends >= LEAST - 1e-9).all()
    assert (bends <= MOST + 1e-9).all()
    assert bends[2, 1] == pytest.approx(np.deg2rad(-30.0))
