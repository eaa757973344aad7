"""A convolution net of 1.9 GFLOP whose time says how fast a machine is.

An encoder, three residual blocks and a decoder at 128 × 128, batch normalisation folded, with
random weights of a fixed seed. It runs in the same engine as the chain that it is compared with.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.spec.arrays import Array

SIDE = 128
WIDTH = 24
BLOCKS = 3
OPSET = 13
IR_VERSION = 7
SEED = 7


class _Graph:
    """Nodes and weights, and the work that they mean."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.gflop = 0.0
        self._random = np.random.default_rng(SEED)

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        name = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values: Array) -> str:
        from onnx import numpy_helper

        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(values, name))
        return name

    def convolve(self, x: str, into: int, out: int, side: int, stride: int = 1) -> str:
        """A 3 × 3 convolution to ``side`` × ``side`` pixels."""
        spread = np.float32(np.sqrt(2.0 / (9 * into)))
        weight = self._random.standard_normal((out, into, 3, 3), dtype=np.float32) * spread
        bias = self._random.standard_normal(out, dtype=np.float32) * np.float32(0.1)
        self.gflop += 2e-9 * 9 * into * out * side * side
        inputs = [x, self.constant(weight), self.constant(bias)]
        return self.add(
            "Conv", inputs, kernel_shape=[3, 3], strides=[stride] * 2, pads=[1, 1, 1, 1]
        )

    def block(self, x: str, into: int, out: int, side: int, stride: int = 1) -> str:
        return self.add("Relu", [self.convolve(x, into, out, side, stride)])

    def double(self, x: str) -> str:
        scales = self.constant(np.array([1, 1, 2, 2], np.float32))
        return self.add(
            "Resize",
            [x, "", scales],
            mode="nearest",
            coordinate_transformation_mode="asymmetric",
            nearest_mode="floor",
        )


def yardstick_model() -> tuple[bytes, float]:
    """The net as a serialised ONNX model, x to y ``[1, 3, 128, 128]``, and its GFLOP."""
    from onnx import TensorProto, helper

    graph, c, side = _Graph(), WIDTH, SIDE
    x = graph.block("x", 3, c, side)
    x = graph.block(x, c, 2 * c, side // 2, 2)
    x = graph.block(x, 2 * c, 4 * c, side // 4, 2)
    for _ in range(BLOCKS):
        inner = graph.block(x, 4 * c, 4 * c, side // 4)
        inner = graph.convolve(inner, 4 * c, 4 * c, side // 4)
        x = graph.add("Relu", [graph.add("Add", [x, inner])])
    x = graph.block(graph.double(x), 4 * c, 2 * c, side // 2)
    x = graph.block(graph.double(x), 2 * c, c, side)
    x = graph.convolve(x, c, 3, side)
    graph.nodes.append(helper.make_node("Sigmoid", [x], ["y"]))
    shape = [1, 3, side, side]
    made = helper.make_graph(
        graph.nodes,
        "yardstick",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        graph.weights,
    )
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    return bytes(model.SerializeToString()), graph.gflop


def yardstick_input() -> Array:
    """What the net is timed on."""
    return np.random.default_rng(SEED).random((1, 3, SIDE, SIDE), dtype=np.float32)
