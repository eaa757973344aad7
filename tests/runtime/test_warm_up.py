from __future__ import annotations

import numpy as np
from tests.runtime.fakes import engines, models, street, with_person

from bunraku.runtime.warming import shipped_photo, warm_up


def test_every_engine_has_run() -> None:
    made = engines()
    warm_up(models(made=made), with_person(street(), 120, 40))
    assert {name: engine.runs for name, engine in made.items()} == {
        "source": 1,
        "motion": 1,
        "blend": 1,
    }


def test_nobody_in_the_photo_is_no_reason_not_to_start() -> None:
    made = engines()
    warm_up(models(made=made), np.zeros((64, 64, 3), np.uint8))
    assert made["blend"].runs == 0


def test_a_photo_ships() -> None:
    assert shipped_photo().is_file()
