"""What ONNX's operators are in torch: those of Bunraku's engines and of the converted networks.

Each is made once for each node, when what is known beforehand (weights, sizes, axes) is at hand as
numbers; so that while it runs nothing asks a GPU for one. What an operator can do and none of these
networks does is refused, not guessed.
"""

from __future__ import annotations

from bunraku.runtime.engines.torch_graph import layers, shapes
from bunraku.runtime.engines.torch_graph.node import Function, Maker, Node, UnsupportedError

_BY_NAME = {
    "Abs": "abs",
    "Add": "add",
    "And": "logical_and",
    "Div": "div",
    "Equal": "eq",
    "Exp": "exp",
    "Floor": "floor",
    "Greater": "gt",
    "GreaterOrEqual": "ge",
    "Less": "lt",
    "LessOrEqual": "le",
    "Max": "maximum",
    "Min": "minimum",
    "Mul": "mul",
    "Neg": "neg",
    "Pow": "pow",
    "Relu": "relu",
    "Sigmoid": "sigmoid",
    "Sqrt": "sqrt",
    "Sub": "sub",
    "Tanh": "tanh",
    "Where": "where",
}
"""Those that torch has as they are, with the same arguments."""


def make(node: Node) -> Function:
    """A node's function.

    :raises UnsupportedError: it is of no known kind, or does what none of the networks does.
    """
    name = _BY_NAME.get(node.kind)
    if name is not None:
        return node.bind(getattr(node.torch, name))
    maker = _MAKERS.get(node.kind)
    if maker is None:
        raise UnsupportedError(f"the operator {node.kind}")
    return maker(node)


_MAKERS: dict[str, Maker] = {
    "ArgMax": shapes.arg_max,
    "AveragePool": layers.average_pool,
    "BatchNormalization": layers.batch_norm,
    "Cast": layers.cast,
    "Clip": layers.clip,
    "Concat": shapes.concat,
    "Conv": layers.conv,
    "ConvTranspose": layers.conv_transpose,
    "DepthToSpace": shapes.depth_to_space,
    "Expand": shapes.expand,
    "Gather": shapes.gather,
    "GatherElements": shapes.gather_elements,
    "GatherND": shapes.gather_nd,
    "Gemm": layers.gemm,
    "GlobalAveragePool": layers.global_average_pool,
    "GridSample": layers.grid_sample,
    "HardSigmoid": layers.hard_sigmoid,
    "Identity": lambda node: node.bind(lambda x: x),
    "LeakyRelu": layers.leaky_relu,
    "MatMul": layers.mat_mul,
    "MaxPool": layers.max_pool,
    "PRelu": layers.prelu,
    "Pad": shapes.pad,
    "ReduceL2": shapes.reduce("linalg.vector_norm"),
    "ReduceMax": shapes.reduce("amax"),
    "ReduceMean": shapes.reduce("mean"),
    "ReduceMin": shapes.reduce("amin"),
    "ReduceSum": shapes.reduce("sum"),
    "Reshape": shapes.reshape,
    "Resize": layers.resize,
    "ScatterElements": shapes.scatter_elements,
    "Slice": shapes.cut,
    "Softmax": layers.softmax,
    "Split": shapes.split,
    "Squeeze": shapes.squeeze,
    "Sum": lambda node: node.bind(lambda *parts: sum(parts)),
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
}
