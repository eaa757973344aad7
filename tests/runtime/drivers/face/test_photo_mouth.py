"""The mouth of a photo's face, and its teeth."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import CHIN_BELOW, Made, made
from tests.runtime.drivers.face.photos import (
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

from bunraku.runtime.drivers.face.expression import Expression, ExpressionTracker
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.spec.arrays import Picture


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


def test_a_wide_mouth_is_wider_up_to_what_a_mouth_can_be() -> None:
    _, face = prepared(Made(gap=0.1), teeth=True)
    row = round(MIDDLE[1] + 0.74 * UNIT_PX)

    def width(picture: Picture) -> int:
        return int((picture[row].min(-1) > 200).sum())

    rest, wide = width(face.photo), width(shown(face, doing(width=0.1, lower_lip=0.1)))
    assert wide - rest == pytest.approx(0.1 * UNIT_PX * 0.85, abs=2.5)
    assert width(shown(face, doing(width=0.14, lower_lip=0.1), 1.5)) <= rest + 0.14 * UNIT_PX + 1


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
