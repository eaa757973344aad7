"""A network's graph rewritten to compute in float16: types stand in the graph, not in a flag.

Strongly typed libraries (TensorRT since 11) compute in the types that the graph tells, and others
take such a graph as it is.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

WEIGHTED = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})
"""Operators whose large constants are weights: what gains by it. Others, such as grids of
coordinates, stay exact."""

FOLLOWING = frozenset(
    {
        *("Add", "AveragePool", "Clip", "Concat", "DepthToSpace", "GlobalAveragePool"),
        *("HardSigmoid", "Identity", "LeakyRelu", "MaxPool", "Mul", "PRelu", "Pad", "Relu"),
        *("Reshape", "Resize", "Sigmoid", "Slice", "Split", "Squeeze", "Sub", "Tanh"),
        *("Transpose", "Unsqueeze"),
    }
)
"""What may be done in float16 to values that are float16 already. Coordinates, sums over pictures
and divisions are not among them."""

FIRST_ONLY = frozenset({"Resize"})
"""Whose first input alone has the type of the result; their scales are float32 always."""


def to_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy that computes in float16 between float32 inputs and float32 outputs.

    The last weighted layer before each output, whatever holds coordinates, and weights beyond
    float16's range stay float32: a landmark in pixels has no digits to lose.

    :param model: of float32, without functions; weights stored as float16 behind a Cast
        (``export.weights``) are taken as they are.
    """
    import onnx

    result = onnx.ModelProto()
    result.CopyFrom(model)
    _Rewriting(result).run()
    onnx.checker.check_model(result, full_check=True)
    return result


def is_typed(model: onnx.ModelProto) -> bool:
    """Whether a graph says itself that it computes in less than float32.

    Weights that are only stored so, and cast when they are loaded, do not count.
    """
    constants = {tensor.name for tensor in model.graph.initializer}
    return any(
        node.op_type in ("QuantizeLinear", "DequantizeLinear")
        or (node.op_type == "Cast" and node.input[0] not in constants and _to(node) in _SHORT)
        for node in model.graph.node
    )


class _Type(IntEnum):
    """As ONNX numbers them."""

    FLOAT = 1
    FLOAT16 = 10
    BFLOAT16 = 16


_SHORT = frozenset({_Type.FLOAT16, _Type.BFLOAT16})


class _Rewriting:
    def __init__(self, model: onnx.ModelProto) -> None:
        self._graph = model.graph
        self._floats = _float_names(model)
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._stored = {
            node.output[0]: self._constants[node.input[0]]
            for node in model.graph.node
            if node.op_type == "Cast" and node.input[0] in self._constants
        }
        self._outputs = {value.name for value in model.graph.output}
        self._last = last_weighted(model.graph)
        self._half: set[str] = set()
        """Tensors that are float16 under their own name."""
        self._casts: dict[str, onnx.NodeProto] = {}
        self._added: dict[str, onnx.TensorProto] = {}

    def run(self) -> None:
        nodes: list[onnx.NodeProto] = []
        for node in self._graph.node:
            half = self._becomes_half(node)
            for index, name in enumerate(node.input):
                if name not in self._floats or (half and index and node.op_type in FIRST_ONLY):
                    continue
                node.input[index] = self._halved(name, nodes) if half else self._full(name, nodes)
            nodes.append(node)
            if half:
                self._turn(node, nodes)
        del self._graph.node[:]
        del self._graph.value_info[:]
        self._graph.node.extend(nodes)
        self._graph.initializer.extend(self._added.values())
        _drop_unused(self._graph)

    def _becomes_half(self, node: onnx.NodeProto) -> bool:
        inputs = node.input[:1] if node.op_type in FIRST_ONLY else node.input
        floats = [name for name in inputs if name in self._floats]
        if node.op_type in WEIGHTED:
            weights = node.input[1:2]
            if node.output[0] in self._last or not all(self._constant(name) for name in weights):
                return False
        elif node.op_type in FOLLOWING:
            computed = [name for name in floats if not self._constant(name)]
            if not computed or not all(name in self._half for name in computed):
                return False
        else:
            return False
        return all(_fits(tensor) for name in floats if (tensor := self._constant(name)))

    def _constant(self, name: str) -> onnx.TensorProto | None:
        return self._stored.get(name) or self._constants.get(name)

    def _halved(self, name: str, nodes: list[onnx.NodeProto]) -> str:
        if name in self._half:
            return name
        constant = self._constant(name)
        if constant is None:
            return self._cast(name, _Type.FLOAT16, nodes)
        if constant.data_type == _Type.FLOAT16:
            return constant.name
        short = f"{name}.float16"
        if short not in self._added:
            self._added[short] = _rounded(constant, short)
        return short

    def _full(self, name: str, nodes: list[onnx.NodeProto]) -> str:
        return self._cast(name, _Type.FLOAT, nodes) if name in self._half else name

    def _cast(self, name: str, to: _Type, nodes: list[onnx.NodeProto]) -> str:
        made = f"{name}.{'float16' if to == _Type.FLOAT16 else 'float32'}"
        if made not in self._casts:
            self._casts[made] = _cast_node(name, made, to)
            nodes.append(self._casts[made])
        return made

    def _turn(self, node: onnx.NodeProto, nodes: list[onnx.NodeProto]) -> None:
        """Note what a float16 node gives, and give graph outputs as float32."""
        for index, name in enumerate(node.output):
            if name not in self._outputs:
                self._half.add(name)
                continue
            inner = node.output[index] = f"{name}.float16"
            nodes.append(_cast_node(inner, name, _Type.FLOAT))


