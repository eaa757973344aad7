"""What an engine costs: operations from the shapes in its graph, parameters from its constants."""

from __future__ import annotations

from math import prod

import onnx
from onnx import inliner, shape_inference

from bunraku.runtime.engines.half import WEIGHTED

Shapes = dict[str, tuple[int, ...]]

NORMALISATION = "BatchNormalization"


def gigaflop(model: onnx.ModelProto) -> float:
    """Operations of one run in units of 1e9, a multiply-add counted as two.

    Convolutions and matrix products are counted; all else is small beside them.

    :raises ValueError: a shape is not fixed.
    """
    inlined = inliner.inline_local_functions(model) if model.functions else model
    shapes = tensor_shapes(inlined)
    return sum(_operations(node, shapes) for node in inlined.graph.node) / 1e9


def parameter_count(model: onnx.ModelProto) -> int:
    """Trained numbers in the file: weights, biases and what normalisation has left."""
    stored = {t.name: prod(t.dims) for t in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Cast" and node.input[0] in stored:
            stored[node.output[0]] = stored[node.input[0]]
    used = {
        name
        for node in model.graph.node
        if node.op_type in WEIGHTED or node.op_type == NORMALISATION
        for name in node.input[1:]
    }
    return sum(stored.get(name, 0) for name in used)


def tensor_shapes(model: onnx.ModelProto) -> Shapes:
    """The shape of every tensor in the graph that has a fixed one."""
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    shapes: Shapes = {t.name: tuple(t.dims) for t in inferred.initializer}
    for value in [*inferred.input, *inferred.output, *inferred.value_info]:
        dimensions = value.type.tensor_type.shape.dim
        if all(d.HasField("dim_value") for d in dimensions):
            shapes[value.name] = tuple(d.dim_value for d in dimensions)
    return shapes


def _operations(node: onnx.NodeProto, shapes: Shapes) -> int:
    if node.op_type not in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
        return 0
    try:
        first, second = shapes[node.input[0]], shapes[node.input[1]]
        result = shapes[node.output[0]]
    except KeyError as missing:
        raise ValueError(f"the shape of {missing} is not fixed, so it cannot be counted") from None
    if node.op_type == "Conv":  # weights [outputs, inputs / group, kernel...]
        return 2 * prod(result) * prod(second[1:])
    if node.op_type == "ConvTranspose":  # weights [inputs, outputs / group, kernel...]
        return 2 * prod(first) * prod(second[1:])
    transposed = node.op_type == "Gemm" and any(a.name == "transA" and a.i for a in node.attribute)
    return 2 * prod(result) * (first[0] if transposed else first[-1])
