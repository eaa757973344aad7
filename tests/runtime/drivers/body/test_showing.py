"""Photos that hide part of a person made by code, or wrap it in something wide."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted, source_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.outlined import in_view
from bunraku.runtime.drivers.body.showing import (
    ARMLESS,
    AT_TABLE,
    BUST,
    COVERED,
    GOWN,
    LARGE_HEAD,
    LEGLESS,
    WRAPPED,
    Showing,
    shown_by,
)
from bunraku.spec.skeleton import BodyBone

KNOWN = np.ones((N, N), np.bool_)
ARMS = [13, 14, 15, 16, 17, 18, 19, 20, 21, 22]
LEGS = list(range(25, 33))
KNEES = round(float(PERSON[[25, 26], 1].mean()))


def judged(outline: NDArray[np.uint8], *, half: bool = False) -> Showing:
    return shown_by(fitted(outline), KNOWN, half)


def below(row: float) -> NDArray[np.uint8]:
    """Something stands before all of the person below a row."""
    hidden = OUTLINE.copy()
    hidden[round(row) :] = 0
    return hidden


def test_a_whole_body_moves_wholly() -> None:
    showing = judged(OUTLINE)
    assert showing.note is None
    assert showing.landmarks.min() == 1.0
    assert showing.carrier.tolist() == list(range(len(BodyBone)))
    assert showing.grounded
    assert showing.measured
    assert not showing.hidden.any()
    transforms = np.random.default_rng(1).normal(size=(len(BodyBone), 3, 4)).astype(np.float32)
    assert np.array_equal(showing.carry(transforms, fitted(OUTLINE).stance, PERSON), transforms)


def test_legs_behind_a_desk_are_left_out() -> None:
    showing = judged(below(PERSON[[23, 24], 1].mean() + 6))
    assert showing.note == LEGLESS
    assert showing.landmarks[LEGS].max() == 0.0
    assert showing.landmarks[ARMS].min() == 1.0
    assert not showing.grounded
    assert showing.hidden[[BodyBone.THIGH_L, BodyBone.SHIN_R, BodyBone.FOOT_L]].all()
    assert showing.carrier[BodyBone.FOOT_R] == BodyBone.PELVIS


def test_of_legs_below_the_photos_edge_the_user_is_told_once() -> None:
    assert judged(below(PERSON[[23, 24], 1].mean() + 6), half=True).note is None


def test_thighs_that_the_photos_edge_cuts_where_they_begin_end_the_trunk() -> None:
    outline = below(PERSON[[23, 24], 1].mean() + 6)
    showing, behind_desk = judged(outline, half=True), judged(outline)
    thighs = [BodyBone.THIGH_L, BodyBone.THIGH_R]
    assert np.flatnonzero(showing.cut).tolist() == thighs
    assert not behind_desk.cut.any()
    source = source_of(street((N, N)), half=True)
    body = make_body(source, fitted(OUTLINE))
    known = showing.without_hidden(body).textures.known
    assert known[thighs].all()
    assert not known[[BodyBone.SHIN_L, BodyBone.FOOT_R]].any()
    assert not behind_desk.without_hidden(body).textures.known[thighs].any()


def test_a_limb_that_is_cut_off_is_no_stump_that_moves() -> None:
    showing = judged(below(KNEES + 4))
    assert showing.note == LEGLESS
    assert showing.landmarks[LEGS].max() == 0.0
    assert showing.carrier[BodyBone.FOOT_L] == showing.carrier[BodyBone.THIGH_L] == BodyBone.PELVIS
    assert showing.hidden[[BodyBone.SHIN_L, BodyBone.FOOT_L]].all()
    assert not showing.hidden[BodyBone.THIGH_L]


def test_feet_below_the_edge_leave_the_legs_free() -> None:
    showing = judged(below(float(PERSON[[27, 28], 1].mean()) - 6))
    assert showing.note is None
    assert showing.grounded
    assert showing.landmarks.min() == 1.0


def test_one_arm_behind_something_leaves_the_other_free() -> None:
    outline = OUTLINE.copy()
    outline[round(float(PERSON[13, 1])) :, round(float(PERSON[11, 0])) + 6 :] = 0
    showing = judged(outline)
    assert showing.note is None
    assert showing.landmarks[[13, 15, 19]].max() == 0.0
    assert showing.landmarks[[14, 16, 20]].min() == 1.0
    assert showing.carrier[BodyBone.UPPER_ARM_L] == BodyBone.CHEST
    assert showing.carrier[BodyBone.THUMB_2_R] == BodyBone.THUMB_2_R


def test_head_and_shoulders_are_a_bust() -> None:
    shoulders = PERSON[[11, 12], 1].mean()
    bust = below(shoulders + 0.55 * (PERSON[[23, 24], 1].mean() - shoulders))
    bust[:, : round(float(PERSON[12, 0])) - 4] = 0
    bust[:, round(float(PERSON[11, 0])) + 4 :] = 0
    showing = shown_by(fitted(OUTLINE), bust > 0, True)
    assert showing.note == BUST
    assert showing.landmarks[ARMS].max() == showing.landmarks[LEGS].max() == 0.0
    assert showing.landmarks[:13].min() == 1.0
    assert showing.carrier[BodyBone.LITTLE_3_L] == BodyBone.CHEST
    assert showing.carrier[BodyBone.PELVIS] == BodyBone.CHEST  # of which the arms go along


def gown() -> NDArray[np.uint8]:
    outline = OUTLINE.copy()
    hips = PERSON[[23, 24], :2].mean(0)
    corners = [hips + (-18, 0), hips + (18, 0), hips + (70, 95), hips + (-70, 95)]
    cv2.fillConvexPoly(outline, np.round(corners).astype(np.int32), 1)
    return outline


def test_a_gown_holds_the_legs() -> None:
    showing = judged(gown())
    assert showing.note == GOWN
    assert showing.landmarks[LEGS].max() == 0.0
    assert showing.landmarks[ARMS].min() == 1.0
    assert not showing.hidden.any()


@pytest.mark.parametrize(("outline", "half"), [(OUTLINE, False), (gown(), False), (gown(), True)])
def test_arms_on_a_table_stay_and_legs_below_it(outline: NDArray[np.uint8], half: bool) -> None:
    showing = shown_by(fitted(outline), KNOWN, half, at_table=True)
    assert showing.note == AT_TABLE
    assert showing.landmarks[ARMS].max() == showing.landmarks[LEGS].max() == 0.0
    assert showing.landmarks[:13].min() == 1.0


def test_knees_below_the_photos_edge_tell_of_no_table() -> None:
    showing = shown_by(fitted(OUTLINE), KNOWN, True, at_table=True)
    assert showing.note is None
    assert showing.landmarks[ARMS].min() == 1.0


def ball() -> NDArray[np.uint8]:
    costume = OUTLINE.copy()
    cv2.circle(costume, (128, 110), 85, 1, -1)
    return costume


def test_a_costume_is_shifted_and_leans_as_one_piece() -> None:
    showing = judged(ball())
    assert showing.note == WRAPPED
    assert not showing.measured
    stance = fitted(ball()).stance
    driver = PERSON.copy()
    driver[:, :2] += 10.0
    nonsense = np.full((len(BodyBone), 3, 4), 7.0, np.float32)
    moved = showing.carry(nonsense, stance, driver)
    assert np.allclose(moved[:, :, 3], [10.0, 10.0, 0.0], atol=1e-3)
    assert np.allclose(moved[:, :, :3], np.eye(3), atol=1e-5)
    driver[:, :2] = PERSON[:, :2][:, ::-1] * [-1.0, 1.0]  # a quarter of a turn
    leaning = showing.carry(nonsense, stance, driver)[:, :2, :2]
    assert np.allclose(leaning, np.sqrt(0.5) * np.array([[1, -1], [1, 1]]), atol=1e-3)


def test_arms_inside_of_something_wide_stay() -> None:
    cape = OUTLINE.copy()
    top, bottom = PERSON[[11, 23], 1].round().astype(int)
    cape[top : bottom + 5, 20:236] = 1
    showing = judged(cape)
    assert showing.note == ARMLESS
    assert showing.landmarks[ARMS].max() == 0.0
    assert showing.landmarks[LEGS].min() == 1.0


def test_an_arm_behind_something_stays_alone() -> None:
    showing = shown_by(fitted(OUTLINE), KNOWN, False, (True, False))
    assert showing.note == COVERED
    assert showing.landmarks[[13, 15, 17, 19, 21]].max() == 0.0
    assert showing.landmarks[[14, 16, 18, 20, 22]].min() == 1.0
    assert showing.carrier[BodyBone.HAND_L] == BodyBone.CHEST
    assert showing.hidden[[BodyBone.FOREARM_L, BodyBone.HAND_L]].all()
    assert not showing.hidden[BodyBone.UPPER_ARM_L]


def test_a_head_of_a_drawing_leans_with_the_trunk() -> None:
    drawing = OUTLINE.copy()
    x, y = PERSON[0, :2].round().astype(int)
    cv2.circle(drawing, (int(x), int(y) - 10), 40, 1, -1)
    showing = judged(drawing)
    assert showing.note == LARGE_HEAD
    assert showing.pieces[BodyBone.HEAD]
    assert showing.pieces.sum() == 1


@pytest.mark.parametrize(("left", "columns"), [(0, 256), (-56, 200), (56, 200)])
def test_the_window_may_reach_beyond_the_photo(left: int, columns: int) -> None:
    known = in_view(source_of(np.zeros((N, 256 - abs(left), 3), np.uint8), min(left, 0)))
    assert known.shape == (N, N)
    assert known[0].sum() == columns
    assert known.all(0).sum() == columns


def test_what_is_hidden_is_drawn_nowhere() -> None:
    outline = below(PERSON[[23, 24], 1].mean() + 6)
    fit = fitted(outline)
    showing = shown_by(fit, KNOWN, False)
    body = showing.without_hidden(make_body(source_of(street((N, N))), fit))
    still = np.repeat(np.eye(4, dtype=np.float32)[None, :3], len(BodyBone), 0)
    drawn = body.draw(still, showing.landmarks)
    assert drawn.mask[0, 0, KNEES:].max() == 0.0
