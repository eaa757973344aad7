"""What is read off a graph that OpenVINO has loaded, and changed in it before it is compiled."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

TO_LAST, TO_SECOND = (0, 2, 3, 1), (0, 3, 1, 2)
"""A map's axes with its channels last, and from there back."""
_WEIGHTED = ("MatMul", "Convolution", "GroupConvolution")
_SINK = "/sink_port_"  # of the names that OpenVINO gives to results: "mask/sink_port_0"


def input_name(port: Any) -> str:
    """Of an input, as the graph's file has it."""
    return str(port.get_any_name())


def result_name(result: Any) -> str:
    """Of a result, likewise."""
    return str(result.get_friendly_name().rpartition(_SINK)[0])


def fix_frames(model: Any, frames: int) -> None:
    """Of a fixed size the graph is planned as if it had never been free."""
    shapes = {port: port.get_partial_shape() for port in model.inputs}
    if all(len(shape) and shape[0].is_dynamic for shape in shapes.values()):
        for shape in shapes.values():
            shape[0] = frames
        model.reshape(shapes)


def is_map(shape: tuple[int, ...]) -> bool:
    """Whether results ``[b, c, h, w]`` of this shape can lie in memory in two ways."""
    return len(shape) == 4 and shape[1] > 1 and max(shape[2:]) > 1


def channels_last(model: Any, names: Collection[str]) -> None:
    """Have it give these results as ``[b, h, w, c]``, as convolutions here compute them."""
    from openvino import opset13

    for result in model.get_results():
        if result_name(result) in names:
            axes = opset13.constant(np.array(TO_LAST))
            turned = opset13.transpose(result.input_value(0), axes)
            result.input(0).replace_source_output(turned.output(0))
    model.validate_nodes_and_infer_types()


def sum_last_in_f32(model: Any) -> None:
    """Have the sums that results are told by keep float32 where all else is rounded to bf16.

    OpenVINO leaves what follows the last weighted layer in float32, and rounds that layer itself:
    ``[b,k]`` by ``[n,k]`` is multiplied and summed here, which it does not take for one.
    """
    from openvino import opset13

    for node in model.get_ordered_ops():
        if not (_is_weighted_sum(node) and _is_last(node)):
            continue
        read, weights = (node.input_value(i) for i in range(2))
        row = opset13.unsqueeze(read, opset13.constant(np.array([1])))
        last = opset13.constant(np.array([2]))
        # An axis that the sum itself takes away would have a bias behind it added along another:
        # so it is with OpenVINO 2026.4 and more than one frame.
        summed = opset13.reduce_sum(opset13.multiply(row, weights), last, keep_dims=True)
        summed = opset13.squeeze(summed, last)
        for reader in node.output(0).get_target_inputs():
            reader.replace_source_output(summed.output(0))
    model.validate_nodes_and_infer_types()


def _is_weighted_sum(node: Any) -> bool:
    """Whether it is a layer, and no product of what was computed, which has an axis for frames."""
    if node.get_type_name() != "MatMul" or not node.get_attributes()["transpose_b"]:
        return False
    return all(len(port.get_partial_shape()) == 2 for port in node.inputs())


def _is_last(node: Any) -> bool:
    """Whether no other such layer, nor a convolution, reads what comes of it."""
    readers = [port.get_node() for out in node.outputs() for port in out.get_target_inputs()]
    return all(r.get_type_name() not in _WEIGHTED and _is_last(r) for r in readers)
