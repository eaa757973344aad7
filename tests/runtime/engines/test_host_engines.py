"""What every library on the processor must do alike."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from tests.runtime.engines.networks import convolutions
from tests.runtime.onnx_models import model

from bunraku.errors import EngineError
from bunraku.export.batch import free_batch
from bunraku.runtime.engines.protocol import BatchEngine, Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseTracker, Segmenter
from bunraku.runtime.pose.networks import FETCH_AGAIN, PoseNetworks
from bunraku.spec.arrays import Array

SHAPES = {"a": (1, 2), "b": (1, 3)}
IMAGE = (1, 3, 16, 16)
ONES = {name: np.ones(shape, np.float32) for name, shape in SHAPES.items()}


@pytest.fixture(params=["onnxruntime", "openvino:f32"])
def factory(request: pytest.FixtureRequest) -> EngineFactory:
    return EngineFactory(request.param, 1)


@pytest.fixture
def engine(factory: EngineFactory) -> Engine:
    return factory.make(model(SHAPES, {"y": ((1, 4), 2.5), "x": ((2,), 1.0)}), "tiny")


def test_shapes_and_results_go_by_name(engine: Engine) -> None:
    assert engine.name == "tiny"
    assert engine.inputs == SHAPES
    assert engine.outputs == {"y": (1, 4), "x": (2,)}
    result = engine.run({**ONES, "more": np.zeros(1, np.float32)})
    assert result["y"].tolist() == [[2.5] * 4]
    assert result["x"].tolist() == [1.0, 1.0]


def test_results_are_the_callers_own(engine: Engine) -> None:
    first = engine.run(ONES)["y"]
    first[:] = -1
    assert engine.run(ONES)["y"].max() == 2.5
    assert first.max() == -1


def test_results_go_where_they_are_wanted(engine: Engine) -> None:
    out = {n: np.full(s, np.nan, np.float32) for n, s in engine.outputs.items()}
    result = engine.run(ONES, out=out)
    assert result["y"] is out["y"]
    assert out["y"].tolist() == [[2.5] * 4]
    assert out["x"].tolist() == [1.0, 1.0]
    engine.run(ONES)
    out["y"][:] = -1
    engine.run(ONES)
    assert out["y"].max() == -1, "an earlier run's array is left alone"


def test_other_layouts_are_converted(engine: Engine) -> None:
    feeds = {"a": np.ones((2, 1), np.float32).T, "b": np.ones((1, 6), np.float32)[:, ::2]}
    assert engine.run(feeds)["y"].shape == (1, 4)
    feeds = {"a": np.broadcast_to(np.float32(1.0), (1, 2)), "b": np.ones((1, 3), np.float64)}
    assert engine.run(feeds)["y"].shape == (1, 4)
    locked = {name: array.copy() for name, array in ONES.items()}
    for array in locked.values():
        array.flags.writeable = False
    assert engine.run(locked)["x"].tolist() == [1.0, 1.0]


def test_what_is_missing_or_misshapen_is_named(engine: Engine) -> None:
    with pytest.raises(EngineError, match="'tiny' needs 'b'"):
        engine.run({"a": ONES["a"]})
    with pytest.raises(EngineError, match=r"takes 'a' as \[1, 2\], not \[2, 2\]"):
        engine.run({"a": np.ones((2, 2), np.float32), "b": ONES["b"]})


def test_a_file_that_is_no_model_is_an_engine_error(factory: EngineFactory, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    for where in (path, tmp_path / "absent.onnx", b"not a model"):
        with pytest.raises(EngineError, match="cannot load the engine 'broken'") as caught:
            factory.make(where, "broken")
        assert "\n" not in str(caught.value)


def test_engines_of_changing_shape_are_refused(factory: EngineFactory) -> None:
    import onnx

    made = onnx.load_model_from_string(model(SHAPES, {"y": ((1, 4), 0.0)}))
    made.graph.input[0].type.tensor_type.shape.dim[1].dim_param = "length"
    with pytest.raises(EngineError, match=r"'free' has 'a' as .* fixed shape"):
        factory.make(made.SerializeToString(), "free")


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino:f32", "torch"])
def test_several_frames_come_out_as_each_alone(kind: str) -> None:
    engine = EngineFactory(kind, 1).make(free_batch(convolutions()).SerializeToString(), "tiny")
    assert (engine.inputs, engine.outputs) == ({"image": IMAGE}, {"result": IMAGE})
    assert isinstance(engine, BatchEngine)
    images = np.random.default_rng(3).random((3, *IMAGE[1:]), np.float32)
    three = engine.of_batch(3)
    assert (three.inputs, three.outputs) == ({"image": images.shape}, {"result": images.shape})
    together = three.run({"image": images})["result"]
    for row in range(3):
        alone = engine.run({"image": images[row : row + 1]})["result"]
        assert np.allclose(together[row], alone[0], atol=1e-6)
    with pytest.raises(EngineError, match=r"takes 'image' as \[3, .* not \[1, "):
        three.run({"image": images[:1]})


@pytest.mark.parametrize("kind", ["onnxruntime", "openvino:f32", "torch"])
def test_a_graph_for_one_frame_stays_for_one(kind: str) -> None:
    engine = EngineFactory(kind, 1).make(convolutions().SerializeToString(), "tiny", advice="Ask.")
    assert isinstance(engine, BatchEngine)
    with pytest.raises(EngineError, match=r"'tiny' is for one frame at a time, not 2\. Ask\."):
        engine.of_batch(2)


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
def test_results_are_not_written_beyond_an_array(
    engine: Engine, wrong: Array | None, says: str
) -> None:
    out = {"x": np.full(2, np.nan, np.float32)}
    if wrong is not None:
        out["y"] = wrong
    with pytest.raises(EngineError, match=f"'tiny' cannot write {says}.* float32 "):
        engine.run(ONES, out=out)
    assert np.isnan(out["x"]).all(), "nothing was written"


def test_several_threads_may_run_it_at_once(factory: EngineFactory) -> None:
    """Each gets its own answer: the network adds to its constant what it is given, times nothing,
    and a NaN is told from a number."""
    engine = factory.make(model({"a": (1, 2)}, {"y": ((1, 4096), 1.0)}), "tiny")
    wrong: list[float] = []

    def work(value: float) -> None:
        feeds = {"a": np.full((1, 2), value, np.float32)}
        for _ in range(50):
            if np.isnan(engine.run(feeds)["y"]).any() != np.isnan(value):
                wrong.append(value)

    threads = [threading.Thread(target=work, args=(value,)) for value in (1.0, np.nan) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_each_network_says_how_it_is_made_anew(factory: EngineFactory, tmp_path: Path) -> None:
    """A pose network is fetched; only a bundle's engines are exported."""
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"not a model")
    networks = PoseNetworks(broken, broken, broken)
    for load in (PoseTracker.load, Segmenter.load):
        with pytest.raises(EngineError) as fetched:
            load(networks, factory)
        assert (fetched.value.hint or "").startswith(f"{FETCH_AGAIN} Or update o")
    made = factory.make(model(SHAPES, {"y": ((1, 4), 2.5)}), "pose", advice=FETCH_AGAIN)
    with pytest.raises(EngineError) as missing:
        made.run({})
    assert missing.value.hint == FETCH_AGAIN
