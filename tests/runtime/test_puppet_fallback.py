"""A GPU that fails while a puppet moves: the processor goes on."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.runtime.fakes import FakeEngine, FakeEstimator, engines, models, street, with_person

from bunraku.errors import DeviceError, DeviceLostError, OutOfMemoryError
from bunraku.runtime.device import Queue
from bunraku.runtime.drivers.protocol import Driver
from bunraku.runtime.engines import batching
from bunraku.runtime.engines.batches import Batches
from bunraku.runtime.engines.batching import Batching
from bunraku.runtime.engines.company import asker
from bunraku.runtime.engines.protocol import of_frames
from bunraku.runtime.later import Later
from bunraku.runtime.machinery import ON_HOST
from bunraku.runtime.measure import Recorder
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import Part
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
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
    source: Any = puppet._machinery.models.engines["source"]
    for i, frame in enumerate(FRAMES):
        puppet.animate(frame, float(i))
    assert source.runs == 1


def test_what_was_chosen_meanwhile_holds_on_the_processor_too() -> None:
    gpu, host = Gpu(), models()
    asked: list[PuppetOptions] = []

    def make_driver(options: PuppetOptions, recorder: Recorder) -> Driver:
        asked.append(options)
        return host.make_driver(options, recorder)

    puppet = Puppet(replace(gpu.models, host=Later.of(replace(host, make_driver=make_driver))))
    puppet.set_source(PHOTO)
    puppet.parts, puppet.face = frozenset({Part.ARMS}), 0.5
    gpu.failing = {"motion"}
    puppet.animate(FRAMES[0], 0.0)
    [options] = asked
    assert (options.parts, options.face) == (frozenset({Part.ARMS}), 0.5)
    assert (puppet.parts, puppet.face) == (frozenset({Part.ARMS}), 0.5)


def test_without_anything_to_take_its_place_the_error_stays() -> None:
    gpu = Gpu()
    puppet = Puppet(replace(gpu.models, host=None))
    puppet.set_source(PHOTO)
    gpu.failing = {"motion"}
    with pytest.raises(DeviceLostError, match=r"^The GPU has failed: CUDA error\. Start anew\.$"):
        puppet.animate(FRAMES[0], 0.0)


class Shared:
    """An engine for two frames whose memory is too little as soon as it is used."""

    def __init__(self, engine: FakeEngine) -> None:
        self.name, self.advice = engine.name, engine.advice
        self.inputs, self.outputs = of_frames(engine.inputs, 2), of_frames(engine.outputs, 2)
        self.runs = 0

    def of_batch(self, frames: int) -> Shared:
        assert frames == 2
        return self

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        self.runs += 1
        if self.runs > 1:  # the first is at the start
            raise OutOfMemoryError("The GPU has too little memory left.")
        return {name: np.zeros(shape, np.float32) for name, shape in self.outputs.items()}


def test_too_little_memory_makes_a_batch_smaller_and_then_the_processor_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batching, "WAIT_S", 60.0)  # so that both meet, however slow the machine
    monkeypatch.setattr(batching, "COMPANY_S", 60.0)
    gpu = Gpu(OutOfMemoryError("The GPU has too little memory left."))
    single: Any = gpu.models.engines["motion"]
    several = Shared(single)
    notices = gpu.models.notices
    batches = Batches(several, 2, lambda shape: np.empty(shape, np.float32), notices.add)
    together = Batching(single, batches)
    shared = replace(gpu.models, engines={**gpu.models.engines, "motion": together})
    puppets = [Puppet(shared) for _ in range(2)]
    for puppet in puppets:
        puppet.set_source(PHOTO)
        together._has_company(puppet._machinery.session)
    right = expected()[0]
    with ThreadPoolExecutor(2) as pool:
        for picture in pool.map(lambda puppet: puppet.animate(FRAMES[0], 0.0), puppets):
            assert np.array_equal(picture, right)
    assert (several.runs, gpu.loaded) == (2, 0)
    said = (
        "The GPU has too little memory for 2 frames at once in the engine 'motion': it computes "
        "1 at a time from now on."
    )
    assert [puppet.news() for puppet in puppets] == [[said], [said]]
    assert [puppet.news() for puppet in puppets] == [[], []], "once"
    assert Puppet(shared).news() == [], "it is long past"
    gpu.failing = {"motion"}
    assert np.array_equal(puppets[0].animate(FRAMES[0], 1.0), right)
    assert gpu.loaded == 1


def test_what_a_puppet_asks_is_told_apart_from_another_s() -> None:
    gpu = Gpu()
    asked: dict[str, set[object]] = {"source": set(), "motion": set(), "blend": set()}
    for name, sessions in asked.items():
        engine: Any = gpu.models.engines[name]

        def run(
            known: Tensors, run: Any = engine.function, sessions: set[object] = sessions
        ) -> dict[str, Array]:
            sessions.add(asker())
            result: dict[str, Array] = run(known)
            return result

        engine.function = run
    puppets = [Puppet(gpu.models) for _ in range(2)]
    for puppet in puppets:
        puppet.set_source(PHOTO)
        puppet.animate(FRAMES[0], 0.0)
    assert None not in asked["motion"]
    assert len(asked["motion"]) == 2
    assert asked["source"] == asked["motion"] == asked["blend"]
    assert asker() is None


def test_nothing_is_loaded_as_long_as_all_is_well(caplog: pytest.LogCaptureFixture) -> None:
    gpu = Gpu()
    puppet = Puppet(gpu.models)
    puppet.set_source(PHOTO)
    with caplog.at_level(logging.WARNING):
        for i, frame in enumerate(FRAMES):
            puppet.animate(frame, float(i))
    assert gpu.loaded == 0
    assert not caplog.records
