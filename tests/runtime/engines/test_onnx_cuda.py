"""ONNX Runtime on a GPU, by a module that stands for it: no GPU is needed, and none is tried."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tests.runtime.engines.fake_onnxruntime import CPU, CUDA, FakeOnnxRuntime, Tensor
from tests.runtime.engines.networks import convolutions
from tests.runtime.onnx_models import model

from bunraku.errors import PIP, DeviceLostError, EngineError, OutOfMemoryError
from bunraku.export.batch import free_batch
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.engines import onnx_cuda
from bunraku.runtime.engines.onnx_cuda import RTX, OnnxCudaEngine, load
from bunraku.runtime.engines.protocol import EngineRequest

TINY = model({"a": (1, 2)}, {"y": ((1, 4), 2.5), "x": ((2,), 1.0)})
ONE = np.ones((1, 2), np.float32)

Make = Callable[..., OnnxCudaEngine]


@pytest.fixture
def ort(monkeypatch: pytest.MonkeyPatch) -> FakeOnnxRuntime:
    made = FakeOnnxRuntime()
    monkeypatch.setattr(onnx_cuda, "imported", lambda: made)
    return made


@dataclass
class Queue:
    stream: Any


class Gpu(CpuDevice):
    """A device whose queues are streams, 7 that of where nobody says otherwise."""

    def queue(self, stage: Any) -> Any:
        return _stream(7)

    def empty(self, shape: tuple[int, ...]) -> Any:
        return Tensor(np.full(shape, np.nan, np.float32))


def _stream(address: int) -> Any:
    return Queue(SimpleNamespace(cuda_stream=address))


def _made(device: CpuDevice | None = None, **more: Any) -> OnnxCudaEngine:
    return load(EngineRequest(TINY, "tiny", "Ask.", device or CpuDevice(), **more))


def test_arrays_of_the_host_come_back_as_such(ort: FakeOnnxRuntime) -> None:
    engine = _made()
    assert (engine.inputs, engine.outputs) == ({"a": (1, 2)}, {"y": (1, 4), "x": (2,)})
    assert engine.run({"a": ONE.T.T})["y"].tolist() == [[2.5] * 4]
    out = {"y": np.full((1, 4), np.nan, np.float32), "x": np.full(2, np.nan, np.float32)}
    assert engine.run({"a": ONE}, out=out)["x"] is out["x"]
    assert out["x"].tolist() == [1.0, 1.0]
    (first, how), _ = ort.runs
    assert first.places == {"a": ("cpu", 0), "y": ("cpu", 0), "x": ("cpu", 0)}
    assert not how.entries, "the caller reads the results at once"
    with pytest.raises(EngineError, match="'tiny' cannot write 'y' into nothing"):
        engine.run({"a": ONE}, out={})


def test_arrays_of_the_gpu_stay_there(ort: FakeOnnxRuntime) -> None:
    engine = _made(Gpu())
    out = {name: Tensor(np.zeros(shape, np.float32)) for name, shape in engine.outputs.items()}
    given: dict[str, Any] = {"a": Tensor(ONE)}
    made: Any = engine.run(given, out=out)  # type: ignore[arg-type]
    assert made["y"] is out["y"]
    assert out["y"].array.tolist() == [[2.5] * 4]
    fresh: Any = engine.run(given)
    assert fresh["x"].array.tolist() == [1.0, 1.0]
    binding, how = ort.runs[0]
    assert set(binding.places.values()) == {("cuda", 0)}
    assert how.entries == {"disable_synchronize_execution_providers": "1"}


def test_each_queue_runs_it_on_its_own_stream(ort: FakeOnnxRuntime) -> None:
    engine = _made(Gpu())
    feeds: Any = {"a": Tensor(ONE)}
    for stream in (3, 9, 3):
        engine.run(feeds, queue=_stream(stream))
    engine.run(feeds)
    assert [told.get("user_compute_stream") for told in ort.told] == ["7", "3", "9"]
    ort.told.clear()
    _made().run({"a": ONE})
    assert ort.told == [{"use_tf32": "0"}]


@pytest.mark.parametrize(("coarse", "tf32"), [(True, "1"), (False, "0")])
def test_only_pictures_are_rounded(ort: FakeOnnxRuntime, coarse: bool, tf32: str) -> None:
    _made(coarse=coarse)
    assert ort.told[0]["use_tf32"] == tf32


def test_the_cpu_does_not_step_in_without_a_word(ort: FakeOnnxRuntime) -> None:
    ort.lands_on = CPU
    with pytest.raises(EngineError, match=f"would run the engine 'tiny' on {CPU}.*CUDA lib.*pip"):
        _made()
    ort.providers = (CPU,)
    with pytest.raises(EngineError, match=r"built without CUDA\. Run: .*pip uninstall"):
        _made()
    assert CUDA not in ort.providers


def test_work_that_stays_on_the_cpu_is_named_once(
    ort: FakeOnnxRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    _made(Gpu())
    assert not caplog.messages, "shapes are no work"
    ort.left = ("Resize", "Shape", "Conv", "Resize")
    engine = _made(Gpu())
    feeds: Any = {"a": Tensor(ONE)}
    engine.run(feeds, queue=_stream(3))
    (told,) = caplog.messages
    assert "leaves Conv, Resize of the engine 'tiny' to the CPU" in told
    assert "use --engine torch" in told


def test_the_real_onnx_runtime_tells_where_its_nodes_run() -> None:
    options = onnxruntime.SessionOptions()
    options.add_session_config_entry(onnx_cuda.RECORD, "1")
    made = convolutions().SerializeToString()
    session = onnxruntime.InferenceSession(made, options, providers=[CPU])
    assert "Conv" in onnx_cuda.left_to_the_cpu(session)
    assert onnx_cuda.left_to_the_cpu(SimpleNamespace()) == [], "one that cannot tell"


def test_tensorrt_rtx_comes_first_where_it_is_built_in(
    ort: FakeOnnxRuntime, caplog: pytest.LogCaptureFixture
) -> None:
    ort.providers, ort.lands_on = (RTX, CUDA, CPU), RTX
    engine = _made(Gpu())
    _made()
    assert ort.before[0] == (RTX, {"has_user_compute_stream": "1", "user_compute_stream": "7"})
    assert ort.before[1] == (RTX, {})
    assert np.allclose(engine.run({"a": ONE})["y"], 2.5)
    assert not caplog.messages
    ort.lands_on = CUDA
    _made()
    assert caplog.messages == [f"The engine 'tiny' runs on {CUDA}: {RTX} does not load."]
    ort.lands_on = CPU
    with pytest.raises(EngineError, match=f"would run the engine 'tiny' on {CPU}, not on the GPU"):
        _made()


@pytest.mark.parametrize(
    ("said", "kind", "told"),
    [
        ("CUDA failure 2: out of memory ; GPU=0", OutOfMemoryError, "too little memory left for"),
        ("Failed to allocate memory for requested buffer of size 9", OutOfMemoryError, "too lit"),
        ("CUDA failure 700: an illegal memory access", DeviceLostError, "has failed in .*700: an"),
        ("CUDNN_STATUS_EXECUTION_FAILED", DeviceLostError, "has failed in the engine 'tiny'"),
        ("Invalid rank for input", EngineError, "'tiny' failed on the GPU: Invalid rank"),
    ],
)
def test_a_failed_run_is_one_line_of_its_kind(
    ort: FakeOnnxRuntime, said: str, kind: type[EngineError], told: str
) -> None:
    engine = _made()
    ort.fails = f"{said}\n at line 5"
    with pytest.raises(EngineError, match=told) as caught:
        engine.run({"a": ONE})
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineError, match="'tiny' needs 'a'"):
        engine.run({})


def test_a_gpu_that_fails_where_another_stream_begins_is_lost(ort: FakeOnnxRuntime) -> None:
    """Sessions are opened while frames run, one for each stream."""
    ort.refuses = "CUDA failure 100: no CUDA-capable device is detected"
    with pytest.raises(
        EngineError, match="cannot load the engine 'tiny' on the GPU: CUDA fail"
    ) as (caught):
        _made(Gpu())
    assert type(caught.value) is EngineError, "at the start it is the installation"
    ort.refuses = "CUDA failure 2: out of memory"
    with pytest.raises(OutOfMemoryError):
        _made(Gpu())
    ort.refuses = None
    engine = _made(Gpu())
    feeds: Any = {"a": Tensor(ONE)}
    ort.refuses = "CUDA failure 719: unspecified launch failure"
    with pytest.raises(DeviceLostError, match="has failed in the engine 'tiny'"):
        engine.run(feeds, queue=_stream(3))


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        (
            "CUDA failure 35: CUDA driver version is insufficient for CUDA runtime version ; GPU=0",
            f"update the driver, or {PIP} install 'onnxruntime-gpu[cuda,cudnn]'",
        ),
        ("CUDNN_STATUS_NOT_INITIALIZED", "not for this NVIDIA driver"),
        ("Invalid model", "Ask. Or use --engine onnxruntime."),
    ],
)
def test_a_driver_for_another_cuda_is_not_blamed_on_the_model(
    ort: FakeOnnxRuntime, said: str, advice: str
) -> None:
    ort.refuses = said
    with pytest.raises(EngineError, match="cannot load the engine 'tiny' on the GPU") as caught:
        _made(Gpu())
    assert advice in str(caught.value)
    assert ("Ask." in str(caught.value)) is (said == "Invalid model")


def test_several_frames_are_run_in_the_same_sessions(ort: FakeOnnxRuntime) -> None:
    free = free_batch(convolutions()).SerializeToString()
    engine = load(EngineRequest(free, "tiny", "Ask.", CpuDevice()))
    assert engine.inputs == {"image": (1, 3, 16, 16)}
    four = engine.of_batch(4)
    assert (four.inputs, four.outputs) == ({"image": (4, 3, 16, 16)}, {"result": (4, 3, 16, 16)})
    images = np.random.default_rng(2).random((4, 3, 16, 16), np.float32)
    together = four.run({"image": images})["result"]
    for row in range(4):
        alone = engine.run({"image": images[row : row + 1]})["result"]
        assert np.allclose(together[row], alone[0], atol=1e-6)
    assert len(ort.told) == 1
    with pytest.raises(EngineError, match=r"'tiny' is for one frame at a time, not 2\. Ask\."):
        _made().of_batch(2)


def test_what_is_no_model_is_an_engine_error(ort: FakeOnnxRuntime) -> None:
    with pytest.raises(EngineError, match="cannot load the engine 'broken' on the GPU") as caught:
        load(EngineRequest(b"no model", "broken", "Ask.", CpuDevice()))
    assert (caught.value.hint or "").startswith("Ask. Or use")
