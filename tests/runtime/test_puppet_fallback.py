"""A GPU that fails while a puppet moves: the processor goes on."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator, engines, models, street, with_person

from bunraku.errors import DeviceError, DeviceLostError, OutOfMemoryError
from bunraku.runtime.later import Later
from bunraku.runtime.models import Models
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import ON_HOST, Puppet
from bunraku.spec.arrays import Array, Picture, Tensors

PHOTO = with_person(street(), 100, 60)
FRAMES = [with_person(street(), 100 + 9 * i, 60) for i in range(3)]
LOST = DeviceLostError("The GPU has failed: CUDA error.", "Start anew.")


class Gpu:
    """Models on a device that fails when it is told to, and those that take their place."""

    def __init__(self, error: DeviceError = LOST) -> None:
        self.error = error
        self.failing: set[str] = set()
        self.loaded = 0
        made = engines()
        for name, engine in made.items():
            engine.function = self._watched(name, engine.function)
        seeing = Estimator(self)
        self.models = replace(models(seeing, made), host=Later(self._host))

    def fail_if_told(self, name: str) -> None:
        if name in self.failing:
            raise self.error

    def _watched(self, name: str, function: Any) -> Any:
        def run(known: Tensors) -> dict[str, Array]:
            self.fail_if_told(name)
            result: dict[str, Array] = function(known)
            return result

        return run

    def _host(self) -> Models:
        self.loaded += 1
        return models()


class Estimator(FakeEstimator):
    """The networks that find people, on that device."""

    def __init__(self, gpu: Gpu) -> None:
        super().__init__()
        self._gpu = gpu

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        self._gpu.fail_if_told("pose")
        return super().track(frame, time_s, mask=mask)


def expected() -> list[Picture]:
    puppet = Puppet(models())
    puppet.set_source(PHOTO)
    return [puppet.animate(frame, float(i)) for i, frame in enumerate(FRAMES)]


@pytest.mark.parametrize("where", ["pose", "motion", "blend"])
def test_a_clip_goes_on_with_the_same_pictures(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    gpu = Gpu()
    puppet = Puppet(gpu.models)
    puppet.set_source(PHOTO)
    shown = [puppet.animate(FRAMES[0], 0.0)]
    gpu.failing = {where}
    shown += [puppet.animate(frame, 1.0 + i) for i, frame in enumerate(FRAMES[1:])]
    assert np.array_equal(shown[0], expected()[0])
    # The driver was calibrated anew, on a frame in which it stands elsewhere.
    again = Puppet(models())
    again.set_source(PHOTO)
    for picture, frame in zip(shown[1:], FRAMES[1:], strict=True):
        assert np.array_equal(picture, again.animate(frame, 0.0))
    assert puppet.faults == 0
    assert gpu.loaded == 1
    assert caplog.text.count("a GPU has failed, the processor goes on") == 1


@pytest.mark.parametrize("error", [LOST, OutOfMemoryError("The GPU has too little memory left.")])
def test_a_live_frame_is_lost_and_says_why(error: DeviceError) -> None:
    gpu = Gpu(error)
    puppet = Puppet(gpu.models)
    identity, _ = puppet.make_identity(PHOTO)
    driving = puppet.drive(identity, FRAMES[0], 0.0)
    assert driving is not None
    gpu.failing = {"source", "motion", "blend"}
    with pytest.raises(type(error), match=ON_HOST) as caught:
        puppet.move(identity, driving)
    assert str(caught.value) == f"{error.message} {ON_HOST}"
    again = puppet.drive(identity, FRAMES[0], 1.0)
    assert again is not None
    painted = puppet.paint(identity, puppet.move(identity, again))
    assert np.array_equal(painted, expected()[0])


def test_a_photo_that_failed_is_read_the_next_time() -> None:
    gpu = Gpu()
    puppet = Puppet(gpu.models)
    gpu.failing = {"source"}
    with pytest.raises(DeviceLostError, match=ON_HOST):
        puppet.make_identity(PHOTO)
    identity, _ = puppet.make_identity(PHOTO)
    assert np.array_equal(puppet.paint(identity, None), PHOTO)


def test_a_photo_s_features_are_made_anew_once() -> None:
    gpu = Gpu()
    puppet = Puppet(gpu.models)
    puppet.set_source(PHOTO)
    gpu.failing = {"motion"}
    puppet.animate(FRAMES[0], 0.0)
    source: Any = puppet._models.engines["source"]
    for i, frame in enumerate(FRAMES):
        puppet.animate(frame, float(i))
    assert source.runs == 1


def test_without_anything_to_take_its_place_the_error_stays() -> None:
    gpu = Gpu()
    puppet = Puppet(replace(gpu.models, host=None))
    puppet.set_source(PHOTO)
    gpu.failing = {"motion"}
    with pytest.raises(DeviceLostError, match=r"^The GPU has failed: CUDA error\. Start anew\.$"):
        puppet.animate(FRAMES[0], 0.0)


def test_nothing_is_loaded_as_long_as_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    gpu = Gpu()
    puppet = Puppet(gpu.models)
    puppet.set_source(PHOTO)
    with caplog.at_level(logging.WARNING):
        for i, frame in enumerate(FRAMES):
            puppet.animate(frame, float(i))
    assert gpu.loaded == 0
    assert not caplog.records
