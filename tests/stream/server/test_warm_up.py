from __future__ import annotations

import numpy as np
from tests.runtime.fakes import SIZE, WINDOW, FakeEngine, FakeEstimator, street, with_person
from tests.runtime.fakes import engines as fake_engines

from bunraku.runtime.engine_set import EngineSet
from bunraku.stream.server.warm_up import shipped_photo, warm_up


def engine_set() -> tuple[EngineSet, dict[str, FakeEngine]]:
    made = fake_engines()
    return EngineSet(made, lambda _: FakeEstimator(), sizes=(WINDOW, SIZE), threads=1), made


def test_every_engine_has_run() -> None:
    engines, made = engine_set()
    warm_up(engines, with_person(street(), 120, 40))
    assert {name: engine.runs for name, engine in made.items()} == {
        "source": 1,
        "motion": 1,
        "blend": 1,
    }


def test_nobody_in_the_photo_is_no_reason_not_to_start() -> None:
    engines, made = engine_set()
    warm_up(engines, np.zeros((64, 64, 3), np.uint8))
    assert made["blend"].runs == 0


def test_a_photo_ships() -> None:
    assert shipped_photo().is_file()
