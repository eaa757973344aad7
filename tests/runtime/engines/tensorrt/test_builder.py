"""Real builds by TensorRT-RTX, which needs a GPU only to run what it built."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import pytest
from tests.runtime.engines.networks import convolutions, quantised

from bunraku.errors import EngineError
from bunraku.export.pose.fetch import ensure
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.half import to_half
from bunraku.runtime.engines.int8 import in_signed_int8
from bunraku.runtime.engines.outputs import only
from bunraku.runtime.engines.present import missing_gpu
from bunraku.runtime.engines.tensorrt import builder
from bunraku.runtime.engines.tensorrt.builder import (
    BuildOptions,
    Sizes,
    UnsupportedError,
    build,
)
from bunraku.runtime.engines.tensorrt.engine import Plan
from bunraku.runtime.engines.tensorrt.library import Library, find_library
from bunraku.runtime.pose.landmarks import WITHOUT_MASK

pytest.importorskip("tensorrt_rtx", reason="tensorrt-rtx-cu13 is for Linux on x86-64 alone")


@pytest.fixture(scope="module")
def library() -> Library:
    return find_library()


def test_a_graph_is_built_in_the_types_that_it_tells(library: Library) -> None:
    full = build(library, convolutions().SerializeToString(), "tiny")
    half = build(library, to_half(convolutions()).SerializeToString(), "tiny")
    assert full.timings is half.timings is None, "it measures nothing"
    assert len(full.engine) > 1000
    assert full.engine != half.engine


def test_signed_8_bit_graphs_are_built_and_unsigned_ones_are_not(library: Library) -> None:
    assert build(library, quantised().SerializeToString(), "tiny").engine
    with pytest.raises(UnsupportedError, match=r"[Nn]on-zero zero point is not supported"):
        build(library, quantised(np.uint8).SerializeToString(), "tiny")


@pytest.mark.parametrize("capability", [(7, 5), (8, 6), (8, 9), (12, 0)])
def test_it_builds_for_a_gpu_that_is_elsewhere(
    library: Library, capability: tuple[int, int]
) -> None:
    options = BuildOptions(capability)
    assert build(library, convolutions().SerializeToString(), "tiny", options).engine


def test_free_dimensions_get_a_profile(library: Library) -> None:
    model = convolutions(("batch", 3, "side", "side")).SerializeToString()
    with pytest.raises(EngineError, match="'tiny' leaves side of 'image' free") as caught:
        build(library, model, "tiny")
    assert "free dimensions called batch" in str(caught.value)
    sizes = {"batch": Sizes(1, 1, 4), "side": Sizes(16, 64, 128)}
    assert build(library, model, "tiny", BuildOptions(sizes=sizes)).engine


def test_a_graph_that_is_none_is_said_in_a_line(library: Library) -> None:
    with pytest.raises(UnsupportedError, match="does not take the engine 'tiny'") as caught:
        build(library, b"nonsense", "tiny")
    assert "\n" not in str(caught.value)


def test_no_engine_is_loaded_without_a_gpu(library: Library) -> None:
    if missing_gpu() is None:
        pytest.skip("there is a GPU")
    built = build(library, convolutions().SerializeToString(), "tiny")
    with pytest.raises(EngineError, match=r"(?i)cannot load the engine 'tiny': .*cuda"):
        Plan(library, built.engine, "tiny")


def shipped() -> dict[str, Path]:
    live, iuv = Bundle.load("live"), Bundle.load("iuv")
    paths = {name: live.path(name) for name in ("motion", "blend")}
    return {**paths, "iuv": iuv.path("iuv")}


def fetched() -> dict[str, Path]:
    pose = ensure()
    return {
        "pose_detection": pose.detector,
        "pose_landmark": pose.landmarks,
        "segmentation": pose.segmentation,
        "face": FaceNetworks.find().landmarks,
        "hand": HandNetworks.find().landmarks,
    }


@pytest.mark.parametrize("name", ["motion", "blend", "iuv"])
def test_the_shipped_engines_are_built_in_float16(library: Library, name: str) -> None:
    path = shipped()[name]
    half = build(library, to_half(onnx.load(path)).SerializeToString(), name).engine
    full = build(library, path.read_bytes(), name).engine
    assert len(half) < len(full)


@pytest.mark.parametrize("name", ["motion", "blend", "iuv", "pose_landmark"])
def test_networks_with_a_recipe_are_built_in_8_bits(library: Library, name: str) -> None:
    if name == "pose_landmark":
        model = only(ensure().landmarks, WITHOUT_MASK, name, "")
        rounded = in_signed_int8(onnx.load_model_from_string(model))
    else:
        rounded = in_signed_int8(onnx.load(shipped()[name]))
    assert rounded is not None, "a recipe ships for it"
    assert build(library, rounded.SerializeToString(), name).engine


@pytest.mark.parametrize(
    "name", ["pose_detection", "pose_landmark", "segmentation", "face", "hand"]
)
def test_the_fetched_networks_are_built_in_float16(library: Library, name: str) -> None:
    model = to_half(onnx.load(fetched()[name]))
    assert build(library, model.SerializeToString(), name).engine


def test_the_source_engine_is_not_taken(library: Library) -> None:
    """It adds up what is splatted into one texel; another library encodes the photo."""
    model = Bundle.load("live").path("source").read_bytes()
    with pytest.raises(UnsupportedError, match="'source': Unsupported reduction type"):
        build(library, model, "source")


class FakeConfig:
    """``IBuilderConfig`` of TensorRT itself, as far as timings go."""

    def __init__(self, matches: bool) -> None:
        self._matches = matches
        self.held = b""

    def set_memory_pool_limit(self, pool: Any, size: int) -> None:
        assert size == builder.WORKSPACE_MIB << 20

    def create_timing_cache(self, blob: bytes) -> bytes | None:
        return blob

    def set_timing_cache(self, cache: bytes, ignore_mismatch: bool) -> bool:
        assert not ignore_mismatch
        if cache and not self._matches:
            return False
        self.held = cache
        return True

    def get_timing_cache(self) -> Any:
        return SimpleNamespace(serialize=lambda: self.held + b"+new")


@pytest.mark.parametrize(("matches", "expected"), [(True, b"old+new"), (False, b"+new")])
def test_timings_are_kept_where_the_library_measures(matches: bool, expected: bytes) -> None:
    """Those of another GPU or version are laid aside."""
    config = FakeConfig(matches)
    network = SimpleNamespace(num_inputs=0)
    trt = SimpleNamespace(
        __version__="11.4.0.106",
        MemoryPoolType=SimpleNamespace(WORKSPACE=0),
        NetworkDefinitionCreationFlag=SimpleNamespace(STRONGLY_TYPED=1),
        OnnxParser=lambda network, logger: SimpleNamespace(parse=lambda model: True),
        Builder=lambda logger: SimpleNamespace(
            create_network=lambda flags: network if flags == 2 else None,
            create_builder_config=lambda: config,
            build_serialized_network=lambda network, config: b"engine",
        ),
    )
    made = build(Library(trt, "TensorRT", SimpleNamespace(errors=[])), b"", "tiny", timings=b"old")
    assert (made.engine, made.timings) == (b"engine", expected)


def test_what_cannot_be_built_says_why() -> None:
    logger = SimpleNamespace(errors=[])

    def build_network(network: Any, config: Any) -> None:
        logger.errors.append("Could not find any implementation for node")

    trt = SimpleNamespace(
        __version__="11.4.0.106",
        MemoryPoolType=SimpleNamespace(WORKSPACE=0),
        NetworkDefinitionCreationFlag=SimpleNamespace(),
        OnnxParser=lambda network, logger: SimpleNamespace(parse=lambda model: True),
        Builder=lambda logger: SimpleNamespace(
            create_network=lambda flags: SimpleNamespace(num_inputs=0),
            create_builder_config=lambda: FakeConfig(True),
            build_serialized_network=build_network,
        ),
    )
    with pytest.raises(EngineError, match="cannot build the engine 'tiny': Could not find any"):
        build(Library(trt, "TensorRT", logger), b"", "tiny")
