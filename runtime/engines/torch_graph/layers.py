"""Nodes that compute: convolutions, products, windows, norms and what bends numbers."""

from __future__ import annotations

from typing import Any

from bunraku.runtime.engines.torch_graph.node import Function, Node


def conv(node: Node) -> Function:
    weight, bias = _weights(node)
    node.refuse_unless(weight.ndim == 4, f"weights of {weight.ndim} dimensions")
    conv, pad = node.torch.nn.functional.conv2d, node.torch.nn.functional.pad
    around, aside = _padding(node)
    strides, dilations = node.get("strides", [1, 1]), node.get("dilations", [1, 1])
    groups, dtype = node.get("group", 1), weight.dtype

    def run(x: Any) -> Any:
        x = pad(x, aside) if aside else x
        return conv(x.to(dtype), weight, bias, strides, around, dilations, groups)

    return run


def conv_transpose(node: Node) -> Function:
    weight, bias = _weights(node)
    conv = node.torch.nn.functional.conv_transpose2d
    around, aside = _padding(node)
    node.refuse_unless(aside is None, "one-sided padding")
    node.refuse_unless("output_shape" not in node.attributes, "a shape of its own")
    strides, dilations = node.get("strides", [1, 1]), node.get("dilations", [1, 1])
    more, groups, dtype = node.get("output_padding", [0, 0]), node.get("group", 1), weight.dtype
    return lambda x: conv(x.to(dtype), weight, bias, strides, around, more, groups, dilations)


def _weights(node: Node) -> tuple[Any, Any]:
    """Weight and bias, as they are fastest."""
    weight, *rest = node.constants[1:]
    node.refuse_unless(weight is not None and not any(node.given[1:]), "weights that change")
    bias = rest[0] if rest else None
    dtype = node.half or weight.dtype
    weight = weight.to(dtype)
    if weight.ndim == 4:  # whatever passes through is laid out likewise
        weight = weight.contiguous(memory_format=node.torch.channels_last)
    return node.place(weight), None if bias is None else node.place(bias.to(dtype))


def _padding(node: Node) -> tuple[list[int], list[int] | None]:
    """What a two-dimensional window has around it (down, across); and where the sides differ none,
    but what to pad with before (left, right, top, bottom)."""
    node.refuse_unless(node.get("auto_pad", "NOTSET") in ("NOTSET", "VALID"), "padding by itself")
    top, left, bottom, right = node.get("pads", [0, 0, 0, 0])
    if (top, left) == (bottom, right):
        return [top, left], None
    return [0, 0], [left, right, top, bottom]


def gemm(node: Node) -> Function:
    weight, bias = _weights(node)
    plain = (node.get("alpha", 1.0), node.get("beta", 1.0), node.get("transA", 0)) == (1.0, 1.0, 0)
    node.refuse_unless(plain, "factors")
    weight = weight if node.get("transB", 0) else weight.t()
    linear, dtype = node.torch.nn.functional.linear, weight.dtype
    return lambda x: linear(x.to(dtype), weight, bias)


def mat_mul(node: Node) -> Function:
    product, half = node.torch.matmul, node.half

    def run(a: Any, b: Any) -> Any:
        dtype = half or a.dtype
        return product(a.to(dtype), b.to(dtype))

    return node.bind(run)


def max_pool(node: Node) -> Function:
    pool, pad = node.torch.nn.functional.max_pool2d, node.torch.nn.functional.pad
    around, aside = _padding(node)
    kernel, dilations = node.get("kernel_shape", []), node.get("dilations", [1, 1])
    strides, ceil = node.get("strides", [1, 1]), bool(node.get("ceil_mode", 0))

    def run(x: Any) -> Any:
        x = pad(x, aside, value=float("-inf")) if aside else x
        return pool(x, kernel, strides, around, dilations, ceil)

    return run


def average_pool(node: Node) -> Function:
    pool = node.torch.nn.functional.avg_pool2d
    around, aside = _padding(node)
    node.refuse_unless(aside is None, "one-sided padding")
    kernel, strides = node.get("kernel_shape", []), node.get("strides", [1, 1])
    ceil, inclusive = bool(node.get("ceil_mode", 0)), bool(node.get("count_include_pad", 0))
    return lambda x: pool(x, kernel, strides, around, ceil, inclusive)


def global_average_pool(node: Node) -> Function:
    return node.bind(lambda x: x.mean((2, 3), keepdim=True))


def batch_norm(node: Node) -> Function:
    norm, epsilon = node.torch.nn.functional.batch_norm, node.get("epsilon", 1e-5)
    return node.bind(
        lambda x, scale, shift, mean, var: norm(
            x.to(scale.dtype), mean, var, scale, shift, eps=epsilon
        )
    )


def prelu(node: Node) -> Function:
    where = node.torch.where
    return node.bind(lambda x, slope: where(x < 0, slope.to(x.dtype) * x, x))


def leaky_relu(node: Node) -> Function:
    leaky, slope = node.torch.nn.functional.leaky_relu, node.get("alpha", 0.01)
    return lambda x: leaky(x, slope)


def hard_sigmoid(node: Node) -> Function:
    slope, shift = node.get("alpha", 0.2), node.get("beta", 0.5)
    return lambda x: (x * slope + shift).clamp(0.0, 1.0)


def softmax(node: Node) -> Function:
    axis = node.get("axis", -1)
    return lambda x: x.softmax(axis)


def clip(node: Node) -> Function:
    low, high = node.numbers(1), node.numbers(2)
    least, most = low[0] if low else None, high[0] if high else None
    return lambda x: x.clamp(least, most)


def cast(node: Node) -> Function:
    torch = node.torch
    known = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool, 10: torch.float32}
    dtype = known.get(node.get("to", 0))  # float16 is how weights are kept, and no way to compute
    node.refuse_unless(dtype is not None, f"type {node.get('to', 0)}")
    return lambda x: x.to(dtype)


def resize(node: Node) -> Function:
    scales, sizes = node.numbers(2), node.numbers(3)
    how = node.get("mode", "nearest"), node.get("coordinate_transformation_mode", "half_pixel")
    node.refuse_unless(how == ("linear", "half_pixel"), " ".join(how))
    node.refuse_unless(not node.get("antialias", 0), "antialiasing")
    node.refuse_unless(len(scales or sizes or []) == 4, "a tensor that is no picture")
    resize = node.torch.nn.functional.interpolate
    told = {"scale_factor": tuple(scales[2:])} if scales else {"size": tuple((sizes or [])[2:])}
    return lambda x: resize(x, **told, mode="bilinear", align_corners=False)


def grid_sample(node: Node) -> Function:
    sample = node.torch.nn.functional.grid_sample
    mode = {"linear": "bilinear"}.get(node.get("mode", "linear"), node.get("mode", "linear"))
    beyond, corners = node.get("padding_mode", "zeros"), bool(node.get("align_corners", 0))
    return node.bind(lambda x, grid: sample(x, grid.to(x.dtype), mode, beyond, corners))
