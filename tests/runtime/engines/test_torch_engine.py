from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from tests.runtime.engines.torch_graph.test_operators import one_node
from tests.runtime.onnx_models import model

from bunraku.errors import EngineError, MissingExtraError
from bunraku.export.pose.fetch import ensure
from bunraku.runtime.device import CpuDevice
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.libraries import EngineKind
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.engines.protocol import Engine, EngineRequest, Precision
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.engines.torch_engine import TorchEngine, load, load_compiled
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.warming import shipped_photo
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import GENERATOR_ENGINES, EngineName

SHAPES = {"a": (1, 2), "b": (1, 3)}
TINY = EngineRequest(
    model(SHAPES, {"y": ((1, 4), 2.5), "x": ((2,), 1.0)}), "tiny", "Ask.", CpuDevice(), 1
)


def feeds() -> dict[str, Array]:
    return {n: np.ones(s, np.float32) for n, s in SHAPES.items()}


def test_shapes_and_results_go_by_name() -> None:
    made: Engine = load(TINY)
    assert (made.name, made.advice) == ("tiny", "Ask.")
    assert made.inputs == SHAPES
    assert made.outputs == {"y": (1, 4), "x": (2,)}
    result = made.run({**feeds(), "more": np.zeros(1, np.float32)})
    assert result["y"].tolist() == [[2.5] * 4]
    assert result["y"].dtype == np.float32
    with pytest.raises(EngineError, match=r"takes 'a' as \[1, 2\], not \[2, 1\]\. Ask\."):
        made.run({**feeds(), "a": np.ones((2, 1), np.float32)})


def test_results_go_where_they_are_wanted() -> None:
    made = load(TINY)
    out = {n: np.full(s, np.nan, np.float32) for n, s in made.outputs.items()}
    result = made.run(feeds(), out=out)
    assert result["y"] is out["y"]
    assert out["x"].tolist() == [1.0, 1.0]


def test_what_a_network_gives_through_is_the_caller_s_own() -> None:
    made = load(replace(TINY, model=one_node("Identity", [(1, 2)])))
    given = np.array([[1.0, 2.0]], np.float32)
    given.flags.writeable = False  # such as a picture's that others look at too
    result = made.run({"x0": given})["y0"]
    result[:] = 7
    assert given.tolist() == [[1.0, 2.0]]


def test_other_layouts_and_types_are_converted() -> None:
    turned = {"a": np.ones((2, 1)).T, "b": np.ones((1, 6), np.float32)[:, ::-2]}
    assert load(TINY).run(turned)["y"].shape == (1, 4)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (b"no model", "torch cannot run the engine 'tiny': .* Ask."),
        (one_node("Erf"), "torch cannot run the engine 'tiny': the operator Erf. Ask."),
        (Path("nowhere.onnx"), "torch cannot run the engine 'tiny': .*nowhere.onnx.* Ask."),
    ],
    ids=["damaged", "operator", "missing"],
)
def test_a_model_that_cannot_run_is_named(broken: bytes | Path, says: str) -> None:
    with pytest.raises(EngineError, match=says) as caught:
        load(replace(TINY, model=broken))
    assert "\n" not in str(caught.value)


def test_a_run_that_fails_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load(TINY)

    def fail(given: object) -> None:
        raise RuntimeError("can't allocate memory\nmore of it")

    monkeypatch.setattr(made, "_graph", fail)
    with pytest.raises(EngineError, match=r"'tiny' failed: can't allocate memory Free some mem"):
        made.run(feeds())


def bundled(bundle: str, name: str) -> Callable[[], Path]:
    return lambda: Bundle.load(bundle).path(name)


NETWORKS: dict[str, Callable[[], Path]] = {
    "source": bundled("live", EngineName.SOURCE),
    "motion": bundled("live", EngineName.MOTION),
    "blend": bundled("live", EngineName.BLEND),
    "iuv": bundled("iuv", EngineName.IUV),
    "detector": lambda: ensure().detector,
    "landmarks": lambda: ensure().landmarks,
    "segmentation": lambda: ensure().segmentation,
    "face": lambda: FaceNetworks.find().landmarks,
    "hand": lambda: HandNetworks.find().landmarks,
}


