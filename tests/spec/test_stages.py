"""The names of stages and steps, which stand in people's logs and dashboards."""

from __future__ import annotations

import json

from bunraku.spec.stages import Stage, Step


def test_stages_in_the_order_of_a_frame() -> None:
    assert list(Stage) == ["densepose", "motion", "blend"]


def test_they_are_text_wherever_they_go() -> None:
    assert json.loads(json.dumps({Stage.BLEND: 1})) == {"blend": 1}
    assert f"{Stage.MOTION} took 3 ms" == "motion took 3 ms"


def test_steps_and_the_stages_that_they_are_timed_in() -> None:
    assert {str(step): str(step.stage) for step in Step} == {
        "densepose.pose": "densepose",
        "densepose.face": "densepose",
        "densepose.hands": "densepose",
        "densepose.iuv": "densepose",
        "motion.engine": "motion",
        "motion.seam": "motion",
        "motion.face": "motion",
        "blend.engine": "blend",
        "blend.paste": "blend",
    }
