"""The names of stages and steps, which stand in people's logs and dashboards."""

from __future__ import annotations

import json

import pytest

from bunraku.spec.stages import Stage, Step


def test_stages_in_the_order_of_a_frame() -> None:
    assert list(Stage) == ["densepose", "motion", "blend"]


def test_they_are_text_wherever_they_go() -> None:
    assert json.loads(json.dumps({Stage.BLEND: 1})) == {"blend": 1}
    assert f"{Stage.MOTION} took 3 ms" == "motion took 3 ms"


@pytest.mark.parametrize("step", Step)
def test_a_step_begins_with_its_stage(step: Step) -> None:
    assert step.startswith(f"{step.stage}.")
