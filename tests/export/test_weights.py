from __future__ import annotations

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from bunraku.export.parity import make_engine
from bunraku.export.weights import store_half

Array = NDArray[np.float32]


def convolution(weight: Array, bias: Array, shift: Array) -> onnx.ModelProto:
    """relu-less y = conv(x + shift) + bias, for x [1, 2, 4, 4]."""

    def value(name: str, channels: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, channels, 4, 4])

    graph = helper.make_graph(
        [
            helper.make_node("Add", ["x", "shift"], ["shifted"]),
            helper.make_node("Conv", ["shifted", "weight", "bias"], ["y"], pads=[1, 1, 1, 1]),
        ],
        "convolution",
        [value("x", 2)],
        [value("y", len(weight))],
        [
            numpy_helper.from_array(weight, "weight"),
            numpy_helper.from_array(bias, "bias"),
            numpy_helper.from_array(shift, "shift"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.fixture
def arrays() -> tuple[Array, Array, Array]:
    rng = np.random.default_rng(3)
    weight = rng.standard_normal((32, 2, 3, 3), np.float32)
    return weight, rng.standard_normal(32, np.float32), rng.random((1, 2, 4, 4), np.float32)


def test_weights_are_halved_and_nothing_else(arrays: tuple[Array, Array, Array]) -> None:
    model = convolution(*arrays)
    half = store_half(model)
    kinds = {t.name: t.data_type for t in half.graph.initializer}
    assert kinds == {
        "weight.half": TensorProto.FLOAT16,
        "bias": TensorProto.FLOAT,
        "shift": TensorProto.FLOAT,
    }
    assert [node.op_type for node in half.graph.node] == ["Cast", "Add", "Conv"]
    assert [node.op_type for node in model.graph.node] == ["Add", "Conv"], "the model was changed"


def test_it_computes_with_the_rounded_weights_in_float32(
    arrays: tuple[Array, Array, Array],
) -> None:
    weight, bias, shift = arrays
    x = np.random.default_rng(4).standard_normal((1, 2, 4, 4), np.float32)
    half = make_engine(store_half(convolution(*arrays))).run({"x": x})["y"]
    rounded = weight.astype(np.float16).astype(np.float32)
    expected = make_engine(convolution(rounded, bias, shift)).run({"x": x})["y"]
    np.testing.assert_allclose(half, expected, atol=1e-6)


def test_weights_beyond_float16_stay(arrays: tuple[Array, Array, Array]) -> None:
    weight, bias, shift = arrays
    weight[0, 0, 0, 0] = 70_000.0
    kinds = {t.name for t in store_half(convolution(weight, bias, shift)).graph.initializer}
    assert kinds == {"weight", "bias", "shift"}


def test_a_model_that_is_halved_already_stays(arrays: tuple[Array, Array, Array]) -> None:
    half = store_half(convolution(*arrays))
    assert store_half(half) == half