EXACT = 1e-4
"""What float32 may differ by after a hundred layers, as a share of the largest result."""


def request_of(name: str, precision: Precision | None = None) -> EngineRequest:
    pictures = name in GENERATOR_ENGINES
    return EngineRequest(NETWORKS[name](), name, "Ask.", CpuDevice(), 1, precision, coarse=pictures)


def likely(name: str, shape: tuple[int, ...]) -> Array:
    """What an input may well be: the photo that ships, or something smooth. Of noise the networks
    make numbers without end."""
    size = shape[-1], shape[-2]
    if name == "image":
        photo = read_photo(shipped_photo()).astype(np.float32) / 255
        planes = cv2.resize(photo, size, interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    else:
        coarse = np.random.default_rng(sum(shape)).random((*shape[:-2], 4, 4), np.float32)
        planes = np.stack([cv2.resize(plane, size) for plane in coarse.reshape(-1, 4, 4)])
    return np.ascontiguousarray(planes.reshape(shape), np.float32)


def distance(name: str, engine: TorchEngine) -> float:
    """The largest difference from ONNX Runtime's results, as a share of the largest of them."""
    ensure()  # which fetches those of faces and hands too
    reference = OnnxEngine(NETWORKS[name](), name, 1)
    given = {n: likely(n, s) for n, s in reference.inputs.items()}
    made, expected = engine.run(given), reference.run(given)
    assert made.keys() == expected.keys()
    return max(
        float(np.abs(made[n] - expected[n]).max() / max(1.0, np.abs(expected[n]).max()))
        for n in expected
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_is_onnx_runtime_s(name: str) -> None:
    assert distance(name, load(request_of(name))) < EXACT


@pytest.mark.parametrize("name", ["motion", "blend"])
@pytest.mark.parametrize(
    ("precision", "least", "most"), [(Precision.F16, 1e-6, 1e-2), (Precision.BF16, 1e-4, 3e-2)]
)
def test_a_generator_s_engine_may_compute_with_fewer_bits(
    name: str, precision: Precision, least: float, most: float
) -> None:
    engine = load(request_of(name, precision))
    assert least < distance(name, engine) < most


def test_networks_that_give_places_never_do() -> None:
    assert distance("landmarks", load(request_of("landmarks", Precision.BF16))) < EXACT


def test_the_factory_gives_it_with_its_device(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        factory = EngineFactory(EngineKind.TORCH, 1)
    assert isinstance(factory.device, CpuDevice)
    assert "Frames stay in the host's memory: torch" in caplog.text
    made = factory.make(TINY.model, "tiny")
    assert made.run(feeds())["y"].tolist() == [[2.5] * 4]


def test_torch_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match="torch is not installed"):
        load(TINY)


def test_compiling_is_for_what_runs_at_every_frame_and_done_at_the_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[str] = []

    def compiled(graph: Any, *, dynamic: bool, fullgraph: bool) -> Any:
        assert fullgraph
        assert not dynamic

        def run(given: Any) -> Any:
            runs.append("compiled")
            return graph(given)

        return run

    monkeypatch.setattr(torch, "compile", compiled)
    load_compiled(replace(TINY, name=EngineName.SOURCE))
    assert runs == []
    made = load_compiled(replace(TINY, name=EngineName.MOTION))
    assert runs == ["compiled"]
    assert made.run(feeds())["y"].tolist() == [[2.5] * 4]


def test_a_compiler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def compiled(graph: Any, **options: bool) -> Any:
        def fail(given: Any) -> None:
            raise RuntimeError("No working C++ compiler found\nand more")

        return fail

    monkeypatch.setattr(torch, "compile", compiled)
    says = r"cannot compile the engine 'blend': No working C\+\+ compiler found\. Install a C"
    with pytest.raises(EngineError, match=says):
        load_compiled(replace(TINY, name=EngineName.BLEND))


def test_threads_are_those_that_were_asked_for() -> None:
    before = torch.get_num_threads()
    try:
        load(replace(TINY, threads=2))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
