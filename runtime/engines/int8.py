"""A network's graph rewritten to compute convolutions in 8 bits, as a recipe tells.

Weights are signed, with one step for each channel, and values have one for each tensor: unsigned
on processors, which ONNX Runtime and OpenVINO compute so, and signed around zero for TensorRT,
which takes nothing else. Each convolution stands between DequantizeLinear and QuantizeLinear,
which these libraries run as integer arithmetic. Two things make up for the digits that are lost:
channels are made alike where that changes nothing (``evening``), and what the rounding of weights
changes in the mean is taken from the bias.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bunraku.errors import EngineError
from bunraku.runtime.engines.evening import even_out
from bunraku.runtime.engines.present import int8_weight_bits
from bunraku.runtime.engines.protocol import EngineRequest, Precision
from bunraku.runtime.engines.recipe import LEAST, MEAN, MOST, Recipe, constants_of, shipped
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    import onnx

_STEPS = 255
"""Between the least and the most of a tensor."""


def to_int8(
    model: onnx.ModelProto, recipe: Recipe, weight_bits: int = 8, *, signed: bool = False
) -> onnx.ModelProto:
    """A copy whose convolutions compute in 8 bits, between float32 inputs and outputs.

    :param model: of float32; weights may be stored as float16 behind a Cast (``export.weights``).
    :param recipe: for this network (``Recipe.suits``).
    :param weight_bits: 7 where the processor needs it (``present.int8_weight_bits``).
    :param signed: for TensorRT: values are signed around zero, and biases stay float32.
    """
    import onnx

    result = onnx.ModelProto()
    result.CopyFrom(model)
    _Rewriting(result.graph, recipe, weight_bits, signed).run()
    onnx.checker.check_model(result)
    return result


def in_int8(request: EngineRequest) -> Path | bytes:
    """The network that is loaded: as it is, or rewritten for 8 bits, where they are taken and a
    recipe is for it.

    :raises EngineError: they are taken, and the processor does not compute in 8 bits.
    :raises BundleError: a recipe is damaged.
    """
    if request.precision != Precision.INT8 and not request.eight_bits:
        return request.model
    bits = int8_weight_bits()
    if bits is None:
        raise EngineError(
            "This processor does not compute in int8: it has neither VNNI nor AVX2.", "Use f32."
        )
    return _rewritten(request.model, bits)


def in_signed_int8(model: onnx.ModelProto) -> onnx.ModelProto | None:
    """The network in 8 bits as TensorRT takes them; None where no recipe is for it.

    :raises BundleError: a recipe is damaged.
    """
    recipe = _recipe_of(model)
    return None if recipe is None else to_int8(model, recipe, signed=True)


def _recipe_of(model: onnx.ModelProto) -> Recipe | None:
    return next((recipe for recipe in shipped() if recipe.suits(model)), None)


def _rewritten(model: Path | bytes, weight_bits: int) -> Path | bytes:
    import onnx
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]

    try:
        content = model.read_bytes() if isinstance(model, Path) else model
        graph = onnx.load_model_from_string(content)
    except (OSError, DecodeError):
        return model  # the library says what is wrong with it
    recipe = _recipe_of(graph)
    if recipe is None:
        return model
    return bytes(to_int8(graph, recipe, weight_bits).SerializeToString())


def results_of(graph: onnx.GraphProto, convolutions: tuple[str, ...]) -> dict[str, str]:
    """The tensor that is rounded after each convolution: its own, or that of a Clip behind it."""
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    found = {}
    for name in convolutions:
        after = readers.get(name, [])
        clipped = len(after) == 1 and after[0].op_type == "Clip"
        found[name] = after[0].output[0] if clipped else name
    return found


class _Rewriting:
    def __init__(
        self, graph: onnx.GraphProto, recipe: Recipe, weight_bits: int, signed: bool
    ) -> None:
        self._graph, self._signed = graph, signed
        # The least, such as -128, is not used, so that zero is in the middle.
        self._largest_weight = 2 ** (weight_bits - 1) - 1
        self._constants = constants_of(graph)
        self._seen = even_out(graph, self._constants, recipe.seen)
        self._given = results_of(graph, recipe.convolutions)
        self._nodes: list[onnx.NodeProto] = []
        self._steps: dict[str, float] = {}
        """Of the tensors that have been rounded, by name."""

    def run(self) -> None:
        rounded = set(self._given.values())
        for node in self._graph.node:
            if node.output[0] in self._constants:
                continue  # a Cast, whose constant is taken as it is
            made = type(node)()
            made.CopyFrom(node)
            if node.op_type == "Conv" and node.output[0] in self._given:
                self._quantise(made)
            made.input[:] = [self._now(name) for name in made.input]
            self._nodes.append(made)
            for name in rounded.intersection(node.output):
                self._round(name)
        self._write()

    def _now(self, name: str) -> str:
        """The tensor as it is read: rounded, if it has been."""
        return _rounded(name) if name in self._steps else name

    def _round(self, name: str) -> None:
        least = min(float(self._seen[name][LEAST].min()), 0.0)
        most = max(float(self._seen[name][MOST].max()), least + 1e-6)
        largest = max(most, -least)
        step = float(np.float32(largest / 127 if self._signed else (most - least) / _STEPS))
        self._steps[name] = step
        middle = np.uint8(np.clip(np.rint(-least / step), 0, _STEPS))
        scale = self._constant(f"{name}.step", np.float32(step))
        zero = self._constant(f"{name}.zero", np.int8(0) if self._signed else middle)
        short = f"{name}.short"
        self._node("QuantizeLinear", [name, scale, zero], short)
        self._node("DequantizeLinear", [short, scale, zero], _rounded(name))

    def _quantise(self, node: onnx.NodeProto) -> None:
        """Let a convolution read 8-bit values, weights and, in 32 bits or as it is, a bias."""
        into, name = node.input[0], node.output[0]
        if into not in self._steps:
            self._round(into)
        weights = self._constants[node.input[1]].astype(np.float64)
        flat = np.abs(weights).reshape(len(weights), -1)
        steps = np.maximum(flat.max(1) / self._largest_weight, 1e-9).astype(np.float32)
        whole = np.rint(weights / steps.reshape(-1, 1, 1, 1))
        bias = np.zeros(len(weights))
        if len(node.input) > 2:
            bias += self._constants[node.input[2]]
        bias += _lost(weights - whole * steps.reshape(-1, 1, 1, 1), self._seen[into][MEAN])
        del node.input[1:]
        node.input.append(self._stored(f"{name}.weights", whole.astype(np.int8), steps))
        if self._signed:
            node.input.append(self._constant(f"{name}.bias", bias.astype(np.float32)))
            return
        fine = steps * np.float32(self._steps[into])
        limit = float(2**31 - 129)  # the largest float32 that an int32 holds
        long = np.clip(np.rint(bias / fine), -limit, limit)
        node.input.append(self._stored(f"{name}.bias", long.astype(np.int32), fine))

    def _stored(self, name: str, values: Any, steps: Array) -> str:
        """A constant of integers and the step of each channel, as the layer reads it."""
        zero = self._constant(f"{name}.zero", np.zeros(len(steps), values.dtype))
        scale = self._constant(f"{name}.step", steps)
        self._node(
            "DequantizeLinear", [self._constant(f"{name}.whole", values), scale, zero], name, axis=0
        )
        return name

    def _node(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> None:
        from onnx import helper

        self._nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))

    def _constant(self, name: str, value: Any) -> str:
        self._constants[name] = value
        return name

    def _write(self) -> None:
        from onnx import numpy_helper

        read = {name for node in self._nodes for name in node.input}
        read |= {value.name for value in self._graph.output}
        del self._graph.node[:]
        del self._graph.value_info[:]
        del self._graph.initializer[:]
        self._graph.node.extend(self._nodes)
        self._graph.initializer.extend(
            numpy_helper.from_array(np.asarray(value), name)
            for name, value in self._constants.items()
            if name in read
        )


def _rounded(name: str) -> str:
    return f"{name}.rounded"


def _lost(weights: Any, mean: Array) -> Any:
    """What weights add to each channel in the mean, where each channel they read has its mean."""
    summed = weights.sum((2, 3))
    return summed[:, 0] * mean if summed.shape[1] == 1 else summed @ mean
