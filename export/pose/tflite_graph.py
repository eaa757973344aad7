"""Reading of a TFLite flatbuffer: operators, shapes and constants, nothing of ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import tflite

from bunraku.export.pose.densify import densify, read_levels

Options = TypeVar("Options")

_DTYPES: dict[int, type[np.generic]] = {
    tflite.TensorType.FLOAT32: np.float32,
    tflite.TensorType.FLOAT16: np.float16,
    tflite.TensorType.INT32: np.int32,
}
_KINDS: dict[int, str] = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}


class UnsupportedModelError(ValueError):
    """A TFLite model with something in it that the converter does not know."""


@dataclass(frozen=True)
class Operator:
    """One operator of the graph."""

    kind: str
    """name in tflite.BuiltinOperator, or CUSTOM:name"""
    inputs: list[int]
    """tensor numbers, -1 for an optional input that is left out"""
    outputs: list[int]
    """tensor numbers"""
    raw: Any
    """the flatbuffer table, for the options"""

    def options(self, cls: type[Options]) -> Options:
        """The operator's options, read as ``cls`` (tflite.Conv2DOptions and so on)."""
        table = self.raw.BuiltinOptions()
        options: Any = cls()
        options.Init(table.Bytes, table.Pos)
        return options  # type: ignore[no-any-return]

    def custom_options(self) -> bytes:
        """The bytes that a custom operator carries."""
        return bytes(self.raw.CustomOptionsAsNumpy())


class TfliteGraph:
    """The only subgraph of a TFLite model; tensors are known by their number.

    Raises:
        UnsupportedModelError: not a TFLite file, or one with several subgraphs.
    """

    def __init__(self, model: bytes) -> None:
        if model[4:8] != b"TFL3":
            raise UnsupportedModelError("not a TFLite model")
        self._model = tflite.Model.GetRootAsModel(model, 0)
        if self._model.SubgraphsLength() != 1:
            raise UnsupportedModelError("a TFLite model with several subgraphs")
        self._graph = self._model.Subgraphs(0)
        self.inputs = [int(i) for i in self._graph.InputsAsNumpy()]
        self.outputs = [int(i) for i in self._graph.OutputsAsNumpy()]

    def operators(self) -> Iterator[Operator]:
        """The operators in the order in which they run."""
        for k in range(self._graph.OperatorsLength()):
            raw = self._graph.Operators(k)
            code = self._model.OperatorCodes(raw.OpcodeIndex())
            # Old files keep the code in a byte, new ones in a wider field; the other one is zero.
            kind = _KINDS[max(code.BuiltinCode(), code.DeprecatedBuiltinCode())]
            if kind == "CUSTOM":
                kind = f"CUSTOM:{code.CustomCode().decode()}"
            inputs = [int(i) for i in raw.InputsAsNumpy()]
            outputs = [int(i) for i in raw.OutputsAsNumpy()]
            yield Operator(kind, inputs, outputs, raw)

    def shape(self, tensor: int) -> list[int]:
        """Shape of a tensor, NHWC as TFLite has it."""
        table = self._graph.Tensors(tensor)
        return [int(n) for n in table.ShapeAsNumpy()] if table.ShapeLength() else []

    def name(self, tensor: int) -> str:
        """The name that the model's author gave a tensor."""
        return str(self._graph.Tensors(tensor).Name().decode())

    def constant(self, tensor: int) -> npt.NDArray[np.generic] | None:
        """The values of a constant tensor in its own shape, or None if it is computed."""
        table = self._graph.Tensors(tensor)
        buffer = self._model.Buffers(table.Buffer())
        if buffer.DataLength() == 0:
            return None
        if table.Type() not in _DTYPES:
            raise UnsupportedModelError(f"constant of TFLite type {table.Type()}")
        values = np.frombuffer(buffer.DataAsNumpy().tobytes(), _DTYPES[table.Type()])
        shape = self.shape(tensor)
        sparsity = table.Sparsity()
        if sparsity is None:
            return values.reshape(shape)
        return densify(values, read_levels(sparsity, len(shape)), shape)
