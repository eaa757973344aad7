"""TensorRT and ONNX Runtime on a device whose work is done late and out of order, and what keeps
two stages that run one engine apart there: without it some order of the work gives another result.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from tests.runtime.engines.fake_onnxruntime import FakeOnnxRuntime
from tests.runtime.engines.tensorrt.fakes import FakeTrt
from tests.runtime.engines.torch_graph.test_operators import one_node
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fake_torch import FakeEvent

from bunraku.runtime.engines import onnx_cuda
from bunraku.runtime.engines.onnx_cuda import OnnxCudaEngine
from bunraku.runtime.engines.protocol import Engine, EngineRequest
from bunraku.runtime.engines.tensorrt.engine import Plan, TensorRtEngine
from bunraku.runtime.engines.tensorrt.library import Library
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

SHAPE = (1, 3)
SEEDS = range(8)
Make = Callable[[FakeDevice], Engine]


def tensorrt(device: FakeDevice) -> TensorRtEngine:
    """Doubles what it is given."""
    trt = FakeTrt([])
    trt.queue = device.torch.work.queue
    library = Library(trt, "TensorRT", SimpleNamespace(errors=[]))
    plan = Plan(library, FakeTrt.plan("x0", SHAPE), "tiny")
    return TensorRtEngine(plan, "Ask.", torch=device.torch)


def onnx(device: FakeDevice, monkeypatch: pytest.MonkeyPatch) -> OnnxCudaEngine:
    """The same, by the real ONNX Runtime."""
    ort = FakeOnnxRuntime(work=device.torch.work)
    monkeypatch.setattr(onnx_cuda, "imported", lambda: ort)
    model = one_node("Mul", [SHAPE], [np.full(SHAPE, 2.0, np.float32)])
    return OnnxCudaEngine(EngineRequest(model, "tiny", "Ask.", device))


def is_right(device: FakeDevice, engine: Engine) -> bool:
    """Whether two stages whose runs overlap get their own results of one engine, into arrays of
    theirs and into new ones."""
    given = [np.full(SHAPE, value, np.float32) for value in (1, 2, 3, 4, 5, 6)]
    (result,) = engine.outputs
    shown = []
    for number, (x, stage) in enumerate(zip(given, (Stage.MOTION, Stage.BLEND) * 3, strict=True)):
        queue = device.queue(stage)
        with queue:
            there = device.upload(x, queue)
            out = {result: device.empty(SHAPE)} if number < 4 else None
            shown.append((engine.run({"x0": there}, out=out, queue=queue)[result], queue))
    here: list[Array] = [device.download([tensor], queue)[0] for tensor, queue in shown]
    return all(np.array_equal(made, 2 * x) for made, x in zip(here, given, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_stages_that_run_one_engine_do_not_meet(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice(seed=seed)
    assert is_right(device, tensorrt(device))
    device = FakeDevice(seed=seed)
    assert is_right(device, onnx(device, monkeypatch))


def test_without_the_event_after_a_run_tensorrts_buffers_are_overwritten() -> None:
    class Nobody(FakeEvent):
        """Is never recorded, so that nothing waits for it."""

        def record(self, stream: object) -> None:
            pass

    wrong = 0
    for seed in SEEDS:
        device = FakeDevice(seed=seed)
        engine = tensorrt(device)
        engine._free = Nobody(device.torch.work)
        wrong += not is_right(device, engine)
    assert wrong > 0


def test_in_another_stages_stream_onnx_runtimes_results_are_read_too_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong = 0
    for seed in SEEDS:
        device = FakeDevice(seed=seed)
        engine = onnx(device, monkeypatch)
        monkeypatch.setattr(engine, "_stream", lambda queue: 0)
        wrong += not is_right(device, engine)
    assert wrong > 0


def test_a_run_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice()
    for engine in (tensorrt(device), onnx(device, monkeypatch)):
        queue, waits = device.queue(Stage.MOTION), device.torch.work.host_waits
        there = device.upload(np.ones(SHAPE, np.float32), queue)
        engine.run({"x0": there}, queue=queue)
        assert device.torch.work.host_waits == waits
