"""Weights stored in half the space: float16 in the file, float32 from the moment it is loaded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bunraku.runtime.engines.half import WEIGHTED


def store_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy with the weights as float16 behind a Cast, which runtimes fold when they load it.

    Vectors (biases) stay float32: they are small and everything passes through them. So do weights
    beyond float16's range.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    names = weight_names(result)
    casts = []
    kept = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.name not in names or values.ndim < 2 or values.dtype != np.float32:
            kept.append(tensor)
            continue
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if not np.isfinite(half).all():
            kept.append(tensor)
            continue
        stored = f"{tensor.name}.half"
        kept.append(numpy_helper.from_array(half, stored))
        casts.append(helper.make_node("Cast", [stored], [tensor.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:]
    del graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    onnx.checker.check_model(result, full_check=True)
    return result


def weight_names(model: onnx.ModelProto) -> set[str]:
    """The names of the tensors that a convolution or a matrix product takes as its weights."""
    return {name for node in model.graph.node for name in _constants_of(node)}


def _constants_of(node: onnx.NodeProto) -> Iterator[str]:
    if node.op_type in WEIGHTED:
        yield from node.input[1:]
