from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made

from bunraku.runtime.drivers.face.expression import LEAST, MOST, ExpressionTracker, belief
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure

STEP_S = 1 / 30
LEVEL = {"pitch_deg": -6.0}  # as the network sees a face that looks straight ahead


def face(expression: Made | None = None, **how: float) -> Face:
    return made(expression, **{**LEVEL, **how})  # type: ignore[arg-type]


def follow(faces: Iterable[Face | None]) -> list[np.ndarray]:
    tracker = ExpressionTracker()
    return [tracker.follow(f, k * STEP_S).values for k, f in enumerate(faces)]


CALM = [face()] * 30


def test_a_calm_face_does_nothing() -> None:
    for values in follow(CALM):
        np.testing.assert_allclose(values, np.zeros(MEASURES), atol=1e-6)


def test_the_mouth_follows_at_once() -> None:
    values = follow([*CALM, *[face(Made(gap=0.2))] * 4])
    assert values[31][Measure.LOWER_LIP] > 0.18
    assert values[-1][Measure.LOWER_LIP] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize("how", [{"pitch_deg": 14.0}, {"pitch_deg": -26.0}, {"yaw_deg": 20.0}])
def test_a_nod_neither_opens_the_mouth_nor_shuts_the_eyes(how: dict[str, float]) -> None:
    values = follow([*CALM, *[face(None, **how)] * 10])[-1]
    assert np.abs(values).max() < 0.01


def test_corners_sink_with_a_jaw_and_brows_rise_as_far_as_people_s() -> None:
    astonished = Made(gap=0.3, corners_up=-0.1, brows_up=0.11)
    values = follow([*CALM, *[face(astonished)] * 4])[-1]
    assert values[Measure.RIGHT_CORNER] > 0.08
    assert values[Measure.LEFT_BROW] > 0.09


def test_a_mouth_that_stays_open_is_open() -> None:
    values = follow([face(Made(gap=0.2))] * 60)
    assert values[-1][Measure.LOWER_LIP] == pytest.approx(0.2, abs=0.01)


def test_a_smile_that_stays_becomes_the_rest_without_a_jump() -> None:
    smile = Made(mouth_half=0.3, corners_up=0.04)
    values = np.array(follow([*CALM, *[face(smile)] * 900]))
    width = values[:, Measure.WIDTH]
    assert width[35] > 0.03
    assert abs(width[-1]) < 0.01
    assert np.abs(np.diff(width[40:])).max() < 0.01


@pytest.mark.parametrize("before", [[], CALM])
def test_a_broad_smile_is_one_however_long_it_lasts(before: list[Face]) -> None:
    smile = Made(mouth_half=0.38, corners_up=0.1)
    values = np.array(follow([*before, *[face(smile)] * 600]))[-1]
    assert values[Measure.WIDTH] > 0.12
    assert values[Measure.RIGHT_CORNER] < -0.02


def test_lids_shut_together_and_noise_in_one_is_not_a_wink() -> None:
    blink = follow([*CALM, *[face(Made(right_eye=0.015, left_eye=0.015))] * 3])[-1]
    assert blink[Measure.RIGHT_LID] > 0.95
    assert blink[Measure.LEFT_LID] > 0.95
    uneven = follow([*CALM, *[face(Made(right_eye=0.085, left_eye=0.07))] * 5])[-1]
    assert uneven[Measure.RIGHT_LID] == pytest.approx(uneven[Measure.LEFT_LID], abs=1e-6)
    late = np.array(
        follow(
            [
                *CALM,
                face(Made(right_eye=0.02)),
                *[face(Made(0.0, right_eye=0.02, left_eye=0.02))] * 2,
            ]
        )
    )
    assert np.abs(late[:, Measure.RIGHT_LID] - late[:, Measure.LEFT_LID]).max() < 1e-6
    wink = follow([*CALM, *[face(Made(right_eye=0.02))] * 12])[-1]
    assert wink[Measure.RIGHT_LID] > 0.9
    assert wink[Measure.LEFT_LID] < 0.1


