"""A small builder of ONNX graphs with fp16-stored weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 16  # the first with GridSample, which the face network needs
IR_VERSION = 8
_SMALL = 16  # constants up to this many values are not worth a Cast


class OnnxGraph:
    """Nodes and constants in the order in which they are added.

    Float constants are stored as fp16 behind a Cast where that loses nothing: MediaPipe stores its
    weights so, and runtimes fold the Cast when they load the file.
    """

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._casts: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._known: dict[tuple[str, tuple[int, ...], bytes], str] = {}

    def add(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        name = f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, values: npt.NDArray[np.generic]) -> str:
        """Store a constant (once, however often it is asked for) and return its name."""
        values = np.ascontiguousarray(values)
        key = (values.dtype.str, values.shape, values.tobytes())
        if key in self._known:
            return self._known[key]
        name = f"constant_{len(self._known)}"
        self._known[key] = name
        if values.dtype == np.float32 and values.size > _SMALL:
            with np.errstate(over="ignore"):
                half = values.astype(np.float16)
            if np.array_equal(half.astype(np.float32), values):
                stored = f"{name}_half"
                self._constants.append(numpy_helper.from_array(half, stored))
                cast = helper.make_node("Cast", [stored], [name], name=name, to=TensorProto.FLOAT)
                self._casts.append(cast)
                return name
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def finish(
        self,
        name: str,
        inputs: dict[str, list[int]],
        outputs: dict[str, tuple[str, list[int]]],
    ) -> onnx.ModelProto:
        """Close the graph.

        Args:
            name: of the graph.
            inputs: shape of each float input.
            outputs: for each output its name inside the graph and its shape.

        Returns:
            The checked model, fp32 at its inputs and outputs.
        """
        nodes = list(self._nodes)
        for public, (inner, _) in outputs.items():
            nodes.append(helper.make_node("Identity", [inner], [public], name=public))
        graph = helper.make_graph(
            self._casts + nodes,
            name,
            [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
            [
                helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
                for n, (_, s) in outputs.items()
            ],
            self._constants,
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="bunraku",
        )
        onnx.checker.check_model(model, full_check=True)
        return model
