from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made

from bunraku.runtime.drivers.face.measures import Measure, head_turn, measure

TALKING = Made(gap=0.2, mouth_half=0.25, corners_up=0.03, right_eye=0.05, brows_up=0.04, knit=0.02)


def test_each_number_is_the_length_it_is_named_after() -> None:
    values = measure(made(TALKING).points)
    assert values[Measure.LOWER_LIP] == pytest.approx(0.2, abs=0.01)
    assert values[Measure.WIDTH] == pytest.approx(0.5, abs=0.01)
    calm = measure(made(Made()).points)
    assert calm[Measure.LOWER_LIP] == pytest.approx(0.0, abs=1e-4)
    assert values[Measure.LEFT_CORNER] - calm[Measure.LEFT_CORNER] == pytest.approx(-0.03, abs=1e-3)
    assert values[Measure.RIGHT_LID] / calm[Measure.RIGHT_LID] == pytest.approx(0.5, abs=0.01)
    assert values[Measure.LEFT_LID] == pytest.approx(calm[Measure.LEFT_LID], abs=1e-4)
    assert values[Measure.LEFT_BROW] - calm[Measure.LEFT_BROW] == pytest.approx(0.04, abs=1e-3)
    assert values[Measure.KNIT] - calm[Measure.KNIT] == pytest.approx(0.02, abs=1e-3)
    aside = measure(made(Made(mouth_aside=0.05)).points)
    assert aside[Measure.MOUTH_X] - calm[Measure.MOUTH_X] == pytest.approx(0.05, abs=1e-3)
    assert aside[Measure.WIDTH] == pytest.approx(calm[Measure.WIDTH], abs=1e-3)
    looking = measure(made(Made(gaze=(0.03, -0.02))).points)
    assert looking[Measure.GAZE_X] == pytest.approx(0.03, abs=1e-3)
    assert looking[Measure.GAZE_Y] == pytest.approx(-0.02, abs=1e-3)


@pytest.mark.parametrize(
    "turned", [{"yaw_deg": 30.0}, {"pitch_deg": -25.0}, {"roll_deg": 40.0}, {"unit_px": 25.0}]
)
def test_a_head_that_turns_or_nods_changes_nothing(turned: dict[str, float]) -> None:
    expected = measure(made(TALKING).points)
    values = measure(made(TALKING, **turned).points)  # type: ignore[arg-type]
    np.testing.assert_allclose(values, expected, atol=2e-3)


def test_the_head_s_turn() -> None:
    straight = head_turn(made().points)
    turned = head_turn(made(yaw_deg=20.0).points)
    nodding = head_turn(made(pitch_deg=-15.0).points)
    assert turned.yaw_deg - straight.yaw_deg == pytest.approx(20.0, abs=0.5)
    assert nodding.pitch_deg - straight.pitch_deg == pytest.approx(15.0, abs=0.5)
