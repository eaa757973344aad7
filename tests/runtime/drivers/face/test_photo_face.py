from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.face.faces import CHIN_BELOW, Made, made

from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.expression import Expression, ExpressionTracker
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.spec.arrays import Picture

UNIT_PX = 80.0
MIDDLE = (130.0, 110.0)
SKIN, EYE_WHITE, IRIS, BACK, TOOTH = (200, 150, 120), (250, 250, 250), (20, 20, 200), 60, 240


def painted(face: Face, teeth: bool = False) -> Picture:
    """A photo of a made face: skin, white eyes with blue irises, a bright line for the chin."""
    photo = np.full((280, 260, 3), BACK, np.uint8)

    def fill(numbers: list[int], colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(photo, [face.points[numbers, :2].round().astype(np.int32)], colour)

    fill(list(mesh.OVAL), SKIN)
    for side in ("right", "left"):
        fill([*mesh.UPPER_LID[side], *mesh.LOWER_LID[side][::-1]], EYE_WHITE)
        x, y = face.points[mesh.PUPIL[side], :2].round().astype(int).tolist()
        photo[y - 2 : y + 3, x - 3 : x + 4] = IRIS
    if teeth:
        fill([*mesh.UPPER_INNER_LIP, *mesh.LOWER_INNER_LIP[::-1]], (TOOTH, TOOTH, TOOTH))
    return photo


def prepared(expression: Made | None = None, teeth: bool = False) -> tuple[Picture, PhotoFace]:
    face = made(expression, middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face, teeth)
    found = PhotoFace.of(photo, face)
    assert found is not None
    return photo, found


def doing(**values: float) -> Expression:
    array = np.zeros(MEASURES)
    for name, value in values.items():
        array[Measure[name.upper()]] = value
    return Expression(array)


def shown(face: PhotoFace, expression: Expression, strength: float = 1.0) -> Picture:
    patch = face.patch(expression, strength)
    assert patch is not None
    return patch.on(face.photo)


def at(picture: Picture, u: float, v: float) -> list[int]:
    return [int(c) for c in picture[round(MIDDLE[1] + v * UNIT_PX), round(MIDDLE[0] + u * UNIT_PX)]]


def test_a_face_at_rest_is_the_photo() -> None:
    _, face = prepared()
    assert face.patch(doing()) is None
    assert face.patch(doing(lower_lip=0.2), strength=0.0) is None


def test_only_what_moves_is_other_than_the_photo() -> None:
    photo, face = prepared()
    blink = shown(face, doing(right_lid=1.0, left_lid=1.0))
    low = round(MIDDLE[1] + 0.4 * UNIT_PX)
    np.testing.assert_array_equal(blink[low:], photo[low:])
    talk = shown(face, doing(lower_lip=0.2))
    np.testing.assert_array_equal(talk[: round(MIDDLE[1] + 0.3 * UNIT_PX)], photo[: low - 8])
    for result in (blink, talk):
        assert result.dtype == np.uint8
        np.testing.assert_array_equal(result[:, :40], photo[:, :40])
        np.testing.assert_array_equal(result[-5:], photo[-5:])


def test_an_opened_mouth_is_dark_inside_and_takes_the_chin_along() -> None:
    photo, face = prepared()
    photo[round(MIDDLE[1] + CHIN_BELOW * UNIT_PX) - 1 :][:3, 110:150] = 255
    result = shown(face, doing(lower_lip=0.2))
    assert max(at(result, 0.0, 0.72 + 0.1)) < 60
    assert at(result, 0.0, 0.72 - 0.08) == list(SKIN)
    assert at(result, 0.0, 0.72 + 0.28) == list(SKIN)
    assert min(at(result, 0.0, CHIN_BELOW + 0.12)) > 230
    assert min(at(photo, 0.0, CHIN_BELOW)) == 255


def test_the_photo_s_own_teeth_stay_below_the_upper_lip() -> None:
    _, face = prepared(Made(gap=0.15), teeth=True)
    result = shown(face, doing(lower_lip=0.32))
    assert min(at(result, 0.0, 0.72 + 0.08)) > 220
    assert max(at(result, 0.0, 0.72 + 0.24)) < 130


def test_a_smile_shows_teeth_where_the_photo_has_none_and_a_dropped_jaw_their_ends_alone() -> None:
    _, face = prepared()
    smile = shown(face, doing(upper_lip=-0.08, lower_lip=0.12, width=0.2))
    assert min(at(smile, 0.05, 0.72 - 0.04)) > 160
    assert max(at(smile, 0.33, 0.72 - 0.01)) < min(at(smile, 0.05, 0.72 - 0.01))
    astonished = shown(face, doing(lower_lip=0.2))
    assert max(at(astonished, 0.05, 0.72 + 0.08)) < 60


def test_ends_of_teeth_that_peek_out_are_one_dim_line() -> None:
    _, face = prepared()
    row = shown(face, doing(lower_lip=0.2))[round(MIDDLE[1] + 0.745 * UNIT_PX)].min(-1)
    smile = shown(face, doing(upper_lip=-0.08, lower_lip=0.12, width=0.2))
    teeth = smile[round(MIDDLE[1] + 0.68 * UNIT_PX)].min(-1)
    middle = slice(round(MIDDLE[0] - 0.08 * UNIT_PX), round(MIDDLE[0] + 0.08 * UNIT_PX))
    assert row[middle].min() > 0.6 * row[middle].max() > 60
    assert row[middle].mean() < 0.75 * teeth[middle].mean()


def test_lips_that_speak_touch_beside_the_opening_and_those_of_a_laugh_part() -> None:
    _, face = prepared()
    speaks, laughs = (shown(face, doing(lower_lip=0.12, width=w)) for w in (0.0, 0.2))

    def height(picture: Picture, share: float, half: float) -> int:
        column = picture[:, round(MIDDLE[0] + share * half * UNIT_PX)].astype(int)
        lips = slice(round(MIDDLE[1] + 0.65 * UNIT_PX), round(MIDDLE[1] + 0.95 * UNIT_PX))
        return int((np.abs(column[lips] - SKIN).sum(-1) > 150).sum())

    for picture, half, least, most in ((speaks, 0.27, 0.0, 0.35), (laughs, 0.37, 0.3, 0.7)):
        ratio = height(picture, 0.78, half) / height(picture, 0.0, half)
        assert least <= ratio <= most


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


def test_teeth_are_as_bright_as_the_photo_s_light_makes_what_is_white() -> None:
    faces = [made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)] * 2
    photos = [painted(one) for one in faces]
    photos = [(0.8 * photos[0]).astype(np.uint8), (0.4 * photos[1]).astype(np.uint8)]
    teeth = []
    for one, photo in zip(faces, photos, strict=True):
        found = PhotoFace.of(photo, one)
        assert found is not None
        assert found.mouth is not None
        teeth.append(found.mouth.teeth.colour)
    np.testing.assert_allclose(teeth[1], teeth[0] / 2, rtol=0.03)


