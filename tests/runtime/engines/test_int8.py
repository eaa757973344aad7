"""Graphs rewritten for 8 bits, and where that is done."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import numpy_helper
from tests.runtime.engines.networks import bottlenecks

from bunraku.errors import BundleError, EngineError
from bunraku.export.calibrate import make_recipe
from bunraku.runtime.engines import int8, present, recipe, registry
from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.evening import even_out
from bunraku.runtime.engines.int8 import in_signed_int8, to_int8
from bunraku.runtime.engines.present import int8_weight_bits
from bunraku.runtime.engines.recipe import MOST, Recipe, constants_of, fingerprint
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.spec.arrays import Array

RANDOM = np.random.default_rng(3)
PICTURES = [RANDOM.random((1, 3, 16, 16), dtype=np.float32) for _ in range(8)]
MODEL = bottlenecks()
CHOSEN = ("narrow", "wide", "deep", "back", "again")


@pytest.fixture(scope="module")
def known() -> Recipe:
    return make_recipe(MODEL, [{"image": picture} for picture in PICTURES])


@pytest.fixture
def eight_bits(monkeypatch: pytest.MonkeyPatch, known: Recipe) -> None:
    """A processor that has them, and a recipe for ``MODEL`` that ships."""
    monkeypatch.setattr(int8, "int8_weight_bits", lambda: int8_weight_bits() or 8)
    monkeypatch.setattr(int8, "shipped", lambda: (known,))


def run(model: onnx.ModelProto | bytes, image: Array = PICTURES[0]) -> Array:
    """What it gives where no sum overflows: rounded values, computed in float32."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    content = model if isinstance(model, bytes) else model.SerializeToString()
    session = ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    result: Array = session.run(["result"], {"image": image})[0]
    return result


def off(model: onnx.ModelProto) -> Array:
    """How far each channel of the result is from float32's, ``[n,2]``, on pictures kept aside."""
    unseen = [RANDOM.random((1, 3, 16, 16), dtype=np.float32) for _ in range(8)]
    return np.stack([(run(model, p) - run(MODEL, p)).mean((0, 2, 3)) for p in unseen])


def test_the_ends_keep_their_digits_and_the_rest_computes_in_8_bits(known: Recipe) -> None:
    assert known.convolutions == CHOSEN
    graph = to_int8(MODEL, known).graph
    assert Counter(node.op_type for node in graph.node) == {
        **Counter(node.op_type for node in MODEL.graph.node),
        "QuantizeLinear": 7,  # what the first of them reads, what each gives, and the sum
        "DequantizeLinear": 7 + 2 * len(CHOSEN),
    }
    kinds = {tensor.name: tensor.data_type for tensor in graph.initializer}
    assert kinds["wide.weights.whole"] == onnx.TensorProto.INT8
    assert kinds["wide.bias.whole"] == onnx.TensorProto.INT32
    assert kinds["first_w"] == kinds["result_w"] == onnx.TensorProto.FLOAT
    assert "wide_w" not in kinds


def test_it_computes_nearly_the_same(known: Recipe) -> None:
    expected, given = run(MODEL), run(to_int8(MODEL, known))
    difference = np.abs(given - expected)
    assert 0 < difference.mean() < 0.02 * np.abs(expected).mean()
    assert difference.max() < 0.1 * np.abs(expected).max()


def test_for_tensorrt_values_are_signed_around_zero(known: Recipe, eight_bits: None) -> None:
    signed = in_signed_int8(MODEL)
    assert signed is not None
    constants = {t.name: numpy_helper.to_array(t) for t in signed.graph.initializer}
    whole = {n.input[0] for n in signed.graph.node if n.op_type == "DequantizeLinear"}
    zeros = {n.input[2] for n in signed.graph.node if n.op_type.endswith("quantizeLinear")}
    assert {constants[name].dtype for name in whole & set(constants)} == {np.dtype(np.int8)}
    assert {constants[name].dtype for name in zeros} == {np.dtype(np.int8)}
    assert not any(constants[name].any() for name in zeros)
    assert constants["wide.bias"].dtype == np.float32
    expected = run(MODEL)
    lost = [np.abs(run(model) - expected).mean() for model in (signed, to_int8(MODEL, known))]
    assert 0 < lost[1] < lost[0] < 0.04 * np.abs(expected).mean(), "half of the steps lie unused"
    assert in_signed_int8(bottlenecks(uneven=7.0)) is None


