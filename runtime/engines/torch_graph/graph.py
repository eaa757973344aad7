"""An ONNX model, read into a list of torch functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bunraku.runtime.engines.torch_graph.node import Function, Node, UnsupportedError
from bunraku.runtime.engines.torch_graph.operators import make
from bunraku.spec.tensors import BATCH

if TYPE_CHECKING:
    import onnx

Shapes = dict[str, tuple[int, ...]]
FLOAT = 1
"""ONNX's number of float32."""


@dataclass(frozen=True, eq=False)
class _Step:
    function: Function
    takes: Sequence[str]
    gives: Sequence[str]
    last: Sequence[str]
    """What nothing reads after it: its memory may be used again."""


class TorchGraph:
    """One model; gives the outputs by name for the inputs by name.

    Where it leaves the number of frames free (``free``), it takes any; shapes are one frame's.

    :param model: an ONNX file, or the serialised model itself.
    :param torch: the module.
    :param place: gives a tensor of the host's where the graph is to run.
    :param half: torch's dtype that convolutions and products compute in; None for float32.
    :raises UnsupportedError: the model holds what is not done here.
    :raises Exception: onnx's, where it is no model.
    """

    def __init__(
        self,
        model: Path | bytes,
        torch: Any,
        place: Callable[[Any], Any] = lambda tensor: tensor,
        half: Any = None,
    ) -> None:
        import onnx

        content = model if isinstance(model, bytes) else model.read_bytes()
        graph = onnx.load_model_from_string(content).graph
        self._torch, self._place, self._half = torch, place, half
        self._known = {t.name: self._tensor(t) for t in graph.initializer}
        inputs = [i for i in graph.input if i.name not in self._known]
        self.free = all(_is_free(i) for i in inputs)
        self.inputs = {i.name: _shape(i) for i in inputs}
        self.outputs = {o.name: _shape(o) for o in graph.output}
        later = [node for node in graph.node if not self._fold(node)]
        self._steps = self._ordered(later)
        self._fixed = {n: place(self._known[n]) for n in self.outputs if n in self._known}

    def __call__(self, feeds: Mapping[str, Any]) -> dict[str, Any]:
        """Run once.

        :param feeds: all inputs; tensors where the graph runs.
        """
        values = dict(feeds)
        for step in self._steps:
            made = step.function(*(values[name] for name in step.takes))
            if len(step.gives) == 1:
                values[step.gives[0]] = made
            else:
                values.update(zip(step.gives, made, strict=True))
            for name in step.last:
                del values[name]
        return {n: self._fixed[n] if n in self._fixed else values[n] for n in self.outputs}

    def _fold(self, node: onnx.NodeProto) -> bool:
        """Whether a node gives the same at every run: then it is run now."""
        if node.op_type == "Constant":
            (value,) = (a.t for a in node.attribute if a.name == "value")
            self._known[node.output[0]] = self._tensor(value)
            return True
        if not all(name in self._known for name in node.input if name):
            return False
        made = make(self._node(node, folding=True))(self._known[node.input[0]])
        results = made if len(node.output) > 1 else (made,)
        self._known.update(zip(node.output, results, strict=True))
        return True

    def _ordered(self, nodes: Sequence[onnx.NodeProto]) -> list[_Step]:
        takes = [[n for n in node.input if n and n not in self._known] for node in nodes]
        read_last = {name: index for index, names in enumerate(takes) for name in names}
        steps = []
        for index, node in enumerate(nodes):
            gone = {n for n in takes[index] if read_last[n] == index} - self.outputs.keys()
            gone |= {n for n in node.output if n not in read_last and n not in self.outputs}
            steps.append(
                _Step(make(self._node(node)), takes[index], tuple(node.output), tuple(gone))
            )
        return steps

    def _node(self, node: onnx.NodeProto, *, folding: bool = False) -> Node:
        from onnx.helper import get_attribute_value

        if node.domain not in ("", "ai.onnx"):
            raise UnsupportedError(f"the operator {node.domain}::{node.op_type}")
        given = [bool(name) and name not in self._known for name in node.input]
        if folding:
            given[0] = True  # by the function, which is called at once
        return Node(
            self._torch,
            node.op_type,
            {a.name: get_attribute_value(a) for a in node.attribute},
            [self._known.get(name) if name else None for name in node.input],
            given,
            len(node.output),
            (lambda tensor: tensor) if folding else self._place,
            None if folding else self._half,
        )

    def _tensor(self, told: onnx.TensorProto) -> Any:
        from onnx import numpy_helper

        return self._torch.from_numpy(numpy_helper.to_array(told).copy())


def _is_free(value: onnx.ValueInfoProto) -> bool:
    return [d.dim_param for d in value.type.tensor_type.shape.dim[:1]] == [BATCH]


def _shape(value: onnx.ValueInfoProto) -> tuple[int, ...]:
    tensor = value.type.tensor_type
    shape = tuple(1 if d.dim_param == BATCH else d.dim_value for d in tensor.shape.dim)
    if tensor.elem_type != FLOAT or not all(shape):
        raise UnsupportedError(f"{value.name!r}, which is no float32 of a fixed shape")
    return shape
