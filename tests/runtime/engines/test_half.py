from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.runtime.engines.networks import convolutions, quantised

from bunraku.runtime.engines.bundle import Bundle
from bunraku.runtime.engines.half import is_typed, to_half
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.spec.arrays import Array


def run(model: onnx.ModelProto, image: Array) -> Array:
    return OnnxEngine(model.SerializeToString(), "tiny", 1).run({"image": image})["result"]


def types(model: onnx.ModelProto) -> dict[str, int]:
    graph = onnx.shape_inference.infer_shapes(model).graph
    return {v.name: v.type.tensor_type.elem_type for v in [*graph.value_info, *graph.output]}


def test_inner_layers_become_float16_and_what_goes_in_and_out_stays() -> None:
    half = to_half(convolutions())
    told = types(half)
    assert {n: told[n] for n in ("first", "bent", "second", "sum", "result")} == {
        "first": TensorProto.FLOAT16,
        "bent": TensorProto.FLOAT16,
        "second": TensorProto.FLOAT16,
        "sum": TensorProto.FLOAT16,
        "result": TensorProto.FLOAT,  # the last layer has no digits to lose
    }
    assert half.graph.input[0].type.tensor_type.elem_type == TensorProto.FLOAT


def test_the_model_given_is_not_changed() -> None:
    model = convolutions()
    before = model.SerializeToString()
    to_half(model)
    assert model.SerializeToString() == before


def test_it_computes_the_same_to_eleven_bits() -> None:
    model = convolutions()
    image = np.random.default_rng(3).random((1, 3, 16, 16), dtype=np.float32)
    expected, given = run(model, image), run(to_half(model), image)
    assert np.abs(given - expected).max() < 2e-3 * np.abs(expected).max()


def test_a_half_precision_evaluator_agrees() -> None:
    """The types are those that a strongly typed library would see, not a runtime's casts."""
    from onnx.reference import ReferenceEvaluator

    model = convolutions()
    image = np.random.default_rng(3).random((1, 3, 16, 16), dtype=np.float32)
    results: Any = ReferenceEvaluator(to_half(model)).run(None, {"image": image})
    given = results[0]
    expected = run(model, image)
    assert given.dtype == np.float32
    assert 0 < np.abs(given - expected).max() < 4e-3 * np.abs(expected).max()


def test_weights_beyond_float16_stay_float32() -> None:
    told = types(to_half(convolutions(scale=1e6)))
    assert told["first"] == TensorProto.FLOAT
    assert told["second"] == TensorProto.FLOAT16


def test_what_is_not_known_to_be_safe_stays_float32() -> None:
    """Coordinates: a grid is added to a flow that float16 gave, and read at."""
    weight = numpy_helper.from_array(np.ones((2, 3, 1, 1), np.float32), "weight")
    last = numpy_helper.from_array(np.ones((3, 3, 1, 1), np.float32), "last")
    grid = numpy_helper.from_array(np.full((1, 16, 16, 2), 0.1, np.float32), "grid")
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["flow"]),
        helper.make_node("Transpose", ["flow"], ["moved"], perm=[0, 2, 3, 1]),
        helper.make_node("Div", ["moved", "grid"], ["place"]),
        helper.make_node("GridSample", ["image", "place"], ["sampled"]),
        helper.make_node("Conv", ["sampled", "last"], ["result"]),
    ]
    told = types(to_half(graph(nodes, [weight, last, grid])))
    assert told["flow"] == told["moved"] == TensorProto.FLOAT16
    assert told["place"] == told["sampled"] == TensorProto.FLOAT


def test_a_constant_that_would_become_nothing_keeps_its_node_float32() -> None:
    weight = numpy_helper.from_array(np.ones((3, 3, 1, 1), np.float32), "weight")
    tiny = numpy_helper.from_array(np.array(1e-9, np.float32), "tiny")
    nodes = [
        helper.make_node("Conv", ["image", "weight"], ["first"]),
        helper.make_node("Mul", ["first", "tiny"], ["small"]),
        helper.make_node("Conv", ["small", "weight"], ["result"]),
    ]
    told = types(to_half(graph(nodes, [weight, tiny])))
    assert told["first"] == TensorProto.FLOAT16
    assert told["small"] == TensorProto.FLOAT


@pytest.mark.parametrize("name", ["source", "motion", "blend"])
def test_the_shipped_engines_take_it(name: str) -> None:
    """Their weights are stored as float16 already, and are taken as they are."""
    model = onnx.load(Bundle.load("live").path(name))
    assert not is_typed(model)
    half = to_half(model)
    assert is_typed(half)
    assert len(half.SerializeToString()) < len(model.SerializeToString())
    assert half.graph.input == model.graph.input
    assert half.graph.output == model.graph.output


def test_a_graph_of_quantised_values_is_typed() -> None:
    assert is_typed(quantised())
    assert not is_typed(convolutions())


def graph(
    nodes: Sequence[onnx.NodeProto], constants: Sequence[onnx.TensorProto]
) -> onnx.ModelProto:
    told = (("image", (1, 3, 16, 16)), ("result", (1, 3, 16, 16)))
    image, result = (helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in told)
    made = helper.make_graph(nodes, "tiny", [image], [result], constants)
    return helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
