"""Captured graphs on a device whose work is done late and out of order."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from tests.runtime.engines.torch_graph.test_operators import numbers, one_node
from tests.runtime.fake_device import HURRIED, FakeDevice
from tests.runtime.late_tensor import LateTensor

from bunraku.errors import EngineError, OutOfMemoryError
from bunraku.export.batch import free_batch
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.engines.protocol import EngineRequest
from bunraku.runtime.engines.torch_engine import TorchCudaEngine, load
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage
from bunraku.spec.tensors import EngineName

SHAPE = (1, 4, 6, 8)
WEIGHT = numbers(4, 4, 3, 3)
CONV = one_node("Conv", [SHAPE], [WEIGHT], pads=[1] * 4)


def engine_of(device: FakeDevice, model: Any = CONV, name: str = "conv") -> TorchCudaEngine:
    made = load(EngineRequest(model, name, "Ask.", device))
    assert isinstance(made, TorchCudaEngine)
    return made


def convolved(x: Array) -> Array:
    result = torch.nn.functional.conv2d(torch.from_numpy(x), torch.from_numpy(WEIGHT), padding=1)
    return np.asarray(result.numpy(), np.float32)


def name_of(hurried: Collection[Stage]) -> str:
    return "+".join(sorted(hurried)) or "none"


@pytest.fixture(params=HURRIED, ids=name_of)
def device(request: pytest.FixtureRequest) -> FakeDevice:
    return FakeDevice(request.param)


SEEDS = range(24)
"""One in eight orders shows a missing event."""


def two_queues(device: FakeDevice) -> bool:
    """Whether two stages whose runs overlap get their own results of one engine."""
    engine = engine_of(device)
    given = [numbers(*SHAPE) * factor for factor in (1, 2, 3, 4)]
    shown = []
    for x, stage in zip(given, (Stage.MOTION, Stage.BLEND) * 2, strict=True):
        queue = device.queue(stage)
        with queue:
            there = device.upload(x, queue)
            out = {"y0": device.empty(SHAPE)}
            result = engine.run({"x0": there}, out=out, queue=queue)
        assert result["y0"] is out["y0"]
        shown.append((result["y0"], queue))
    here = [device.download([tensor], queue)[0] for tensor, queue in shown]
    return all(np.allclose(a, convolved(x), atol=1e-4) for a, x in zip(here, given, strict=True))


@pytest.mark.parametrize("seed", SEEDS)
def test_runs_of_several_queues_do_not_meet(seed: int) -> None:
    assert two_queues(FakeDevice(seed=seed))


def test_without_the_event_between_runs_they_do() -> None:
    wrong = 0
    for seed in SEEDS:
        device = FakeDevice(seed=seed)
        for stage in Stage:
            device.queue(stage).wait = lambda event: None  # type: ignore[method-assign]
        wrong += not two_queues(device)
    assert wrong > 0


def test_a_network_is_captured_once_and_replayed() -> None:
    device = FakeDevice()
    engine = engine_of(device)
    queue = device.queue(Stage.MOTION)
    waits, made = device.torch.work.host_waits, 0
    for turn in range(4):
        there = device.upload(numbers(*SHAPE), queue)
        engine.run({"x0": there}, out={"y0": device.empty(SHAPE)}, queue=queue)
        if turn == 1:
            made = device.torch.memory.made
    assert device.torch.memory.made == made, "memory is fixed after the start"
    assert device.torch.work.host_waits == waits, "nobody waits"
    graph = engine._replay.__self__  # type: ignore[attr-defined]
    assert graph.replays == 4


def test_several_frames_have_a_graph_of_their_own_and_the_same_weights(device: FakeDevice) -> None:
    free = free_batch(onnx.load_model_from_string(CONV)).SerializeToString()
    engine = engine_of(device, free)
    assert (engine.inputs, engine.outputs) == ({"x0": SHAPE}, {"y0": SHAPE})
    three, queue = engine.of_batch(3), device.queue(Stage.MOTION)
    x = numbers(3, *SHAPE[1:])
    out = {"y0": device.empty(x.shape)}
    three.run({"x0": device.upload(x, queue)}, out=out, queue=queue)
    assert np.allclose(device.download([out["y0"]], queue)[0], convolved(x), atol=1e-4)
    assert three._read_graph is engine._read_graph
    with pytest.raises(EngineError, match="'conv' is for one frame at a time, not 2"):
        engine_of(device).of_batch(2)


def test_arrays_of_the_host_give_arrays_of_the_host(device: FakeDevice) -> None:
    engine = engine_of(device)
    for factor in (1, 2):
        x = numbers(*SHAPE) * factor
        result = engine.run({"x0": x})["y0"]
        assert isinstance(result, np.ndarray)
        assert np.allclose(result, convolved(x), atol=1e-4)
    out = {"y0": np.empty(SHAPE, np.float32)}
    assert engine.run({"x0": x}, out=out)["y0"] is out["y0"]
    assert np.allclose(out["y0"], convolved(x), atol=1e-4)


def test_results_without_a_place_are_new_tensors() -> None:
    device = FakeDevice()
    engine = engine_of(device)
    queue = device.queue(Stage.MOTION)
    with queue:
        there = device.upload(numbers(*SHAPE), queue)
        results: list[Any] = [engine.run({"x0": there}, queue=queue)["y0"] for _ in range(2)]
    assert all(isinstance(result, LateTensor) for result in results)
    assert results[0] is not results[1]


@pytest.mark.parametrize("name", [EngineName.MOTION, EngineName.BLEND])
def test_the_networks_that_ship_run_in_a_graph(name: EngineName) -> None:
    path = Bundle.load("live").path(name)
    engine, reference = engine_of(FakeDevice(), path, name), OnnxEngine(path, name, 1)
    random = np.random.default_rng(5)
    given = {n: random.random(s, np.float32) for n, s in reference.inputs.items()}
    made, expected = engine.run(given), reference.run(given)
    for output, values in expected.items():
        assert np.allclose(made[output], values, atol=1e-4)


def test_too_little_memory_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch) -> None:
    device = FakeDevice()

    def full(*shape: Any, **more: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(device.torch, "empty", full)
    with pytest.raises(OutOfMemoryError, match="The GPU has too little memory left"):
        engine_of(device)
