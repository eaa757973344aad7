"""Graphs of float16 on a CPU, rounded as a GPU rounds them, so that their parity means something.

ONNX Runtime has no float16 convolution on a CPU: it computes neighbouring nodes in float32 and
leaves out the rounding between them.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def rounding(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose float16 tensors are each rounded when they are made, and overflow there.

    Flattening it and back moves every float16 tensor in that type, so that no runtime may keep more
    digits of it: ONNX Runtime does all but two such nodes in a row in float32. Sums within a node
    stay float32, as they do on tensor cores.

    :param model: of ``runtime.engines.half.to_half``, or any other; float32 is left alone.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    shapes = _half_shapes(model)
    outputs = {value.name for value in graph.output}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        nodes.append(node)
        for index, name in enumerate(node.output):
            if name in shapes and name not in outputs:
                made = node.output[index] = f"{name}.computed"
                nodes.append(helper.make_node("Flatten", [made], [f"{name}.flat"], f"{name}.flat"))
                again = [f"{name}.flat", f"{name}.shape"]
                nodes.append(helper.make_node("Reshape", again, [name], f"{name}.rounded"))
    del graph.node[:]
    del graph.value_info[:]
    graph.node.extend(nodes)
    for name, shape in shapes.items():
        graph.initializer.append(numpy_helper.from_array(np.array(shape), f"{name}.shape"))
    onnx.checker.check_model(result, full_check=True)
    return result


def _half_shapes(model: onnx.ModelProto) -> dict[str, list[int]]:
    """Of all tensors of float16."""
    values = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    return {
        value.name: [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        for value in values
        if value.type.tensor_type.elem_type == TensorProto.FLOAT16
    }