def test_a_wide_mouth_leaves_the_face_s_outline_where_it_is() -> None:
    photo, face = prepared()
    smile = shown(face, doing(width=0.28, right_corner=-0.1, left_corner=-0.1))
    row = round(MIDDLE[1] + 0.7 * UNIT_PX)
    rims = [np.flatnonzero(np.diff(one[row].astype(int).sum(-1))) for one in (photo, smile)]
    assert abs(rims[0][0] - rims[1][0]) <= 1
    assert abs(rims[0][-1] - rims[1][-1]) <= 1


def test_who_smiles_in_the_photo_does_not_smile_twice() -> None:
    own = Made(mouth_half=0.35, corners_up=0.06)
    _, face = prepared(own)
    tracker = ExpressionTracker()
    same = tracker.follow(made(own, middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0), 0.0)
    assert same.values[Measure.WIDTH] > 0.05
    assert face.patch(same) is None


@pytest.mark.parametrize(("gap", "row"), [(0.0, 0.0), (0.07, 0.07)])
def test_a_mouth_that_is_open_in_the_photo_shuts_with_the_driver_s(gap: float, row: float) -> None:
    photo, face = prepared(Made(gap=0.15), teeth=True)
    assert min(at(photo, 0.0, 0.72 + 0.1)) > 220
    result = shown(face, doing(lower_lip=gap))
    assert at(result, 0.0, 0.72 + row + 0.05) == list(SKIN)
    if gap:
        assert min(at(result, 0.0, 0.72 + 0.03)) > 220
    assert face.patch(doing(lower_lip=face.gap)) is None
    faded = Expression(doing(lower_lip=gap).values, np.zeros(MEASURES))
    assert face.patch(faded) is None


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


def test_the_teeth_of_a_smile_that_hardly_opens_are_in_the_light() -> None:
    _, face = prepared()
    lightest = [
        shown(face, doing(upper_lip=-0.04, lower_lip=gap, width=0.18))[160:172, 132].mean(-1).max()
        for gap in (0.06, 0.16)
    ]
    assert lightest[0] > 0.95 * lightest[1] > 190


