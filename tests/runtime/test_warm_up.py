from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
from tests.runtime.fakes import FakeEstimator, engines, models, street, with_person

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.crops import HostCrops
from bunraku.runtime.warming import shipped_photo, warm_up
from bunraku.spec.arrays import Picture


def test_every_engine_has_run() -> None:
    made = engines()
    warm_up(models(made=made), with_person(street(), 120, 40))
    assert {name: engine.runs for name, engine in made.items()} == {
        "source": 1,
        "motion": 1,
        "blend": 1,
    }


def test_the_photo_is_followed_as_a_frame_is_that_a_device_cuts() -> None:
    class Opening(HostCrops):
        frame: Picture | None = None

        @contextmanager
        def opened(self, frame: Picture) -> Iterator[None]:
            self.frame = frame
            yield
            self.frame = None

    class Following(FakeEstimator):
        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            followed.append(frame is crops.frame)
            return super().track(frame, time_s, mask=mask)

    crops, followed = Opening(), list[bool]()
    warm_up(replace(models(Following()), crops=crops), with_person(street(), 120, 40))
    assert followed == [True]


def test_nobody_in_the_photo_is_no_reason_not_to_start() -> None:
    made = engines()
    warm_up(models(made=made), np.zeros((64, 64, 3), np.uint8))
    assert made["blend"].runs == 0


def test_a_photo_ships() -> None:
    assert shipped_photo().is_file()
