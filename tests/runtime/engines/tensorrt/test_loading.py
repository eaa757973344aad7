from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import pytest
from tests.runtime.engines.networks import bottlenecks, convolutions, quantised
from tests.runtime.engines.tensorrt.fakes import Done, FakeTorch, FakeTrt

from bunraku.errors import EngineError
from bunraku.export.calibrate import make_recipe
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.engines import int8
from bunraku.runtime.engines.half import is_typed
from bunraku.runtime.engines.protocol import EngineRequest, Precision
from bunraku.runtime.engines.tensorrt import loading
from bunraku.runtime.engines.tensorrt.builder import BuildOptions, Built, UnsupportedError
from bunraku.runtime.engines.tensorrt.engine import TensorRtEngine
from bunraku.runtime.engines.tensorrt.library import Library
from bunraku.runtime.engines.tensorrt.loading import Gpu, key_of, load
from bunraku.runtime.engines.through_host import ThroughHost

MODEL = convolutions().SerializeToString()


def request(model: Path | bytes = MODEL, precision: Precision | None = None) -> EngineRequest:
    return EngineRequest(model, "tiny", "Ask.", CpuDevice(), 1, precision, lasting=True)


@dataclass
class Machine:
    """A library, a GPU and a cache, all made up; what was built for which GPU."""

    library: Library
    torch: FakeTorch
    done: Done
    folder: Path
    built: list[tuple[bytes, BuildOptions, bytes | None]]
    refuses: bool = False

    def files(self) -> list[Path]:
        return sorted(self.folder.glob("*.engine"))


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    done: Done = []
    library = Library(FakeTrt(done), "TensorRT", SimpleNamespace(errors=[]))
    made = Machine(library, FakeTorch(done), done, tmp_path / "engines", [])

    def build(
        library: Library, model: bytes, name: str, options: BuildOptions, *, timings: bytes | None
    ) -> Built:
        if made.refuses:
            raise UnsupportedError("TensorRT does not take the engine 'tiny'.", "Use another.")
        made.built.append((model, options, timings))
        return Built(FakeTrt.plan(), b"measured")

    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    monkeypatch.setattr(loading, "find_library", lambda: made.library)
    monkeypatch.setattr(loading, "import_torch", lambda: made.torch)
    monkeypatch.setattr(loading, "build", build)
    return made


def test_an_engine_is_built_once(machine: Machine) -> None:
    first = load(request())
    assert isinstance(first, TensorRtEngine)
    assert first.run({"image": np.ones((1, 3), np.float32)})["result"].tolist() == [[2.0] * 3]
    assert len(machine.files()) == 1
    load(request())
    assert len(machine.built) == 1
    assert machine.built[0][1].capability == (8, 9)


def test_what_is_asked_for_but_once_is_not_kept(machine: Machine) -> None:
    once = replace(request(), lasting=False)
    load(once)
    load(once)
    assert len(machine.built) == 2
    assert not machine.files()


def test_pictures_are_computed_in_float16_and_landmarks_in_float32(
    machine: Machine, tmp_path: Path
) -> None:
    load(request())
    load(replace(request(), coarse=True))
    models = [model for model, _, _ in machine.built]
    assert models[0] == MODEL
    assert is_typed(onnx.load_model_from_string(models[1]))
    path = tmp_path / "tiny.onnx"
    path.write_bytes(MODEL)
    load(request(path, Precision.F32))
    load(request(path, Precision.F16))
    assert len(machine.built) == 2, "the same graph in the same precision is the same engine"


def test_a_quantised_graph_is_taken_as_it_is(machine: Machine) -> None:
    model = quantised().SerializeToString()
    load(request(model))
    assert [made for made, _, _ in machine.built] == [model]


