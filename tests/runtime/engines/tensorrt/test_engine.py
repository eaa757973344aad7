from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.engines.tensorrt import fakes
from tests.runtime.engines.tensorrt.fakes import Done, FakeQueue, FakeTorch, FakeTrt

from bunraku.errors import EngineError, OutOfMemoryError
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.tensorrt.engine import Plan, TensorRtEngine
from bunraku.runtime.engines.tensorrt.library import Library


class Machine:
    """A library and a GPU, both made up."""

    def __init__(self) -> None:
        self.done: Done = []
        self.trt, self.torch = FakeTrt(self.done), FakeTorch(self.done)
        self.library = Library(self.trt, "TensorRT", SimpleNamespace(errors=[]))

    def plan(self, serialised: bytes | None = None) -> Plan:
        return Plan(self.library, serialised or FakeTrt.plan(), "tiny")

    def engine(self, serialised: bytes | None = None, batch: int = 1) -> TensorRtEngine:
        return TensorRtEngine(self.plan(serialised), "Ask.", torch=self.torch, batch=batch)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def ones(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.ones(shape, np.float32)


def test_shapes_go_by_name(machine: Machine) -> None:
    made: Engine = machine.engine()
    assert (made.name, made.advice) == ("tiny", "Ask.")
    assert made.inputs == {"image": (1, 3)}
    assert made.outputs == {"result": (1, 3)}


def test_arrays_of_the_host_go_there_and_back(machine: Machine) -> None:
    made = machine.engine()
    result = made.run({"image": ones(1, 3), "more": ones(2)})["result"]
    assert isinstance(result, np.ndarray)
    assert result.tolist() == [[2.0, 2.0, 2.0]]
    made.run({"image": ones(1, 3) * 5})
    assert result.tolist() == [[2.0, 2.0, 2.0]], "a later run touched it"
    out = {"result": np.full((1, 3), np.nan, np.float32)}
    assert made.run({"image": ones(6, 1)[::2].T}, out=out)["result"] is out["result"]
    assert out["result"].tolist() == [[2.0, 2.0, 2.0]]


def test_work_is_captured_once_and_replayed(machine: Machine) -> None:
    made = machine.engine()
    # The first run, outside of the graph, loads what a capture must not.
    assert machine.done == ["deserialise", "1 waits for 0", "execute in 1", "finish 1"] + [
        "capture in 1"
    ]
    machine.done.clear()
    made.run({"image": ones(1, 3)})
    assert machine.done == ["1 waits for what 1 did", "replay"]


def test_tensors_stay_on_the_gpu_in_the_stream_of_their_stage(machine: Machine) -> None:
    made, queue = machine.engine(), FakeQueue(machine.torch)
    machine.done.clear()
    given: Any = {"image": torch.ones(1, 3)}
    first: Any = made.run(given, queue=queue)["result"]
    assert isinstance(first, torch.Tensor)
    out: Any = {"result": torch.zeros(1, 3)}
    second: Any = made.run(given, out=out, queue=queue)["result"]
    assert second is out["result"]
    assert first.tolist() == second.tolist() == [[2.0, 2.0, 2.0]]
    stream = queue.stream.cuda_stream
    assert machine.done == [
        "2 waits for what 1 did",
        "replay",
        f"2 waits for what {stream} did",
        "replay",
    ], "another stage's run reads the same buffers: it is waited for"


def test_what_no_graph_can_hold_runs_without_one(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.trt.capturable = False
    with caplog.at_level(logging.WARNING):
        made = machine.engine()
    assert "'tiny' runs without a CUDA graph: operation not permitted" in caplog.text
    assert made.run({"image": ones(1, 3)})["result"].tolist() == [[2.0, 2.0, 2.0]]
    assert machine.done[-1] == "execute in 1"


def test_several_frames_at_once_where_the_graph_leaves_it_free(machine: Machine) -> None:
    made = machine.engine(FakeTrt.plan(shape=(1, 3), most=8))
    assert made.inputs == {"image": (1, 3)}
    four = made.of_batch(4)
    assert four.inputs == {"image": (4, 3)}
    assert four.outputs == {"result": (4, 3)}
    assert four.run({"image": ones(4, 3)})["result"].shape == (4, 3)
    assert machine.done.count("deserialise") == 1, "the weights are shared"
    with pytest.raises(EngineError, match="takes 1 to 8 frames at once, not 9"):
        made.of_batch(9)
    with pytest.raises(EngineError, match="takes 1 to 1 frames at once, not 2"):
        machine.engine().of_batch(2)


def test_what_is_missing_or_misshapen_is_named(machine: Machine) -> None:
    made = machine.engine()
    with pytest.raises(EngineError, match="'tiny' needs 'image'"):
        made.run({})
    with pytest.raises(EngineError, match=r"takes 'image' as \[1, 3\], not \[2, 3\]"):
        made.run({"image": ones(2, 3)})


def test_faults_are_told_in_one_line(machine: Machine) -> None:
    with pytest.raises(
        EngineError, match=r"^TensorRT 11.4.0.106 cannot load the engine 'tiny': Serialization"
    ):
        machine.plan(b"nonsense")
    with pytest.raises(EngineError, match="'tiny' has 'image' in another type than float32"):
        machine.plan(FakeTrt.plan(dtype="float16"))
    machine.trt.memory = False
    with pytest.raises(OutOfMemoryError, match="too little memory for the engine 'tiny'"):
        machine.engine()
    machine.trt.memory = True
    machine.trt.capturable = False
    made = machine.engine()
    machine.trt.works = False
    with pytest.raises(EngineError, match="'tiny' failed: the library does not say why"):
        made.run({"image": ones(1, 3)})


def public(stand_in: type) -> set[str]:
    return {name for name in vars(stand_in) if not name.startswith("_")}


def test_the_stand_ins_have_nothing_that_the_library_has_not() -> None:
    trt = pytest.importorskip("tensorrt_rtx", reason="it is for Linux on x86-64 alone")
    assert public(fakes.FakeEngine) <= set(dir(trt.ICudaEngine))
    assert public(fakes.FakeContext) <= set(dir(trt.IExecutionContext))
    assert hasattr(trt.Runtime, "deserialize_cuda_engine")
    assert {"float32", "TensorIOMode", "ILogger", "Runtime"} <= set(dir(trt))
    assert hasattr(trt.TensorIOMode, "INPUT")


def test_nor_that_torch_has_not() -> None:
    own = {"capturing", "capability", "free_mib", "available"}
    assert public(fakes.FakeCuda) - own <= set(dir(torch.cuda))
    assert public(fakes.FakeStream) <= set(dir(torch.cuda.Stream))
    assert {"record"} <= set(dir(torch.cuda.Event))
    assert public(fakes.FakeGraph) <= set(dir(torch.cuda.CUDAGraph))
