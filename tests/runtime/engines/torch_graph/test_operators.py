"""Each operator against ONNX Runtime's, in models of one node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from bunraku.runtime.engines.torch_graph.graph import TorchGraph
from bunraku.runtime.engines.torch_graph.node import UnsupportedError

OPSET = 18
X = (1, 4, 6, 8)


def ints(*values: int) -> Any:
    return np.array(values, np.int64)


def numbers(*shape: int) -> Any:
    """Of both signs, the same for a shape."""
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def one_node(
    kind: str,
    given: Sequence[tuple[int, ...]] = (X,),
    known: Sequence[Any] = (),
    outputs: int = 1,
    **attributes: Any,
) -> bytes:
    """A model of one node: first the inputs that are given, then those that are known; None for one
    that is left out."""
    names = [f"x{i}" for i in range(len(given))]
    weights = {f"w{i}": value for i, value in enumerate(known)}
    takes = [*names, *(name if value is not None else "" for name, value in weights.items())]
    gives = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(kind, takes, gives, **attributes)
    float32 = TensorProto.FLOAT
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(n, float32, s) for n, s in zip(names, given, strict=True)],
        [helper.make_tensor_value_info(n, float32, None) for n in gives],
        [numpy_helper.from_array(v, n) for n, v in weights.items() if v is not None],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    inferred = onnx.shape_inference.infer_shapes(made, strict_mode=True)
    return bytes(inferred.SerializeToString())


CASES: dict[str, bytes] = {
    "conv": one_node("Conv", known=[numbers(6, 2, 3, 3), numbers(6)], group=2, pads=[1] * 4),
    "conv one-sided": one_node(
        "Conv", known=[numbers(5, 4, 3, 3)], pads=[0, 1, 2, 1], strides=[2, 1], dilations=[1, 2]
    ),
    "conv transpose": one_node(
        "ConvTranspose", known=[numbers(4, 3, 2, 2), numbers(3)], strides=[2, 2]
    ),
    "gemm": one_node("Gemm", [(2, 5)], [numbers(5, 3), numbers(3)]),
    "gemm turned": one_node("Gemm", [(2, 5)], [numbers(3, 5), numbers(3)], transB=1),
    "matmul": one_node("MatMul", [(2, 3, 4), (4, 5)]),
    "matmul known": one_node("MatMul", [(2, 3, 4)], [numbers(4, 5)]),
    "max pool": one_node("MaxPool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
    "average inclusive": one_node(
        "AveragePool", kernel_shape=[3, 3], pads=[1] * 4, count_include_pad=1
    ),
    "average exclusive": one_node("AveragePool", kernel_shape=[3, 3], pads=[1] * 4),
    "average all": one_node("GlobalAveragePool"),
    "batch norm": one_node(
        "BatchNormalization", known=[numbers(4), numbers(4), numbers(4), abs(numbers(4))]
    ),
    "prelu": one_node("PRelu", known=[numbers(4, 1, 1)]),
    "leaky": one_node("LeakyRelu", alpha=0.2),
    "hard sigmoid": one_node("HardSigmoid", alpha=1 / 6),
    "softmax": one_node("Softmax", axis=1),
    "clip": one_node("Clip", known=[np.float32(-0.2), np.float32(0.3)]),
    "clip above": one_node("Clip", known=[None, np.float32(0.3)]),
    "resize by scale": one_node(
        "Resize", known=[None, np.array([1, 1, 2, 0.5], np.float32)], mode="linear"
    ),
    "resize to size": one_node("Resize", known=[None, None, ints(1, 4, 9, 5)], mode="linear"),
    "grid sample": one_node("GridSample", [X, (1, 3, 5, 2)], padding_mode="border"),
    "grid sample zeros": one_node("GridSample", [X, (1, 3, 5, 2)], mode="nearest"),
    "depth to space": one_node("DepthToSpace", blocksize=2),
    "depth to space crd": one_node("DepthToSpace", blocksize=2, mode="CRD"),
    "pad": one_node("Pad", known=[ints(0, 1, 2, 0, 0, 0, 1, 3), np.float32(0.5)]),
    "reshape": one_node("Reshape", known=[ints(0, 2, -1)]),
    "expand": one_node("Expand", [(1, 4, 1, 1)], [ints(2, 1, 3, 1)]),
    "transpose": one_node("Transpose", perm=[0, 2, 3, 1]),
    "unsqueeze": one_node("Unsqueeze", known=[ints(1, -1)]),
    "squeeze": one_node("Squeeze", [(1, 4, 1)], [ints(0, 2)]),
    "cut": one_node("Slice", known=[ints(1, -5), ints(9, 2**62), ints(1, 3), ints(2, 3)]),
    "cut backwards": one_node(
        "Slice", known=[ints(-1, 6), ints(-(2**62), 1), ints(1, 3), ints(-1, -2)]
    ),
    "split": one_node("Split", outputs=3, known=[ints(1, 2, 1)], axis=1),
    "split evenly": one_node("Split", outputs=3, axis=3, num_outputs=3),
    "concat": one_node("Concat", [X, X], [numbers(1, 2, 6, 8)], axis=1),
    "gather one": one_node("Gather", known=[np.array(-1)], axis=1),
    "gather some": one_node("Gather", known=[np.array([[0, -1], [2, 2]])], axis=2),
    "gather nd": one_node("GatherND", known=[np.array([[0, 1], [0, 3]])]),
    "gather elements": one_node("GatherElements", known=[ints(1, -1).reshape(1, 2, 1, 1)], axis=1),
    "scatter add": one_node(
        "ScatterElements",
        [(2, 3)],
        [np.array([[0, 0], [2, -1]]), numbers(2, 2)],
        axis=1,
        reduction="add",
    ),
    "scatter": one_node(
        "ScatterElements", [(2, 3)], [np.array([[0, 1], [2, -1]]), numbers(2, 2)], axis=1
    ),
    "reduce norm": one_node("ReduceL2", known=[ints(1)]),
    "reduce mean": one_node("ReduceMean", known=[ints(2, 3)], keepdims=0),
    "reduce all": one_node("ReduceSum", keepdims=0),
    "reduce nothing": one_node("ReduceSum", noop_with_empty_axes=1),
    "reduce most": one_node("ReduceMax", known=[ints(-1)]),
    "sum": one_node("Sum", [X, (8,), (1,)]),
    "power": one_node("Pow", known=[np.float32(2)]),
    "identity": one_node("Identity"),
}


@pytest.mark.parametrize("model", CASES.values(), ids=CASES)
def test_an_operator_is_onnx_runtime_s(model: bytes) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    feeds = {i.name: numbers(*i.shape) for i in session.get_inputs()}
    graph = TorchGraph(model, torch)
    made = graph({name: torch.from_numpy(array) for name, array in feeds.items()})
    for output, expected in zip(session.get_outputs(), session.run(None, feeds), strict=True):
        assert made[output.name].shape == expected.shape
        assert np.allclose(made[output.name].numpy(), expected, atol=1e-5), output.name


REFUSED: dict[str, bytes] = {
    "operator Erf": one_node("Erf"),
    "weights that change": one_node("Conv", [X, (3, 4, 3, 3)]),
    "nearest": one_node("Resize", known=[None, np.array([1, 1, 2, 2], np.float32)]),
    "padding by itself": one_node("Conv", known=[numbers(5, 4, 3, 3)], auto_pad="SAME_UPPER"),
    "repeated borders": one_node("Pad", known=[ints(0, 0, 1, 1, 0, 0, 1, 1)], mode="reflect"),
    "factors": one_node("Gemm", [(2, 5)], [numbers(5, 3)], alpha=0.5),
}


@pytest.mark.parametrize(("says", "model"), REFUSED.items(), ids=REFUSED)
def test_what_none_of_the_networks_does_is_refused(says: str, model: bytes) -> None:
    with pytest.raises(UnsupportedError, match=says):
        TorchGraph(model, torch)