def test_two_products_of_7_bit_weights_fit_into_16_bits(known: Recipe) -> None:
    for bits, largest in ((8, 127), (7, 63)):
        graph = to_int8(MODEL, known, bits).graph
        weights = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
        assert np.abs(weights["wide.weights.whole"]).max() == largest
        assert (2 * 255 * largest < 2**15) is (bits == 7)
    expected, given = run(MODEL), run(to_int8(MODEL, known, 7))
    assert 0 < np.abs(given - expected).mean() < 0.03 * np.abs(expected).mean()


def test_the_model_given_is_not_changed(known: Recipe) -> None:
    before = MODEL.SerializeToString()
    to_int8(MODEL, known)
    assert MODEL.SerializeToString() == before


def test_weights_stored_as_float16_are_the_same_network(known: Recipe) -> None:
    stored = onnx.ModelProto()
    stored.CopyFrom(MODEL)
    casts = []
    for tensor in stored.graph.initializer:
        if tensor.name.endswith("_w"):
            short = numpy_helper.to_array(tensor).astype(np.float16)
            casts.append(onnx.helper.make_node("Cast", [f"{tensor.name}_s"], [tensor.name], to=1))
            tensor.CopyFrom(numpy_helper.from_array(short, f"{tensor.name}_s"))
    nodes = [*casts, *stored.graph.node]
    del stored.graph.node[:]
    stored.graph.node.extend(nodes)
    own = make_recipe(stored, [{"image": picture} for picture in PICTURES])
    assert own.convolutions == CHOSEN
    rounded = to_int8(stored, own)
    assert "Cast" not in {n.op_type for n in rounded.graph.node if n.output[0] != "first_w"}
    assert np.abs(run(rounded) - run(MODEL)).mean() < 0.02 * np.abs(run(MODEL)).mean()


def test_loud_channels_do_not_drown_the_others(known: Recipe) -> None:
    constants = constants_of(MODEL.graph)
    seen = even_out(MODEL.graph, constants, known.seen)
    for name in ("narrow", "back", "sum"):
        before, after = (np.abs(rows[: MOST + 1]).max(0) for rows in (known.seen[name], seen[name]))
        assert after.max() / after.min() < 0.8 * before.max() / before.min()
    assert np.array_equal(seen["wide_bent"], known.seen["wide_bent"]), "it is bent at 6"
    evened = onnx.ModelProto()
    evened.CopyFrom(MODEL)
    del evened.graph.initializer[:]
    evened.graph.initializer.extend(numpy_helper.from_array(v, n) for n, v in constants.items())
    assert np.abs(run(evened) - run(MODEL)).max() < 1e-4
    assert np.abs(constants["back_w"] - constants_of(MODEL.graph)["back_w"]).max() > 1e-3


