"""Which engines sessions share in one run, and that a device's rows are each session's own."""

from __future__ import annotations

import logging
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import pytest
from tests.runtime.engines.test_torch_cuda_engine import CONV, SHAPE, convolved, engine_of
from tests.runtime.engines.torch_graph.test_operators import numbers
from tests.runtime.fake_device import HURRIED, FakeDevice

from bunraku.export.batch import free_batch
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.engines.batching import Batching
from bunraku.runtime.engines.company import asking
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.engines.sharing import Place, Sharing
from bunraku.runtime.engines.through_host import ThroughHost
from bunraku.spec.stages import Stage

FREE = free_batch(onnx.load_model_from_string(CONV)).SerializeToString()


def name_of(hurried: Collection[Stage]) -> str:
    return "+".join(sorted(hurried)) or "none"


def test_only_on_a_gpu_and_only_with_company() -> None:
    device = FakeDevice()
    engine = engine_of(device, FREE)
    assert isinstance(Sharing(2).of(engine, Place.DEVICE, device), Batching)
    assert Sharing(1).of(engine, Place.DEVICE, device) is engine
    assert Sharing(2).of(engine, Place.HOST, CpuDevice()) is engine
    through = ThroughHost(engine, device)
    assert Sharing(2).of(through, Place.DEVICE, device) is through


def test_on_a_processor_nothing_stands_between_a_session_and_the_engine() -> None:
    """There eight frames together take as long as one after the other."""
    for kind in ("onnxruntime", "openvino", "torch"):
        factory = EngineFactory(kind, 1, sharing=Sharing(4))
        engine = factory.make(FREE, "conv", each_frame=Place.DEVICE)
        assert not isinstance(engine, Batching)


def test_graphs_of_earlier_exports_take_turns_and_the_log_says_what_they_cannot(
    caplog: pytest.LogCaptureFixture,
) -> None:
    device, sharing = FakeDevice(), Sharing(4)
    engine = engine_of(device)
    with caplog.at_level(logging.WARNING):
        assert sharing.of(engine, Place.DEVICE, device) is engine
    assert caplog.messages == [
        "sessions take turns in the engine 'conv': The graph of the engine 'conv' is for one "
        "frame at a time, not 2. Ask."
    ]
    assert not len(sharing.notices), "it is the operator's business"


@pytest.mark.parametrize("hurried", HURRIED, ids=name_of)
@pytest.mark.parametrize("place", list(Place))
def test_rows_are_each_session_s_own_in_every_order_of_the_work(
    hurried: Collection[Stage], place: Place
) -> None:
    device = FakeDevice(hurried)
    engine = Sharing(4).of(engine_of(device, FREE), place, device)
    assert isinstance(engine, Batching)

    def session(number: int) -> list[bool]:
        right = []
        for turn in range(3):
            x, queue = numbers(*SHAPE) * (number + 1) + turn, device.queue(Stage.MOTION)
            with asking(number):
                if place is Place.HOST:
                    given: Any = engine.run({"x0": x})["y0"]
                else:
                    out = {"y0": device.empty(SHAPE)}
                    there = device.upload(x, queue)
                    engine.run({"x0": there}, out=out, queue=queue)
                    (given,) = device.download([out["y0"]], queue)
            right.append(np.allclose(given, convolved(x), atol=1e-3))
        return right

    for number in range(4):
        engine._has_company(number)
    with ThreadPoolExecutor(4) as pool:
        assert all(all(right) for right in pool.map(session, range(4)))


@pytest.mark.parametrize("seed", range(4))
def test_runs_of_two_queues_do_not_meet(seed: int) -> None:
    """Two stages may share the memory of one network's batches."""
    device = FakeDevice(seed=seed)
    engine = Sharing(2).of(engine_of(device, FREE), Place.DEVICE, device)
    assert isinstance(engine, Batching)
    shown, expected = [], []
    for factor, stage in enumerate((Stage.MOTION, Stage.BLEND) * 2, 1):
        queue = device.queue(stage)
        xs = [numbers(*SHAPE) * factor, numbers(*SHAPE) - factor]
        outs = [{"y0": device.empty(SHAPE)} for _ in xs]
        for number in range(2):
            engine._has_company(number)

        def ask(number: int, queue: Any = queue, xs: Any = xs, outs: Any = outs) -> None:
            with asking(number):
                there = device.upload(xs[number], queue)
                engine.run({"x0": there}, out=outs[number], queue=queue)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(ask, range(2)))
        shown += [(out["y0"], queue) for out in outs]
        expected += [convolved(x) for x in xs]
    for (late, queue), right in zip(shown, expected, strict=True):
        assert np.allclose(device.download([late], queue)[0], right, atol=1e-3)