def test_teeth_in_a_red_light_are_no_greyer_than_skin() -> None:
    made_face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(made_face)
    photo[photo[..., 0] == SKIN[0]] = 205, 110, 80
    photo[photo.min(-1) == EYE_WHITE[0]] = 125, 85, 75  # in the shade
    face = PhotoFace.of(photo, made_face)
    assert face is not None
    assert face.mouth is not None
    assert face.mouth.teeth.colour[0] > 0.95 * 205


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


def test_a_mouth_goes_aside_and_the_teeth_stay_on_the_skull() -> None:
    photo, face = prepared(Made(gap=0.1))
    row = round(MIDDLE[1] + 0.77 * UNIT_PX)
    photo[row - 6 : row + 6, 105:109] = 0  # at the right corner
    moved = {x: shown(face, doing(lower_lip=0.1, mouth_x=x)) for x in (-0.07, 0.07)}
    for x, picture in moved.items():
        corner = picture[row, 90:125].mean(-1).argmin() + 90
        assert corner - 106.5 == pytest.approx(x * UNIT_PX, abs=2.0)
        np.testing.assert_array_equal(picture[:130], photo[:130])
    _, shut = prepared()
    smiles = [
        shown(shut, doing(upper_lip=-0.05, lower_lip=0.15, width=0.2, mouth_x=x)) for x in (0, 0.05)
    ]
    row = round(MIDDLE[1] + 0.69 * UNIT_PX)
    teeth = [picture[row, 118:143].mean(-1).astype(int) for picture in smiles]
    gaps = [
        [x for x in range(1, 24) if light[x] < min(light[x - 1], light[x + 1])] for light in teeth
    ]
    assert gaps[0] == gaps[1] == [5, 12, 19]


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


def test_a_large_face_is_drawn_as_a_small_one() -> None:
    small = painted(made(middle=MIDDLE, unit_px=UNIT_PX))
    large = np.repeat(np.repeat(small, 3, 0), 3, 1)
    middle = (3 * MIDDLE[0] + 1.0, 3 * MIDDLE[1] + 1.0)
    faces = [
        PhotoFace.of(small, made(middle=MIDDLE, unit_px=UNIT_PX)),
        PhotoFace.of(large, made(middle=middle, unit_px=3 * UNIT_PX)),
    ]
    told = doing(lower_lip=0.2, right_lid=1.0, left_lid=0.5, left_brow=0.04, gaze_x=0.04)
    results = []
    for face in faces:
        assert face is not None
        assert face.mouth is not None
        assert face.mouth.region.u.size < 40000
        results.append(shown(face, told).astype(int))
    again = cv2.resize(results[1].astype(np.uint8), None, fx=1 / 3, fy=1 / 3, interpolation=3)
    assert np.abs(again.astype(int) - results[0]).mean() < 1.5


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


def test_what_a_hand_hides_is_not_moved() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo, free = painted(face), np.ones(MEASURES)
    free[[Measure.LOWER_LIP, Measure.RIGHT_LID]] = 0.2
    hidden = PhotoFace.of(photo, face, free)
    assert hidden is not None
    assert hidden.mouth is None
    assert list(hidden.eyes) == ["left"]
    moving = doing(lower_lip=0.3, right_lid=-0.2, left_lid=-0.2)
    _, seen = prepared()
    changed = (shown(hidden, moving) != photo).any(-1)
    assert changed.any()
    assert changed.sum() < 0.5 * (shown(seen, moving) != photo).any(-1).sum()
    all_hidden = PhotoFace.of(photo, face, np.zeros(MEASURES))
    assert all_hidden is not None
    assert all_hidden.patch(moving) is None


def test_the_gaze_moves_the_irises_and_not_the_lids() -> None:
    photo, face = prepared()
    result = shown(face, doing(gaze_x=0.06))
    assert at(result, -0.33 + 0.06, 0.0) == list(IRIS)
    assert at(result, 0.33 + 0.06, 0.0) == list(IRIS)
    assert at(result, 0.33 - 0.03, 0.0) == list(EYE_WHITE)
    np.testing.assert_array_equal((result == SKIN).all(2), (photo == SKIN).all(2))


def test_a_wide_mouth_is_wider_up_to_what_a_mouth_can_be() -> None:
    _, face = prepared(Made(gap=0.1), teeth=True)
    row = round(MIDDLE[1] + 0.74 * UNIT_PX)

    def width(picture: Picture) -> int:
        return int((picture[row].min(-1) > 200).sum())

    rest, wide = width(face.photo), width(shown(face, doing(width=0.1, lower_lip=0.1)))
    assert wide - rest == pytest.approx(0.1 * UNIT_PX * 0.85, abs=2.5)
    assert width(shown(face, doing(width=0.14, lower_lip=0.1), 1.5)) <= rest + 0.14 * UNIT_PX + 1