@pytest.mark.parametrize(("open_", "shut"), [(0.08, 0.22), (0.06, 0.47), (0.04, 0.73)])
def test_eyes_that_a_smile_narrows_are_not_shut(open_: float, shut: float) -> None:
    narrow = follow([*CALM, *[face(Made(right_eye=open_, left_eye=open_))] * 10])[-1]
    assert narrow[Measure.RIGHT_LID] == pytest.approx(shut, abs=0.04)
    assert narrow[Measure.LEFT_LID] == pytest.approx(shut, abs=0.04)


def test_a_blink_of_three_frames_arrives_whole_and_on_time() -> None:
    lids = [0.05, 0.01, 0.05]
    values = follow([*CALM, *[face(Made(right_eye=lid, left_eye=lid)) for lid in lids], *CALM])
    shut = np.array(values)[:, Measure.RIGHT_LID]
    assert shut.argmax() == 31
    assert shut[31] > 0.93
    assert shut[35] < 0.05


@pytest.mark.parametrize("other", [0.13, 0.07])
def test_eyes_wide_or_narrow_for_seconds_leave_the_rest_as_it_is(other: float) -> None:
    moved = face(Made(right_eye=other, left_eye=other))
    values = np.array(follow([*CALM, *([*[moved] * 40, *CALM, *CALM] * 6)]))
    lids = values[:, Measure.RIGHT_LID]
    assert abs(lids[-1]) < 0.02
    assert abs(lids[69]) > 0.25  # where they are moved


def test_a_driver_who_begins_with_a_blink_is_not_taken_to_rest_so() -> None:
    shut = face(Made(right_eye=0.01, left_eye=0.01))
    values = np.array(follow([*[shut] * 3, *[face()] * 120]))
    assert abs(values[-1, Measure.RIGHT_LID]) < 0.02
    calm = np.array(follow([*CALM[:1], *[shut] * 9, *[face()] * 60]))
    assert abs(calm[-1, Measure.RIGHT_LID]) < 0.02


def test_everything_stays_within_bounds() -> None:
    wild = Made(gap=2.0, mouth_half=0.7, corners_up=-0.6, brows_up=0.5, gaze=(0.3, 0.2))
    for values in follow([*CALM, *[face(wild)] * 5]):
        assert (values >= LEAST - 1e-9).all()
        assert (values <= MOST + 1e-9).all()


def test_belief_fades_with_turn_size_and_presence() -> None:
    assert belief(face()) == 1.0
    assert belief(face(yaw_deg=35.0)) == pytest.approx(0.5, abs=0.1)
    assert belief(face(yaw_deg=60.0)) == 0.0
    assert belief(face(unit_px=15.0)) == 0.0
    assert belief(face(presence=0.5)) == 0.0


def test_what_a_lost_face_did_fades() -> None:
    tracker = ExpressionTracker()
    seen = [*CALM, *[face(Made(gap=0.2))] * 10, *[None] * 30]
    belief = np.array([tracker.follow(f, k * STEP_S).belief for k, f in enumerate(seen)])
    assert belief[39].min() > 0.95
    assert belief[-1].max() < 0.02
    assert (np.diff(belief[40:], axis=0) <= 0).all()


def test_what_a_hand_hides_stays_and_fades_and_the_rest_goes_on() -> None:
    tracker = ExpressionTracker()
    lids_alone = np.ones(MEASURES)
    lids_alone[: Measure.RIGHT_LID] = 0.0
    for k in range(30):
        tracker.follow(face(), k * STEP_S)
    for k in range(30, 45):
        shown = tracker.follow(
            face(Made(gap=0.3, right_eye=0.02, left_eye=0.02)), k * STEP_S, lids_alone
        )
    assert shown.values[Measure.LOWER_LIP] < 0.01
    assert shown.belief[Measure.LOWER_LIP] < 0.05
    assert shown.values[Measure.RIGHT_LID] > 0.95
    assert shown.belief[Measure.RIGHT_LID] > 0.95


def test_a_clip_that_starts_again_starts_anew() -> None:
    tracker = ExpressionTracker()
    for k in range(30):
        tracker.follow(face(Made(mouth_half=0.33)), k * STEP_S)
    values = tracker.follow(face(), 0.0).values
    np.testing.assert_allclose(values, np.zeros(MEASURES), atol=1e-6)