def test_8_bits_are_taken_where_a_recipe_is_for_the_network(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = bottlenecks()
    known = make_recipe(model, [{"image": np.full((1, 3, 16, 16), 0.5, np.float32)}])
    monkeypatch.setattr(int8, "shipped", lambda: (known,))
    load(request(model.SerializeToString(), Precision.INT8))
    load(request(MODEL, Precision.INT8))
    load(replace(request(MODEL, Precision.INT8), coarse=True))
    rounded, landmarks, picture = (onnx.load_model_from_string(m) for m, _, _ in machine.built)
    assert "QuantizeLinear" in {node.op_type for node in rounded.graph.node}
    assert landmarks.SerializeToString() == MODEL
    assert is_typed(picture)
    assert "QuantizeLinear" not in {node.op_type for node in picture.graph.node}


def test_any_other_key_is_another_engine() -> None:
    library = Library(FakeTrt([]), "TensorRT", None)
    gpu = Gpu("RTX 1", (8, 9))
    key = key_of(library, gpu, MODEL, Precision.F16)
    newer = FakeTrt([])
    newer.__version__ = "11.5.0.1"
    others = [
        key_of(Library(newer, "TensorRT", None), gpu, MODEL, Precision.F16),
        key_of(replace(library, title="TensorRT-RTX"), gpu, MODEL, Precision.F16),
        key_of(library, replace(gpu, name="RTX 2"), MODEL, Precision.F16),
        key_of(library, replace(gpu, capability=(8, 6)), MODEL, Precision.F16),
        key_of(library, gpu, MODEL + b"x", Precision.F16),
        key_of(library, gpu, MODEL, Precision.F32),
    ]
    assert all(other != key for other in others)


@pytest.mark.parametrize("change", ["gpu", "capability", "version"])
def test_it_is_built_anew_for_another_machine(machine: Machine, change: str) -> None:
    load(request())
    match change:
        case "gpu":
            machine.torch.cuda.get_device_name = lambda index: "Other"  # type: ignore[method-assign]
        case "capability":
            machine.torch.cuda.capability = (12, 0)
        case "version":
            machine.library.module.__version__ = "11.5.0.1"
    load(request())
    assert len(machine.built) == 2
    assert len(machine.files()) == 2


def test_another_machines_file_under_this_ones_name_is_not_loaded(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    load(request())
    (own,) = machine.files()
    machine.torch.cuda.capability = (12, 0)
    load(request())
    (foreign,) = set(machine.files()) - {own}
    own.write_bytes(foreign.read_bytes())
    machine.torch.cuda.capability = (8, 9)
    machine.done.clear()
    with caplog.at_level(logging.WARNING):
        load(request())
    assert f"{own} was made for something else, and is made anew" in caplog.text
    assert machine.done.count("deserialise") == 1, "the foreign one never reaches the library"
    assert len(machine.built) == 3


def test_one_that_the_library_does_not_take_any_more_is_built_anew(
    machine: Machine, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(FakeTrt, "plan", staticmethod(lambda: b"of an older driver"))
        with pytest.raises(EngineError, match="cannot load the engine 'tiny'"):
            load(request())
    with caplog.at_level(logging.WARNING):
        assert isinstance(load(request()), TensorRtEngine)
    assert "cannot be used, and is made anew" in caplog.text
    assert len(machine.built) == 2


def test_what_was_measured_serves_the_next_build(machine: Machine) -> None:
    load(request())
    load(request(precision=Precision.F16))
    machine.torch.cuda.capability = (12, 0)
    load(request())
    assert [timings for _, _, timings in machine.built] == [None, b"measured", None]


def test_an_operator_it_does_not_know_runs_on_the_processor(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    machine.refuses = True
    with caplog.at_level(logging.WARNING):
        made = load(request())
    assert isinstance(made, ThroughHost)
    assert made.inputs == {"image": (1, 3, 16, 16)}
    assert caplog.messages == [
        "TensorRT does not take the engine 'tiny'. It runs in ONNX Runtime on the processor."
    ]
    assert not machine.files()


def test_a_file_that_is_no_model_is_an_engine_error(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    for model in (path, tmp_path / "absent.onnx"):
        with pytest.raises(EngineError, match="The engine 'tiny' cannot be read: ") as caught:
            load(request(model))
        assert "\n" not in str(caught.value)
        assert caught.value.hint == "Ask."


def test_a_gpu_that_will_not_do_is_said_in_a_line(machine: Machine) -> None:
    machine.torch.cuda.capability = (6, 1)
    with pytest.raises(EngineError, match="The GPU Fake RTX is too old"):
        load(request())
    machine.torch.cuda.capability, machine.torch.cuda.free_mib = (8, 9), 100
    with pytest.raises(EngineError, match="has 100 MiB of free memory"):
        load(request())
    machine.torch.cuda.free_mib, machine.torch.cuda.capability = 20_000, (9, 0)
    twin = SimpleNamespace(__version__="1.7.1", ComputeCapability=SimpleNamespace(SM89=1))
    machine.library = Library(twin, "TensorRT-RTX", None)
    with pytest.raises(
        EngineError,
        match=r"^TensorRT-RTX 1.7.1 does not run on the GPU Fake RTX \(compute capability 9.0\)",
    ):
        load(request())
