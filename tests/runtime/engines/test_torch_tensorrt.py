"""Torch-TensorRT needs TensorRT's own libraries and a GPU: here both are stand-ins."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tests.runtime.engines.networks import convolutions
from tests.runtime.engines.tensorrt.fakes import Done, FakeQueue, FakeTorch, FakeTrt

from bunraku.errors import DeviceLostError, EngineError
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.engines import torch_tensorrt
from bunraku.runtime.engines.protocol import BatchEngine, EngineRequest
from bunraku.runtime.engines.tensorrt import loading
from bunraku.runtime.engines.tensorrt.builder import Built
from bunraku.runtime.engines.tensorrt.library import Library
from bunraku.runtime.engines.torch_tensorrt import import_torch_tensorrt, load


class FakeModule:
    """``TorchTensorRTModule``: doubles its input; notes what it was made of."""

    made: list[tuple[bytes, list[str], list[str], str]] = []  # noqa: RUF012 - one list for all
    fault: RuntimeError | None = None

    def __init__(
        self, serialised: bytes, inputs: list[str], outputs: list[str], *, name: str
    ) -> None:
        self.made.append((serialised, inputs, outputs, name))

    def __call__(self, image: Any) -> Any:
        if self.fault is not None:
            raise self.fault
        return image * 2


class HostTensors(FakeTorch):
    """The GPU's tensors are those of the processor."""

    def from_numpy(self, array: Any) -> Any:
        tensor = torch.from_numpy(array)
        return SimpleNamespace(to=lambda place: tensor.clone())


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HostTensors]:
    done: Done = []
    made, library = HostTensors(done), Library(FakeTrt(done), "TensorRT", SimpleNamespace())
    runtime = SimpleNamespace(TorchTensorRTModule=FakeModule)
    module = SimpleNamespace(dynamo=SimpleNamespace(runtime=runtime))
    built = Built(FakeTrt.plan(), None)
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    monkeypatch.setattr(torch_tensorrt, "import_torch", lambda: made)
    monkeypatch.setattr(torch_tensorrt, "import_torch_tensorrt", lambda: (module, library))
    monkeypatch.setattr(loading, "build", lambda *_, **__: built)
    FakeModule.made.clear()
    yield made
    FakeModule.fault = None


def request() -> EngineRequest:
    return EngineRequest(
        convolutions().SerializeToString(), "tiny", "Ask.", CpuDevice(), lasting=True
    )


def test_an_engine_that_was_built_is_run_by_torch(gpu: HostTensors, tmp_path: Path) -> None:
    made = load(request())
    assert FakeModule.made == [(FakeTrt.plan(), ["image"], ["result"], "tiny")]
    assert (made.name, made.advice) == ("tiny", "Ask.")
    assert (made.inputs, made.outputs) == ({"image": (1, 3)}, {"result": (1, 3)})
    assert len(list((tmp_path / "engines").glob("tiny-*.engine"))) == 1


def test_arrays_of_the_host_go_there_and_back(gpu: HostTensors) -> None:
    made, image = load(request()), np.ones((1, 3), np.float32)
    result = made.run({"image": image, "more": image})["result"]
    assert isinstance(result, np.ndarray)
    assert result.tolist() == [[2.0, 2.0, 2.0]]
    out = {"result": np.zeros((1, 3), np.float32)}
    assert made.run({"image": image}, out=out)["result"] is out["result"]
    assert out["result"].tolist() == [[2.0, 2.0, 2.0]]


def test_tensors_stay_on_the_gpu(gpu: HostTensors) -> None:
    made, queue = load(request()), FakeQueue(gpu)
    given: Any = {"image": torch.ones(1, 3)}
    out: Any = {"result": torch.zeros(1, 3)}
    first: Any = made.run(given, queue=queue)["result"]
    assert isinstance(first, torch.Tensor)
    second: Any = made.run(given, out=out, queue=queue)["result"]
    assert second is out["result"]
    assert first.tolist() == second.tolist() == [[2.0, 2.0, 2.0]]


def test_several_frames_are_run_by_the_same_module(
    gpu: HostTensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = Built(FakeTrt.plan(shape=(1, 3), most=8), None)
    monkeypatch.setattr(loading, "build", lambda *_, **__: built)
    made = load(request())
    assert isinstance(made, BatchEngine)
    two = made.of_batch(2)
    assert two.outputs == {"result": (2, 3)}
    assert two.run({"image": np.ones((2, 3), np.float32)})["result"].tolist() == [[2.0] * 3] * 2
    assert len(FakeModule.made) == 1
    with pytest.raises(EngineError, match="for one frame at a time, not 9"):
        made.of_batch(9)


def test_faults_are_told_in_one_line(gpu: HostTensors) -> None:
    made = load(request())
    FakeModule.fault = RuntimeError("[Error thrown at core]\nand much more")
    with pytest.raises(EngineError, match=r"^The engine 'tiny' failed: \[Error thrown at core\]\."):
        made.run({"image": np.ones((1, 3), np.float32)})
    FakeModule.fault = RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(DeviceLostError, match="The GPU has failed in the engine 'tiny': CUDA err"):
        made.run({"image": np.ones((1, 3), np.float32)})
    FakeModule.fault = torch.OutOfMemoryError("CUDA out of memory")
    with pytest.raises(EngineError, match="too little memory"):
        made.run({"image": np.ones((1, 3), np.float32)})


@pytest.mark.parametrize("error", [ImportError, OSError, Exception])
def test_missing_libraries_are_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: type[Exception]
) -> None:
    def take(name: str) -> Any:
        print(f"import error when try to import {name}")  # noqa: T201 - as it does
        raise error("libnvinfer.so.11: cannot open shared object file\nand more")

    monkeypatch.setattr(torch_tensorrt, "import_module", take)
    with pytest.raises(
        EngineError, match=r"^Torch-TensorRT cannot be loaded: libnvinfer.so.11: [^\n]*$"
    ) as caught:
        import_torch_tensorrt()
    assert "pip install torch-tensorrt" in str(caught.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("name", "version", "title"),
    [
        ("tensorrt", "11.0.0.114", "TensorRT 11.0.0.114"),
        ("tensorrt_rtx", "1.7.1.116", "TensorRT-RTX 1.7.1.116"),
    ],
)
def test_the_rtx_wheel_brings_the_twin_under_the_same_name(
    monkeypatch: pytest.MonkeyPatch, name: str, version: str, title: str
) -> None:
    trt = ModuleType(name)
    trt.__version__ = version  # type: ignore[attr-defined]
    trt.ILogger = object  # type: ignore[attr-defined]
    module = ModuleType("torch_tensorrt")
    monkeypatch.setitem(sys.modules, "torch_tensorrt", module)
    monkeypatch.setitem(sys.modules, "tensorrt", trt)
    found, library = import_torch_tensorrt()
    assert found is module
    assert library.version == title
    assert library.is_rtx == (name == "tensorrt_rtx")
