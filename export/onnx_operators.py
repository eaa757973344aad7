"""The seam's two operators in ONNX: custom nodes that carry their own bodies.

A runtime that knows ``bunraku::SampleTexture`` and ``bunraku::WarpOcclude`` runs its own kernel;
every other one inlines the body, made of standard operators. TensorRT looks for a plugin of a node
that names the plugin's namespace, and takes the body where nobody has registered one.
"""

from __future__ import annotations

from typing import Any

import onnx
import torch
from onnx import parser
from onnxscript import values

import bunraku.kernels.torch_operators  # noqa: F401 - registers torch.ops.bunraku
from bunraku.spec.operators import DOMAIN, SAMPLE_TEXTURE, VERSION, WARP_OCCLUDE

PLUGIN = {"plugin_namespace": DOMAIN, "plugin_version": str(VERSION), "aot": True}
"""What TensorRT finds a plugin by; ``aot``: one whose kernel was compiled ahead of time."""
PLUGGED = frozenset({SAMPLE_TEXTURE})
"""The operators that a plugin may stand for."""

_SAMPLE_TEXTURE = """
<domain: "bunraku", opset_import: ["" : 18]>
SampleTexture (atlas, parts, u, v) => (result)
{
    zero = Constant <value_float = 0.0> ()
    half = Constant <value_float = 0.5> ()
    one = Constant <value_float = 1.0> ()
    axis_0 = Constant <value_ints = [0]> ()
    axis_1 = Constant <value_ints = [1]> ()
    axis_2 = Constant <value_ints = [2]> ()
    axis_3 = Constant <value_ints = [3]> ()
    axis_4 = Constant <value_ints = [4]> ()
    axis_5 = Constant <value_ints = [5]> ()
    minus_1 = Constant <value_ints = [-1]> ()
    first = Constant <value_int = 0> ()
    step = Constant <value_int = 1> ()

    shape = Shape (atlas)
    charts_shape = Slice (shape, axis_0, axis_2)
    charts = ReduceProd <keepdims = 0> (charts_shape)
    channels = Slice (shape, axis_2, axis_3)
    height = Slice (shape, axis_3, axis_4)
    width = Slice (shape, axis_4, axis_5)
    height_float = Cast <to = 1> (height)
    width_float = Cast <to = 1> (width)
    last_x = Sub (width_float, one)
    last_y = Sub (height_float, one)

    u_texels = Mul (u, width_float)
    v_texels = Mul (v, height_float)
    free_x = Sub (u_texels, half)
    free_y = Sub (v_texels, half)
    low_x = Max (free_x, zero)
    low_y = Max (free_y, zero)
    x = Min (low_x, last_x)
    y = Min (low_y, last_y)
    left = Floor (x)
    top = Floor (y)
    left_1 = Add (left, one)
    top_1 = Add (top, one)
    right = Min (left_1, last_x)
    bottom = Min (top_1, last_y)

    across = Sub (x, left)
    down = Sub (y, top)
    lower = Mul (parts, down)
    upper = Sub (parts, lower)
    weight_01 = Mul (upper, across)
    weight_00 = Sub (upper, weight_01)
    weight_11 = Mul (lower, across)
    weight_10 = Sub (lower, weight_11)
    weights = Concat <axis = 1> (weight_00, weight_01, weight_10, weight_11)

    chart_numbers = Range (first, charts, step)
    chart_shape = Concat <axis = 0> (charts_shape, axis_1, axis_1)
    chart = Reshape (chart_numbers, chart_shape)
    chart_row = Mul (chart, height)
    top_index = Cast <to = 7> (top)
    bottom_index = Cast <to = 7> (bottom)
    left_index = Cast <to = 7> (left)
    right_index = Cast <to = 7> (right)
    top_row = Add (chart_row, top_index)
    bottom_row = Add (chart_row, bottom_index)
    top_start = Mul (top_row, width)
    bottom_start = Mul (bottom_row, width)
    index_00 = Add (top_start, left_index)
    index_01 = Add (top_start, right_index)
    index_10 = Add (bottom_start, left_index)
    index_11 = Add (bottom_start, right_index)
    index = Concat <axis = 1> (index_00, index_01, index_10, index_11)

    channels_last = Transpose <perm = [0, 1, 3, 4, 2]> (atlas)
    texels_shape = Concat <axis = 0> (minus_1, channels)
    texels = Reshape (channels_last, texels_shape)
    pixel_index = Transpose <perm = [0, 2, 3, 1]> (index)
    pixel_weights = Transpose <perm = [0, 2, 3, 1]> (weights)
    gathered = Gather (texels, pixel_index)
    row_weights = Unsqueeze (pixel_weights, axis_3)
    sampled_row = MatMul (row_weights, gathered)
    sampled = Squeeze (sampled_row, axis_3)
    result = Transpose <perm = [0, 3, 1, 2]> (sampled)
}
"""
# Gathered rows and a matrix product: three times as fast in ONNX Runtime as GridSample over K.