def test_rounded_weights_add_nothing_in_the_mean(
    known: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = np.abs(off(to_int8(MODEL, known)).mean(0)).max()
    monkeypatch.setattr(int8, "_lost", lambda weights, mean: 0.0)
    assert kept < 0.5 * np.abs(off(to_int8(MODEL, known)).mean(0)).max()


def test_a_recipe_is_for_its_own_weights_and_outputs(known: Recipe) -> None:
    assert known.suits(MODEL)
    other = bottlenecks(uneven=7.0)
    assert not known.suits(other)
    more = onnx.ModelProto()
    more.CopyFrom(MODEL)
    more.graph.output.append(onnx.helper.make_tensor_value_info("sum", 1, (1, 8, 16, 16)))
    assert not known.suits(more)
    assert fingerprint(MODEL, ("nothing",)) is None


def test_recipes_are_read_as_they_were_written(known: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "tiny.npz"
    known.save(path)
    read = Recipe.load(path)
    assert (read.weights, read.outputs) == (known.weights, known.outputs)
    assert read.convolutions == known.convolutions
    assert set(read.seen) == set(known.seen)
    for name, rows in read.seen.items():
        assert rows.dtype == np.float32
        assert np.allclose(rows, known.seen[name], rtol=1e-3, atol=1e-4)


def test_a_damaged_recipe_is_one_line(known: Recipe, tmp_path: Path) -> None:
    path = tmp_path / "tiny.npz"
    known.save(path)
    whole = path.read_bytes()
    for content in (b"", b"no recipe", whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(BundleError, match=r"The recipe .*tiny\.npz cannot be read"):
            Recipe.load(path)
    path.unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        Recipe.load(path)


@pytest.mark.parametrize("library", ["onnxruntime", "openvino"])
@pytest.mark.usefixtures("eight_bits")
def test_libraries_take_8_bits_where_they_are_asked_for_and_a_recipe_is_there(library: str) -> None:
    results = {
        precision: EngineFactory(f"{library}{precision}", 1)
        .make(MODEL.SerializeToString(), "tiny")
        .run({"image": PICTURES[0]})["result"]
        for precision in ("", ":int8", ":f32")
    }
    assert np.abs(results[""] - results[":f32"]).max() < 1e-4, "not everybody bears them"
    difference = np.abs(results[":int8"] - results[":f32"]).mean()
    assert 1e-4 < difference < 0.03 * np.abs(results[":f32"]).mean()
    other = bottlenecks(uneven=7.0).SerializeToString()
    given = EngineFactory(f"{library}:int8", 1).make(other, "tiny").run({"image": PICTURES[0]})
    assert np.abs(given["result"] - run(other)).max() < 1e-4


@pytest.mark.usefixtures("eight_bits")
def test_openvino_takes_them_unasked_for_who_bears_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "int8_weight_bits", lambda: 8)

    def result(engine: str, *, eight_bits: bool) -> Array:
        factory = EngineFactory(engine, 1, eight_bits=eight_bits)
        return factory.make(MODEL.SerializeToString(), "t").run({"image": PICTURES[0]})["result"]

    asked = result("openvino:int8", eight_bits=False)
    assert np.array_equal(result("openvino", eight_bits=True), asked)
    exact = run(MODEL)
    for engine in ("openvino:f32", "onnxruntime", "onnxruntime:f32"):
        assert np.abs(result(engine, eight_bits=True) - exact).max() < 1e-4, engine


def test_what_is_no_network_is_told_by_the_library(eight_bits: None, tmp_path: Path) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(EngineError, match="cannot load the engine 'tiny'"):
        EngineFactory("onnxruntime:int8").make(path, "tiny")


@pytest.mark.parametrize("library", ["onnxruntime", "openvino"])
def test_a_processor_without_them_keeps_float32(
    library: str, monkeypatch: pytest.MonkeyPatch, known: Recipe
) -> None:
    monkeypatch.setattr(int8, "int8_weight_bits", lambda: None)
    monkeypatch.setattr(int8, "shipped", lambda: (known,))
    content = MODEL.SerializeToString()
    monkeypatch.setattr(registry, "int8_weight_bits", lambda: None)
    factory = EngineFactory(library, 1, eight_bits=True)
    own = factory.make(content, "tiny").run({"image": PICTURES[0]})
    assert np.abs(own["result"] - run(content)).max() < 1e-4
    with pytest.raises(EngineError, match=r"in int8: it has neither VNNI nor AVX2\. Use f32\."):
        EngineFactory(f"{library}:int8", 1).make(content, "tiny")


@pytest.mark.parametrize(
    ("told", "bits"),
    [
        ("processor : 0\nflags\t: fpu avx2 avx512_vnni sse\n", 8),
        ("flags : avx2 avx_vnni", 8),
        ("flags : avx2 avx512f", 7),
        ("flags : avx sse4_2", None),
        ("Features : fp asimd asimddp", None),
        (None, None),
    ],
)
def test_processors_tell_whether_they_have_8_bits(
    told: str | None, bits: int | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "cpuinfo"
    if told is not None:
        path.write_text(told)
    monkeypatch.setattr(present, "_CPU_INFO", path)
    assert present.int8_weight_bits.__wrapped__() == bits


def test_the_recipes_that_ship_can_be_read() -> None:
    layers = {told.outputs[0]: len(told.convolutions) for told in recipe.shipped()}
    assert layers == {"landmarks": 55, "densepose": 20, "flow_32": 16, "image": 17}
    for told in recipe.shipped():
        assert all(len(rows) == 3 for rows in told.seen.values())


@pytest.mark.parametrize(
    ("bundle", "name"), [("iuv", "iuv"), ("live", "motion"), ("live", "blend")]
)
def test_bundles_that_ship_have_a_recipe_of_their_own_weights(bundle: str, name: str) -> None:
    """Exported anew, they need one made anew: ``scripts/calibrate``."""
    graph = onnx.load(Bundle.load(bundle).path(name))
    (own,) = (told for told in recipe.shipped() if told.suits(graph))
    rounded = to_int8(graph, own).graph
    assert [value.name for value in rounded.output] == [value.name for value in graph.graph.output]
    biases = [t for t in rounded.initializer if t.name.endswith(".bias.whole")]
    assert len(biases) == len(own.convolutions)
