"""A face of a photo is moved as it is told, and left alone where it cannot be."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.face.faces import made
from tests.runtime.drivers.face.photos import MIDDLE, SKIN, UNIT_PX, doing, painted, prepared, shown

from bunraku.runtime.canvas import Patch
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.runtime.drivers.face.photo_face import PhotoFace


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
