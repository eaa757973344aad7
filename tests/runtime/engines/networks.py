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


def sums() -> onnx.ModelProto:
    """``a [2,64]`` to ``y [2,8]``: weighted sums of weighted sums, and nothing else."""
    random = np.random.default_rng(1)
    constants = [
        numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)
        for name, shape in {"w1": (64, 64), "w2": (8, 64), "b2": (8,)}.items()
    ]
    nodes = [
        helper.make_node("Gemm", ["a", "w1"], ["first"], transB=1),
        helper.make_node("Relu", ["first"], ["bent"]),
        helper.make_node("Gemm", ["bent", "w2", "b2"], ["y"], transB=1),
    ]
    a, y = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        for name, shape in {"a": (2, 64), "y": (2, 8)}.items()
    )
    graph = helper.make_graph(nodes, "sums", [a], [y], constants)
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


def bottlenecks(side: int = 16, *, uneven: float = 8.0) -> onnx.ModelProto:
    """``image`` [1,3,S,S] to ``result``, as landmark networks are built: narrow sums of what wide,
    depthwise layers give, some of their channels many times as loud as others.

    :param uneven: how many times.
    """
    random = np.random.default_rng(5)
    constants: list[onnx.TensorProto] = []
    nodes: list[onnx.NodeProto] = []

    def constant(name: str, values: object) -> str:
        constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def conv(
        name: str, into: str, shape: tuple[int, int, int, int], *, loud: float = 1.0, bent: bool
    ) -> str:
        values = random.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape)
        values *= np.geomspace(1, loud, shape[0]).reshape(-1, 1, 1, 1)
        inputs = [into, constant(f"{name}_w", values)]
        inputs.append(constant(f"{name}_b", random.normal(0.3, 0.1, shape[0])))
        edge, group = shape[2] // 2, shape[0] if shape[1] == 1 and shape[2] > 1 else 1
        nodes.append(helper.make_node("Conv", inputs, [name], pads=[edge] * 4, group=group))
        if bent:
            nodes.append(helper.make_node("Clip", [name, "zero", "six"], [f"{name}_bent"]))
        return f"{name}_bent" if bent else name

    constant("zero", 0.0)
    constant("six", 6.0)
    first = conv("first", "image", (8, 3, 3, 3), bent=True)
    second = conv("second", first, (8, 1, 3, 3), bent=True)
    narrow = conv("narrow", second, (8, 8, 1, 1), loud=uneven, bent=False)
    wide = conv("wide", narrow, (24, 8, 1, 1), bent=True)
    deep = conv("deep", wide, (24, 1, 3, 3), bent=True)
    back = conv("back", deep, (8, 24, 1, 1), loud=uneven, bent=False)
    nodes.append(helper.make_node("Add", [back, narrow], ["sum"]))
    again = conv("again", "sum", (24, 8, 1, 1), bent=True)
    conv("result", again, (2, 24, 1, 1), bent=False)
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, side, side))
    result = helper.make_tensor_value_info("result", TensorProto.FLOAT, (1, 2, side, side))
    graph = helper.make_graph(nodes, "tiny", [image], [result], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model
