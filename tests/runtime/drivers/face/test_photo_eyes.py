"""Lids, gaze and brows of a photo's face."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.face.faces import made
from tests.runtime.drivers.face.photos import (
    BACK,
    EYE_WHITE,
    IRIS,
    MIDDLE,
    SKIN,
    UNIT_PX,
    at,
    doing,
    painted,
    prepared,
    shown,
)

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.spec.arrays import Picture


def test_a_shut_lid_is_skin_in_the_light_though_the_photo_has_it_in_a_dark_fold() -> None:
    made_face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(made_face)
    top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (-0.12, -0.05))
    photo[top:bottom, 140:174] = 60
    face = PhotoFace.of(photo, made_face)
    assert face is not None
    blink = shown(face, doing(right_lid=1.0, left_lid=1.0))
    assert min(at(photo, 0.33, -0.07)) == 60
    np.testing.assert_array_less(90, at(blink, 0.33, -0.03))
    astonished = shown(face, doing(left_brow=0.1))
    np.testing.assert_array_less(70, at(astonished, 0.33, -0.1))
    assert at(astonished, 0.33, -0.02) == at(photo, 0.33, -0.02)


def test_a_smile_narrows_eyes_from_below_and_a_blink_from_above() -> None:
    _, face = prepared()
    smile, tired = (shown(face, doing(right_lid=0.3, left_lid=0.3, width=w)) for w in (0.2, 0.0))
    assert min(at(smile, 0.3, -0.038)) > min(at(tired, 0.3, -0.038)) + 20
    assert min(at(smile, 0.3, 0.038)) < min(at(tired, 0.3, 0.038)) - 20
    blink = doing(right_lid=1.0, left_lid=1.0)
    both = doing(right_lid=1.0, left_lid=1.0, width=0.2)
    up = round(MIDDLE[1] + 0.3 * UNIT_PX)
    np.testing.assert_array_equal(shown(face, blink)[:up], shown(face, both)[:up])


def test_shut_lids_hide_the_eyes_and_one_may_be_shut_alone() -> None:
    _, face = prepared()
    both = shown(face, doing(right_lid=1.0, left_lid=1.0))
    wink = shown(face, doing(right_lid=1.0))
    for u in (-0.33, 0.33):
        assert at(both, u, 0.0)[2] < 160
    assert at(wink, -0.33, 0.0)[2] < 160
    assert at(wink, 0.33, 0.0) == list(IRIS)
    half = shown(face, doing(right_lid=0.5, left_lid=0.5))
    assert at(half, 0.33, 0.02)[2] > 160
    assert at(half, 0.33, -0.035) == list(SKIN)


def test_lids_that_fall_do_not_draw_a_thick_brow_out() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face)
    # The points of a brow's lower edge lie within a brow that is thick.
    top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (-0.2, -0.115))
    photo[top:bottom, 140:170] = BACK
    found = PhotoFace.of(photo, face)
    assert found is not None
    blink = shown(found, doing(right_lid=1.0, left_lid=1.0))
    assert at(photo, 0.33, -0.09) == at(blink, 0.33, -0.09) == list(SKIN)
    assert at(blink, 0.33, -0.14) == [BACK] * 3
    assert at(blink, 0.33, 0.0)[2] < 160


def test_a_brow_that_rises_draws_bare_skin_out_and_not_its_shade() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face)
    # A thick brow, a strip of skin, and the shade above the lid.
    for low, high in ((-0.2, -0.125), (-0.095, -0.04)):
        top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (low, high))
        photo[top:bottom, 140:170] = BACK
    found = PhotoFace.of(photo, face)
    assert found is not None
    raised = shown(found, doing(right_brow=0.1, left_brow=0.1))
    dark = [
        int((picture[80:107, 150:160].mean(-1) < (BACK + 156) / 2).sum())
        for picture in (photo, raised)
    ]
    assert dark[1] < 1.15 * dark[0]
    assert at(raised, 0.33, -0.16) == list(SKIN)


def test_a_lid_that_shuts_in_the_shade_is_no_lighter_than_the_shade() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face)
    top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (-0.3, 0.1))
    photo[top:bottom, 140:180] = photo[top:bottom, 140:180] // 4
    found = PhotoFace.of(photo, face)
    assert found is not None
    blink = shown(found, doing(right_lid=1.0, left_lid=1.0))
    lids = [max(at(blink, u, v)[0] for v in (-0.06, -0.03, 0.0)) for u in (-0.33, 0.33)]
    assert lids[0] > 0.9 * SKIN[0]
    assert lids[1] < 0.4 * SKIN[0]


def test_lids_that_meet_show_nothing_of_a_large_eye() -> None:
    unit = 4.0 * UNIT_PX
    face = made(middle=(520.0, 440.0), unit_px=unit, pitch_deg=0.0)
    photo = np.full((1120, 1040, 3), SKIN, np.uint8)
    for side in ("right", "left"):
        eye = face.points[[*mesh.UPPER_LID[side], *mesh.LOWER_LID[side][::-1]], :2]
        cv2.fillPoly(photo, [eye.round().astype(np.int32)], EYE_WHITE)
    found = PhotoFace.of(photo, face)
    assert found is not None
    blink = shown(found, doing(right_lid=1.0, left_lid=1.0))
    white = [int((picture[..., 2] > SKIN[2] + 30).sum()) for picture in (photo, blink)]
    assert white[1] < 0.005 * white[0]


def test_brows_are_knitted_and_either_may_rise_alone() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face)
    for u in (-0.5, 0.15):
        left, top = round(MIDDLE[0] + u * UNIT_PX), round(MIDDLE[1] - 0.2 * UNIT_PX)
        photo[top : top + 6, left : left + 28] = BACK
    found = PhotoFace.of(photo, face)
    assert found is not None

    def brow(picture: Picture, side: int) -> tuple[float, float]:
        half = picture[80:105, 88:172].mean(-1) < (BACK + 156) / 2
        half[:, slice(42, None) if side < 0 else slice(0, 42)] = False
        y, x = np.nonzero(half)
        return float(abs(x - 42.0).min()), float(y.mean())

    knit = shown(found, doing(knit=0.03))
    for side in (-1, 1):
        assert brow(photo, side)[0] - brow(knit, side)[0] == pytest.approx(0.03 * UNIT_PX, abs=1.1)
    assert at(knit, 0.0, -0.15) == at(photo, 0.0, -0.15)
    alone = shown(found, doing(left_brow=0.06))
    assert brow(photo, 1)[1] - brow(alone, 1)[1] == pytest.approx(0.06 * UNIT_PX, abs=1.0)
    assert brow(photo, -1) == brow(alone, -1)


def test_brows_behind_glasses_hardly_move_lest_the_frame_bend() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face)
    for u in (-0.33, 0.33):
        x, y = round(MIDDLE[0] + u * UNIT_PX), round(MIDDLE[1])
        cv2.ellipse(photo, (x, y), (17, 12), 0, 0, 360, (30, 30, 30), 2)
    cv2.line(photo, (118, 110), (142, 110), (30, 30, 30), 2)
    found = PhotoFace.of(photo, face)
    assert found is not None
    raised = shown(found, doing(right_brow=0.1, left_brow=0.1))
    rims = [picture[94:102, 148:166].mean(-1).argmin(0) for picture in (photo, raised)]
    assert 0 < (rims[0] - rims[1]).max() <= 2
    _, bare = prepared()
    assert bare.brows == 1.0


def test_wide_eyes_are_wider_and_have_no_lids_inside() -> None:
    photo, face = prepared()
    result = shown(face, doing(right_lid=-0.25, left_lid=-0.25))
    white = [
        int(np.clip(picture.min(-1).astype(int) - 120, 0, 130).sum()) for picture in (photo, result)
    ]
    assert white[1] > 1.08 * white[0]
    assert at(result, -0.33 - 0.06, -0.04) == list(EYE_WHITE)
    assert at(photo, -0.33 - 0.06, -0.065) == list(SKIN)


def test_nothing_moves_behind_dark_glasses() -> None:
    made_face = made(middle=MIDDLE, unit_px=UNIT_PX)
    photo = painted(made_face)
    top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (-0.18, 0.2))
    photo[top:bottom, 80:180] = 30
    face = PhotoFace.of(photo, made_face)
    assert face is not None
    result = shown(face, doing(right_lid=1.0, left_lid=1.0, right_brow=0.05, lower_lip=0.1))
    np.testing.assert_array_equal(result[:bottom], photo[:bottom])
    assert (result[bottom:] != photo[bottom:]).any()


def test_the_gaze_moves_the_irises_and_not_the_lids() -> None:
    photo, face = prepared()
    result = shown(face, doing(gaze_x=0.06))
    assert at(result, -0.33 + 0.06, 0.0) == list(IRIS)
    assert at(result, 0.33 + 0.06, 0.0) == list(IRIS)
    assert at(result, 0.33 - 0.03, 0.0) == list(EYE_WHITE)
    np.testing.assert_array_equal((result == SKIN).all(2), (photo == SKIN).all(2))
