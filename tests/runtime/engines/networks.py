"""Small convolutions, for whatever rewrites or builds graphs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def convolutions(
    shape: Sequence[int | str] = (1, 3, 16, 16), *, scale: float = 1.0
) -> onnx.ModelProto:
    """``image`` to ``result``, both of that shape, with a shortcut past the middle layer.

    :param shape: names stand for sizes that are free.
    :param scale: of the first layer's weights.
    """
    random = np.random.default_rng(1)

    def weight(name: str, out: int, into: int, size: float = 1.0) -> onnx.TensorProto:
        values = random.normal(0, 0.2, (out, into, 3, 3)) * size
        return numpy_helper.from_array(values.astype(np.float32), name)

    pads = [1, 1, 1, 1]
    nodes = [
        helper.make_node("Conv", ["image", "w1", "b1"], ["first"], pads=pads),
        helper.make_node("LeakyRelu", ["first"], ["bent"], alpha=0.1),
        helper.make_node("Conv", ["bent", "w2"], ["second"], pads=pads),
        helper.make_node("Add", ["second", "first"], ["sum"]),
        helper.make_node("Conv", ["sum", "w3"], ["result"], pads=pads),
    ]
    image, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name in ("image", "result")
    )
    bias = numpy_helper.from_array(np.full(4, 0.1, np.float32), "b1")
    constants = [weight("w1", 4, 3, scale), bias, weight("w2", 4, 4), weight("w3", 3, 4)]
    graph = helper.make_graph(nodes, "tiny", [image], [result], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def quantised(kind: type[np.int8 | np.uint8] = np.int8) -> onnx.ModelProto:
    """``image`` to ``result``, one convolution of 8-bit weights and values of that kind.

    :param kind: signed, or unsigned around 128.
    """
    zero = 0 if kind is np.int8 else 128
    random = np.random.default_rng(1)
    constants = [
        numpy_helper.from_array(np.array(1 / 127, np.float32), "scale"),
        numpy_helper.from_array(np.array(zero, kind), "zero"),
        numpy_helper.from_array(np.array(0, np.int8), "weight_zero"),
        numpy_helper.from_array(random.integers(-127, 127, (3, 3, 3, 3), np.int8), "w"),
    ]
    nodes = [
        helper.make_node("QuantizeLinear", ["image", "scale", "zero"], ["short"]),
        helper.make_node("DequantizeLinear", ["short", "scale", "zero"], ["rounded"]),
        helper.make_node("DequantizeLinear", ["w", "scale", "weight_zero"], ["weight"]),
        helper.make_node("Conv", ["rounded", "weight"], ["result"], pads=[1, 1, 1, 1]),
    ]
    image, result = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, 3, 16, 16))
        for name in ("image", "result")
    )
    graph = helper.make_graph(nodes, "tiny", [image], [result], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