def _cast_node(name: str, made: str, to: _Type) -> onnx.NodeProto:
    from onnx import helper

    return helper.make_node("Cast", [name], [made], made, to=int(to))


def _values(tensor: onnx.TensorProto) -> Any:
    from onnx import numpy_helper

    return numpy_helper.to_array(tensor)


def _rounded(tensor: onnx.TensorProto, name: str) -> onnx.TensorProto:
    """A constant in float16."""
    from onnx import numpy_helper

    return numpy_helper.from_array(_values(tensor).astype(np.float16), name)


def _float_names(model: onnx.ModelProto) -> set[str]:
    import onnx

    graph = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
    values = [*graph.input, *graph.output, *graph.value_info]
    names = {v.name for v in values if v.type.tensor_type.elem_type == _Type.FLOAT}
    return names | {t.name for t in graph.initializer if t.data_type == _Type.FLOAT}


def last_weighted(graph: onnx.GraphProto) -> set[str]:
    """What the weighted nodes give that reach an output past no other one."""
    makers = {name: node for node in graph.node for name in node.output}
    found: set[str] = set()
    seen: set[str] = set()
    open_names = [value.name for value in graph.output]
    while open_names:
        name = open_names.pop()
        node = makers.get(name)
        if node is None or name in seen:
            continue
        seen.add(name)
        if node.op_type in WEIGHTED:
            found.add(node.output[0])
        else:
            open_names.extend(node.input)
    return found


def _fits(tensor: onnx.TensorProto) -> bool:
    """Whether a constant keeps its size in float16: nothing infinite, no number becomes zero."""
    if tensor.data_type == _Type.FLOAT16:
        return True
    values = _values(tensor)
    with np.errstate(over="ignore"):
        short = values.astype(np.float16)
    return bool(np.isfinite(short).all()) and not bool(((short == 0) & (np.abs(values) > 0)).all())


def _drop_unused(graph: onnx.GraphProto) -> None:
    """Without the constants, and casts of constants, that nothing reads any more."""
    read = {name for node in graph.node for name in node.input}
    read |= {value.name for value in graph.output}
    kept = [n for n in graph.node if n.op_type != "Cast" or not read.isdisjoint(n.output)]
    read = {name for node in kept for name in node.input}
    tensors = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.node[:]
    del graph.initializer[:]
    graph.node.extend(kept)
    graph.initializer.extend(tensors)


def _to(node: onnx.NodeProto) -> int:
    return next((int(a.i) for a in node.attribute if a.name == "to"), 0)
