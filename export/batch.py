"""Graphs for one frame, freed to take several at once: the same nodes, a first axis of any size.

What is exported is traced, and converted, for one frame. Inference libraries that are told one
frame again plan the graph as before; told several, they compute them in one run.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper, numpy_helper, shape_inference

from bunraku.errors import EngineError
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import BATCH

CLOSEST = 1e-4
"""By how much a row may differ from the same frame alone, at most, relative to the largest value of
its tensor: sums are added up in another order."""
_FRAMES = 3
"""How many are compared: more than two, so that no row is first or last alone."""


def free_batch(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose inputs and outputs have a first axis of any size, called ``batch``.

    Shapes that are written into the graph leave the first axis to what they reshape, and constants
    that are joined to a frame's values are repeated for each frame. Nothing else is changed, so
    that one frame is computed by the same operations on the same numbers.

    :param model: every tensor of a frame has it along the first axis, whose size is 1.
    :raises ValueError: a shape is not fixed, or a node folds the frames into another axis.
    """
    result = onnx.ModelProto()
    result.CopyFrom(model)
    _Freeing(result).run()
    onnx.checker.check_model(result, full_check=True)
    return result


def for_one_frame(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy whose free first axes have the size 1 again, for whoever counts in a graph."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    for value in [*result.graph.input, *result.graph.output, *result.graph.value_info]:
        for dimension in value.type.tensor_type.shape.dim[:1]:
            if dimension.dim_param == BATCH:
                dimension.dim_value = 1
    return result


def check_rows(model: onnx.ModelProto) -> None:
    """Whether frames that are computed together come out as each by itself.

    :param model: of ``free_batch``.
    :raises EngineError: they do not, which is a fault of the export.
    """
    name, content = model.graph.name, model.SerializeToString()
    alone = OnnxEngine(content, name)
    feeds = {
        given: _made_up((_FRAMES, *shape[1:]), seed)
        for seed, (given, shape) in enumerate(alone.inputs.items())
    }
    together = alone.of_batch(_FRAMES).run(feeds)
    for row in range(_FRAMES):
        single = alone.run({given: values[row : row + 1] for given, values in feeds.items()})
        for given, expected in single.items():
            distance = np.abs(together[given][row : row + 1] - expected).max(initial=0.0)
            if not distance <= CLOSEST * max(1.0, float(np.abs(expected).max(initial=0.0))):
                raise EngineError(
                    f"The engine {name!r} gives {given!r} otherwise by {distance:.2g} where "
                    "several frames are computed at once; nothing was written.",
                    "This is a fault of the export: please report it.",
                )


def _made_up(shape: tuple[int, ...], seed: int) -> Array:
    """Values in [0, 1], another set for each frame."""
    return np.random.default_rng(seed).random(shape, np.float32)


class _Freeing:
    def __init__(self, model: onnx.ModelProto) -> None:
        self._model, self._graph = model, model.graph
        self._constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._shapes = _shapes_of(model)
        self._of_frame = {value.name for value in model.graph.input} - self._constants.keys()

    def run(self) -> None:
        nodes: list[onnx.NodeProto] = []
        for node in self._graph.node:
            if any(name in self._of_frame for name in node.input):
                if node.op_type == "Reshape":
                    self._free_reshape(node)
                elif node.op_type == "Concat":
                    self._repeat_constants(node, nodes)
                self._of_frame.update(node.output)
            nodes.append(node)
        del self._graph.node[:]
        del self._graph.value_info[:]  # of one frame
        self._graph.node.extend(nodes)
        self._drop_unused()
        for value in [*self._graph.input, *self._graph.output]:
            dimensions = value.type.tensor_type.shape.dim
            if not dimensions or dimensions[0].dim_value != 1:
                raise ValueError(f"{value.name!r} has no axis of frames")
            dimensions[0].dim_param = BATCH

    def _free_reshape(self, node: onnx.NodeProto) -> None:
        told = self._constants.get(node.input[1])
        if told is None:
            raise ValueError(f"the shape of {node.output[0]!r} is not fixed")
        shape = numpy_helper.to_array(told)
        if shape[0] == -1:  # takes what is left, which is the frames
            return
        if shape[0] != 1 or -1 in shape or self._shapes.get(node.input[0], ())[:1] != (1,):
            raise ValueError(f"{node.output[0]!r} folds the frames into another axis")
        freed = f"{told.name}.of_any_batch"
        if freed not in self._constants:
            self._add(numpy_helper.from_array(np.array([-1, *shape[1:]]), freed))
        node.input[1] = freed

    def _repeat_constants(self, node: onnx.NodeProto, nodes: list[onnx.NodeProto]) -> None:
        """Constants among what is joined, added to a zero for each frame."""
        if not any(name not in self._of_frame for name in node.input):
            return
        frames = next(name for name in node.input if name in self._of_frame)
        axes = len(self._shapes[frames])
        if {a.name: a.i for a in node.attribute}["axis"] % axes == 0:
            raise ValueError(f"{node.output[0]!r} joins something to the frames' own axis")
        nothing = f"{node.output[0]}.nothing"
        limits: dict[str, npt.NDArray[Any]] = {
            f"rest_{axes}.starts": np.zeros(axes - 1, np.int64),
            f"rest_{axes}.ends": np.ones(axes - 1, np.int64),
            f"rest_{axes}.axes": np.arange(1, axes),
            "nothing": np.zeros((), np.float32),
        }
        for name, values in limits.items():
            if name not in self._constants:
                self._add(numpy_helper.from_array(values, name))
        first, *_, zero = [f"{nothing}.first", *limits]
        cut = [frames, *list(limits)[:-1]]
        nodes.append(helper.make_node("Slice", cut, [first], first))
        # Between zero and zero: whatever the values are, also where they are infinite.
        nodes.append(helper.make_node("Clip", [first, zero, zero], [nothing], nothing))
        for index, name in enumerate(node.input):
            if name not in self._of_frame:
                repeated = f"{node.output[0]}.{index}.repeated"
                nodes.append(helper.make_node("Add", [name, nothing], [repeated], repeated))
                node.input[index] = repeated

    def _add(self, tensor: onnx.TensorProto) -> None:
        self._constants[tensor.name] = tensor
        self._graph.initializer.append(tensor)

    def _drop_unused(self) -> None:
        used = {name for node in self._graph.node for name in node.input}
        kept = [tensor for tensor in self._graph.initializer if tensor.name in used]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)


def _shapes_of(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    inferred = shape_inference.infer_shapes(model, data_prop=True).graph
    return {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
        for value in [*inferred.input, *inferred.value_info]
    }
