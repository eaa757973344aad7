from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.hands.people import SHAPES
from tests.runtime.drivers.hands.photos import INSIDE, POINTS, WINDOW, N, drawn_hand, held

from bunraku.runtime.drivers.body.pen import HOST
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.own_drawing import own_picture
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.spec.arrays import Array

STILL = np.eye(3, 4, dtype=np.float32)


def empty() -> Drawn:
    """Nobody: black, and nothing of the photo."""

    def zeros(channels: int) -> Array:
        return np.zeros((1, channels, N, N), np.float32)

    return Drawn(zeros(3), zeros(1), zeros(1), zeros(5), zeros(2))


@pytest.fixture(scope="module")
def own() -> OwnHand:
    pose = held()
    assert pose.place is not None
    return OwnHand.of(
        pose.place.pixels, pose.place, (WINDOW / 255.0).astype(np.float32), 0.0, SHAPES[0], pose
    )


@pytest.fixture(scope="module")
def photo() -> Array:
    cover = (drawn_hand() & INSIDE).astype(np.float32)[..., None]
    return np.concatenate([WINDOW.astype(np.float32) / 255.0, cover], -1)


def lay_own(
    drawn: Drawn, own: OwnHand, photo: Array, palm: Array, pose: HandPose, anew: float = 0.0
) -> None:
    picture = own_picture(own, photo, palm, pose, N, anew)
    if picture is not None:
        HOST.lay(drawn, *picture)


def test_a_hand_that_has_not_moved_is_the_photos(own: OwnHand, photo: Array) -> None:
    drawn = empty()
    lay_own(drawn, own, photo, STILL, own.pose)
    deep = drawn_hand()
    deep[1:-1, 1:-1] &= deep[2:, 1:-1] & deep[:-2, 1:-1] & deep[1:-1, 2:] & deep[1:-1, :-2]
    assert drawn.mask[0, 0][deep].min() > 0.96
    assert drawn.mask[0, 0][~drawn_hand()].max() < 0.6
    assert np.abs(drawn.image[0].transpose(1, 2, 0) - photo[..., :3])[deep].max() < 0.03
    assert np.abs(drawn.flow[0][:, deep]).max() * N / 2 < 0.05
    assert drawn.trust[0, 0][deep].min() > 0.96
    assert drawn.warped[0, 3][deep].min() == 1.0


def test_a_moved_hand_reads_where_it_comes_from(own: OwnHand, photo: Array) -> None:
    drawn = empty()
    palm = STILL.copy()
    palm[:2, 3] = 12.0, 5.0
    lay_own(drawn, own, photo, palm, own.pose)
    x, y = POINTS[9, :2].round().astype(int)
    assert drawn.flow[0, :, y + 5, x + 12] * N / 2 == pytest.approx([-12.0, -5.0], abs=0.05)
    assert drawn.image[0, :, y + 5, x + 12] == pytest.approx(photo[y, x, :3], abs=0.04)


def test_a_hand_lies_over_what_was_there(own: OwnHand, photo: Array) -> None:
    drawn = empty()
    drawn.image[:], drawn.mask[:], drawn.trust[:] = 0.2, 1.0, 1.0
    lay_own(drawn, own, photo, STILL, own.pose)
    x, y = POINTS[9, :2].round().astype(int)
    assert drawn.mask[0, 0, y, x] == pytest.approx(1.0)
    assert drawn.image[0, :, y, x] == pytest.approx(photo[y, x, :3], abs=0.02)
    assert drawn.image[0, :, 2, 2] == pytest.approx(0.2)


def test_a_finger_that_turns_its_other_side_to_the_camera_is_not_the_photos(
    own: OwnHand, photo: Array
) -> None:
    bends = own.pose.bends.copy()
    bends[2, 1:3] += np.deg2rad((70.0, 80.0))
    drawn = empty()
    lay_own(drawn, own, photo, STILL, replace(own.pose, bends=bends))
    tip = POINTS[12, :2].round().astype(int)
    assert drawn.mask[0, 0, tip[1], tip[0]] < 0.05
    assert np.isfinite(drawn.image).all()


def test_at_the_wrist_it_goes_over_into_an_arm_that_is_made_anew(
    own: OwnHand, photo: Array
) -> None:
    whole, over = empty(), empty()
    lay_own(whole, own, photo, STILL, own.pose)
    lay_own(over, own, photo, STILL, own.pose, 1.0)
    wrist, knuckle = POINTS[0, :2], POINTS[9, :2]
    shares = []
    for share in (0.1, 0.2, 0.3, 0.6):
        x, y = np.rint(wrist + share * (knuckle - wrist)).astype(int)
        assert whole.mask[0, 0, y, x] > 0.95
        shares.append(float(over.mask[0, 0, y, x]))
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] > 0.95


def test_a_hand_that_is_turned_aside_has_no_cracks(own: OwnHand, photo: Array) -> None:
    wrist = POINTS[0].astype(np.float64)
    for axis in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        for degrees in (-30.0, 30.0):
            turn = about(np.array([axis]), np.deg2rad([degrees]))[0]
            palm = np.column_stack([turn, wrist - turn @ wrist]).astype(np.float32)
            drawn = empty()
            lay_own(drawn, own, photo, palm, own.pose)
            there = (drawn.mask[0, 0] > 0.5).astype(np.uint8)
            rows = slice(int(wrist[1]) - 14, int(wrist[1]))
            whole = cv2.morphologyEx(there, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
            assert (whole > there)[rows].sum() == 0


def test_a_hand_out_of_the_window_changes_nothing(own: OwnHand, photo: Array) -> None:
    drawn = empty()
    palm = STILL.copy()
    palm[0, 3] = 900.0
    lay_own(drawn, own, photo, palm, own.pose)
    assert drawn.mask.max() == 0.0
