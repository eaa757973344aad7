from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.runtime.onnx_models import model

from bunraku.errors import EngineError
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseTracker, Segmenter
from bunraku.runtime.pose.networks import FETCH_AGAIN, PoseNetworks
from bunraku.spec.arrays import Array
from bunraku.spec.cores import cores

SHAPES = {"a": (1, 2), "b": (1, 3)}


def engine() -> OnnxEngine:
    return OnnxEngine(model(SHAPES, {"y": ((1, 4), 2.5), "x": ((2,), 1.0)}), "tiny", 1)


def test_shapes_and_results_go_by_name() -> None:
    made: Engine = engine()
    assert made.name == "tiny"
    assert made.inputs == SHAPES
    assert made.outputs == {"y": (1, 4), "x": (2,)}
    feeds = {n: np.ones(s, np.float32) for n, s in SHAPES.items()}
    result = made.run({**feeds, "more": np.zeros(1, np.float32)})
    assert result["y"].tolist() == [[2.5] * 4]
    assert result["x"].tolist() == [1.0, 1.0]


def test_results_are_the_callers_own() -> None:
    made = engine()
    feeds = {n: np.ones(s, np.float32) for n, s in SHAPES.items()}
    first = made.run(feeds)["y"]
    first[:] = -1
    assert made.run(feeds)["y"].max() == 2.5
    assert first.max() == -1


def test_results_go_where_they_are_wanted() -> None:
    made = engine()
    feeds = {n: np.ones(s, np.float32) for n, s in SHAPES.items()}
    out = {n: np.full(s, np.nan, np.float32) for n, s in made.outputs.items()}
    result = made.run(feeds, out=out)
    assert result["y"] is out["y"]
    assert out["y"].tolist() == [[2.5] * 4]
    assert out["x"].tolist() == [1.0, 1.0]


def test_other_layouts_are_converted() -> None:
    feeds = {"a": np.ones((2, 1), np.float32).T, "b": np.ones((1, 6), np.float32)[:, ::2]}
    assert engine().run(feeds)["y"].shape == (1, 4)


def test_what_is_missing_or_misshapen_is_named() -> None:
    made = engine()
    with pytest.raises(EngineError, match="'tiny' needs 'b'"):
        made.run({"a": np.ones((1, 2), np.float32)})
    with pytest.raises(EngineError, match=r"takes 'a' as \[1, 2\], not \[2, 2\]"):
        made.run({"a": np.ones((2, 2), np.float32), "b": np.ones((1, 3), np.float32)})


def test_a_file_that_is_no_model_is_an_engine_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    for where in (path, tmp_path / "absent.onnx"):
        with pytest.raises(EngineError, match="cannot load the engine 'broken'") as caught:
            EngineFactory().make(where, "broken")
        assert "\n" not in str(caught.value)


def test_engines_of_changing_shape_are_refused() -> None:
    import onnx

    made = onnx.load_model_from_string(model(SHAPES, {"y": ((1, 4), 0.0)}))
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    with pytest.raises(EngineError, match="fixed shape"):
        OnnxEngine(made.SerializeToString(), "free", 1)


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (np.empty((1, 3), np.float32), r"'y' into float32 \[1, 3\]"),
        (np.empty((4,), np.float32), r"'y' into float32 \[4\]"),
        (np.empty((1, 4), np.float16), r"'y' into float16 \[1, 4\]"),
        (np.empty((1, 8), np.float32)[:, ::2], r"'y' into float32 \[1, 4\]"),
        (np.broadcast_to(np.float32(0.0), (1, 4)), r"'y' into float32 \[1, 4\]"),
        (None, "'y' into nothing"),
    ],
    ids=["short", "flat", "half", "strided", "read-only", "missing"],
)
def test_results_are_not_written_beyond_an_array(wrong: Array | None, says: str) -> None:
    feeds = {n: np.ones(s, np.float32) for n, s in SHAPES.items()}
    out = {"x": np.full(2, np.nan, np.float32)}
    if wrong is not None:
        out["y"] = wrong
    with pytest.raises(EngineError, match=f"'tiny' cannot write {says}.* float32 "):
        engine().run(feeds, out=out)
    assert np.isnan(out["x"]).all(), "nothing was written"


def test_each_network_says_how_it_is_made_anew(tmp_path: Path) -> None:
    """A pose network is fetched; only a bundle's engines are exported."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    with pytest.raises(EngineError) as bundled:
        EngineFactory().make(broken, "motion")
    networks = PoseNetworks(broken, broken, broken)
    for load in (PoseTracker.load, Segmenter.load):
        with pytest.raises(EngineError) as fetched:
            load(networks)
        assert fetched.value.hint == f"{FETCH_AGAIN} Or update onnxruntime."
    assert bundled.value.hint == f"{EXPORT_AGAIN} Or update onnxruntime."
    made = OnnxEngine(model(SHAPES, {"y": ((1, 4), 2.5)}), "pose", 1, FETCH_AGAIN)
    with pytest.raises(EngineError) as missing:
        made.run({})
    assert missing.value.hint == FETCH_AGAIN
