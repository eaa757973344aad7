from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made
from tests.runtime.drivers.face.photos import MIDDLE, SKIN, UNIT_PX, at, doing, painted, shown

from bunraku.runtime.drivers.face.expression import Expression
from bunraku.runtime.drivers.face.eyes import Eye
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.drivers.face.shut_eye import WIDEST, ShutEye, opening_of
from bunraku.spec.arrays import Picture

SHUT = Made(right_eye=0.02, left_eye=0.02)
LASH = (40, 30, 30)
EYE = 0.33


def sleeping(unit_px: float = UNIT_PX) -> PhotoFace:
    """A face whose lids meet in dark lashes."""
    face = made(SHUT, middle=MIDDLE, unit_px=unit_px)
    photo = painted(face)
    photo[(photo != SKIN).any(2) & within(photo, unit_px)] = LASH
    found = PhotoFace.of(photo, face)
    assert found is not None
    return found


def within(photo: Picture, unit_px: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Around the eyes."""
    rows = np.abs(np.arange(photo.shape[0]) - MIDDLE[1]) < 0.1 * unit_px
    columns = np.abs(np.arange(photo.shape[1]) - MIDDLE[0]) < 0.55 * unit_px
    return np.asarray(rows[:, None] & columns)


def test_shut_eyes_open_as_the_drivers_are() -> None:
    face = sleeping()
    result = shown(face, doing(right_lid=0.0, left_lid=0.0, gaze_y=0.001))
    for u in (-EYE, EYE):
        red, green, blue = at(result, u, -0.03)
        assert max(red, green, blue) < 0.5 * np.mean(SKIN)  # iris and pupil
        white = at(result, u + 0.105, -0.015)
        assert min(white) > max(red, green, blue) + 20
        assert max(white) - min(white) < max(SKIN) - min(SKIN)
    assert at(result, EYE, 0.25) == list(SKIN)


def test_they_stay_shut_as_the_drivers_and_as_one_of_whom_nothing_is_known() -> None:
    face = sleeping()
    assert face.patch(doing(right_lid=1.0, left_lid=1.0)) is None
    unknown = Expression(np.zeros(MEASURES), np.zeros(MEASURES))
    assert face.patch(unknown) is None
    assert face.patch(doing(), strength=0.0) is None
    wink = shown(face, doing(right_lid=1.0, left_lid=0.0))
    assert max(at(wink, -EYE, -0.04)) > 100
    assert max(at(wink, EYE, -0.03)) < 100


def test_they_open_without_a_jump() -> None:
    face = sleeping()
    shares = np.linspace(0.75, 0.0, 76)
    before = face.photo
    for shut in shares:
        patch = face.patch(doing(right_lid=shut, left_lid=shut))
        now = face.photo if patch is None else patch.on(face.photo)
        step = np.abs(now.astype(int) - before).sum() / 255 / UNIT_PX
        assert step < 0.6
        before = now


def test_the_gaze_moves_the_drawn_irises() -> None:
    face = sleeping()
    result = shown(face, doing(gaze_x=0.06))
    assert max(at(result, EYE + 0.06, -0.03)) < 100
    assert min(at(result, EYE - 0.06, -0.03)) > 80


def test_none_are_drawn_in_small_faces_nor_between_open_lids() -> None:
    small = made(SHUT, middle=MIDDLE, unit_px=23.0)
    face = PhotoFace.of(painted(small), small)
    assert face is not None
    assert all(isinstance(eye, Eye) for eye in face.eyes.values())
    awake = made(middle=MIDDLE, unit_px=UNIT_PX)
    face = PhotoFace.of(painted(awake), awake)
    assert face is not None
    assert all(isinstance(eye, Eye) for eye in face.eyes.values())
    assert all(isinstance(eye, ShutEye) for eye in sleeping().eyes.values())


@pytest.mark.parametrize(
    ("shut", "belief", "open_"),
    [
        (0.0, 1.0, 1.0),
        (1.0, 1.0, -1.0),
        (1.0, 0.4, -0.4),
        (0.5, 1.0, 0.0),  # a driver at rest who is only seen with shut eyes
        (0.3, 1.0, 0.5),
        (0.0, 0.3, 0.3),
        (-0.1, 1.0, 1.1),
        (-1.0, 1.0, WIDEST),
    ],
)
def test_how_far_they_open(shut: float, belief: float, open_: float) -> None:
    assert opening_of(shut, belief) == pytest.approx(open_)


def test_lids_that_look_down_still_shut_and_shut_ones_stay() -> None:
    down = made(Made(right_eye=0.04, left_eye=0.04), middle=MIDDLE, unit_px=UNIT_PX)
    photo = painted(down)
    face = PhotoFace.of(photo, down)
    assert face is not None
    assert all(isinstance(eye, ShutEye) for eye in face.eyes.values())
    blink = shown(face, doing(right_lid=1.0, left_lid=1.0))
    around = slice(round(MIDDLE[1] - 0.08 * UNIT_PX), round(MIDDLE[1] + 0.08 * UNIT_PX))
    whites = [int((picture[around].min(-1) > 210).sum()) for picture in (photo, blink)]
    assert whites[1] < 0.45 * whites[0]
    assert face.patch(doing(right_lid=0.56, left_lid=0.56)) is None


def test_an_eye_behind_a_hand_does_not_tell_whether_the_other_is_shut() -> None:
    face = made(Made(right_eye=0.5, left_eye=0.02), middle=MIDDLE, unit_px=UNIT_PX)
    free = np.ones(MEASURES)
    free[Measure.RIGHT_LID] = 0.0
    found = PhotoFace.of(painted(face), face, free)
    assert found is not None
    assert isinstance(found.eyes["left"], ShutEye)