def test_faces_that_are_small_or_turned_are_left_alone() -> None:
    photo = np.full((280, 260, 3), 100, np.uint8)
    assert PhotoFace.of(photo, made(middle=MIDDLE, unit_px=15.0)) is None
    assert PhotoFace.of(photo, made(middle=MIDDLE, unit_px=80.0, yaw_deg=60.0)) is None


@pytest.mark.parametrize("middle", [(10.0, 60.0), (250.0, 270.0), (130.0, 20.0), (130.0, 240.0)])
def test_a_face_that_the_photo_cuts_is_no_trouble(middle: tuple[float, float]) -> None:
    photo = np.full((280, 260, 3), 100, np.uint8)
    face = PhotoFace.of(photo, made(middle=middle, unit_px=UNIT_PX, roll_deg=20.0))
    assert face is not None
    patch = face.patch(doing(lower_lip=0.2, right_lid=1.0, left_brow=0.05, width=0.1))
    assert patch is not None
    assert patch.on(photo).shape == photo.shape


def test_a_patch_is_laid_on_a_copy() -> None:
    photo = np.zeros((4, 5, 3), np.uint8)
    result = Patch(1, 2, np.full((1, 3, 3), 7, np.uint8)).on(photo)
    assert photo.max() == 0
    assert (result[2, 1:4] == 7).all()
    assert result.sum() == 7 * 9


def test_teeth_are_white_where_the_eyes_show_skin_alone() -> None:
    narrow = made(Made(right_eye=0.06, left_eye=0.06), middle=MIDDLE, unit_px=UNIT_PX)
    photo = painted(narrow)
    photo[(photo == EYE_WHITE).all(2) | (photo == IRIS).all(2)] = SKIN
    face = PhotoFace.of(photo, narrow)
    assert face is not None
    assert face.mouth is not None
    teeth = face.mouth.teeth.colour
    assert teeth.max() / teeth.min() < 1.5 < max(SKIN) / min(SKIN)
    assert teeth.mean() > np.mean(SKIN)


@pytest.mark.parametrize("dark", ["eyes", "face"])
def test_what_is_black_in_a_photo_is_no_trouble(dark: str) -> None:
    made_face = made(middle=MIDDLE, unit_px=UNIT_PX)
    photo = painted(made_face)
    top, bottom = (round(MIDDLE[1] + v * UNIT_PX) for v in (-0.18, 0.2))
    photo[top : bottom if dark == "eyes" else None, 80:180] = 0
    face = PhotoFace.of(photo, made_face)
    assert face is not None
    assert face.mouth is not None
    if dark == "eyes":  # a bar over them says nothing of the light on teeth
        assert face.mouth.teeth.colour.mean() > 0.9 * np.mean(SKIN)


def test_a_photo_without_colours_has_none_in_its_mouth() -> None:
    face = made(middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    grey = np.repeat(painted(face).mean(-1, keepdims=True), 3, -1).astype(np.uint8)
    found = PhotoFace.of(grey, face)
    assert found is not None
    result = shown(found, doing(upper_lip=-0.08, lower_lip=0.3, width=0.2)).astype(int)
    assert np.ptp(result, axis=-1).max() <= 1
    assert result[round(MIDDLE[1] + 0.79 * UNIT_PX), round(MIDDLE[0])].max() < 70


def test_the_slit_of_a_leaning_small_mouth_is_a_line_and_no_row_of_dots() -> None:
    face = made(middle=MIDDLE, unit_px=45.0, roll_deg=20.0)
    photo = np.full((280, 260, 3), SKIN, np.uint8)
    found = PhotoFace.of(photo, face)
    assert found is not None
    result = shown(found, doing(lower_lip=0.025)).astype(int)
    along = np.linspace(-0.1, 0.1, 40) * 45.0
    turn = np.radians(20.0)
    x = MIDDLE[0] + along * np.cos(turn) - 0.72 * 45.0 * np.sin(turn)
    y = MIDDLE[1] + along * np.sin(turn) + 0.72 * 45.0 * np.cos(turn)
    dark = [
        (sum(SKIN) - result[round(b) - 4 : round(b) + 6, round(a)].sum(-1)).clip(0).sum()
        for a, b in zip(x, y, strict=True)
    ]
    assert min(dark) > 0.5 * max(dark) > 0