_WARP_OCCLUDE = """
<domain: "bunraku", opset_import: ["" : 18]>
WarpOcclude (features, flow, occlusion) => (result)
{
    one = Constant <value_float = 1.0> ()
    two = Constant <value_float = 2.0> ()
    first = Constant <value_int = 0> ()
    step = Constant <value_int = 1> ()
    axis_1 = Constant <value_ints = [1]> ()
    axis_3 = Constant <value_ints = [3]> ()
    position_2 = Constant <value_int = 2> ()
    position_3 = Constant <value_int = 3> ()

    shape = Shape (flow)
    height = Gather (shape, position_2)
    width = Gather (shape, position_3)
    height_float = Cast <to = 1> (height)
    width_float = Cast <to = 1> (width)
    columns = Range (first, width, step)
    lines = Range (first, height, step)
    column = Cast <to = 1> (columns)
    line = Cast <to = 1> (lines)
    column_2 = Mul (column, two)
    line_2 = Mul (line, two)
    column_middle = Add (column_2, one)
    line_middle = Add (line_2, one)
    x_share = Div (column_middle, width_float)
    y_share = Div (line_middle, height_float)
    x_own = Sub (x_share, one)
    y_row = Sub (y_share, one)
    y_own = Unsqueeze (y_row, axis_1)

    x_flow = Gather <axis = 1> (flow, first)
    y_flow = Gather <axis = 1> (flow, step)
    x_plane = Add (x_flow, x_own)
    y_plane = Add (y_flow, y_own)
    x = Unsqueeze (x_plane, axis_3)
    y = Unsqueeze (y_plane, axis_3)
    grid = Concat <axis = 3> (x, y)
    warped = GridSample <mode = "bilinear", padding_mode = "border", align_corners = 0>
        (features, grid)
    result = Mul (warped, occlusion)
}
"""


def functions() -> list[onnx.FunctionProto]:
    """The bodies of both operators."""
    return [parser.parse_function(text) for text in (_SAMPLE_TEXTURE, _WARP_OCCLUDE)]


def translations() -> dict[Any, Any]:
    """For torch's exporter: our opaque torch operators -> their ONNX nodes.

    The nodes are given their bodies afterwards (``attach``): the exporter inlines any function that
    it knows.
    """
    sample_texture = _node(SAMPLE_TEXTURE, "atlas", "parts", "u", "v")
    warp_occlude = _node(WARP_OCCLUDE, "features", "flow", "occlusion")
    return {
        torch.ops.bunraku.sample_texture.default: lambda *inputs: sample_texture(*inputs),
        torch.ops.bunraku.warp_occlude.default: lambda *inputs: warp_occlude(*inputs),
    }


def attach(model: onnx.ModelProto) -> None:
    """Give the custom nodes in the model their bodies, and the names of their plugins."""
    model.functions.extend(functions())
    for node in model.graph.node:
        if node.domain == DOMAIN and node.op_type in PLUGGED:
            node.attribute.extend(onnx.helper.make_attribute(n, v) for n, v in PLUGIN.items())


def _node(name: str, *inputs: str) -> values.Op:
    formal = onnx.defs.OpSchema.FormalParameter
    schema = onnx.defs.OpSchema(
        name,
        DOMAIN,
        VERSION,
        inputs=[formal(parameter, "T") for parameter in inputs],
        outputs=[formal("result", "T")],
        type_constraints=[("T", ["tensor(float)"], "")],
    )
    return values.Op(values.Opset(DOMAIN, VERSION), name, schema)
