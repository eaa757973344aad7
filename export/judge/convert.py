"""TensorFlow.js graph models to ONNX, as far as MoveNet goes.

A graph model is a list of TensorFlow's nodes as JSON and its weights as one row of bytes. The ONNX
graph is NCHW throughout, from the normalised picture to the heads: what MoveNet makes of its heads
is done by whoever reads them.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from bunraku.errors import FetchError
from bunraku.export.pose.convert import same_padding
from bunraku.export.pose.onnx_graph import OnnxGraph

INPUT = "image"
_PLAIN = ("_FusedConv2D", "Conv2D")
_BY_CHANNEL = ("FusedDepthwiseConv2dNative", "DepthwiseConv2dNative")


def convert_graph(
    topology: bytes, weights: bytes, name: str, start: str, outputs: Mapping[str, str], side: int
) -> onnx.ModelProto:
    """Convert the part of a graph between one node and some others.

    Args:
        topology: the model's JSON.
        weights: its weights.
        name: of the ONNX graph.
        start: the node whose output becomes the input ``image``, ``[1, 3, side, side]``.
        outputs: nodes to the names that their outputs get.
        side: of the picture.

    Raises:
        FetchError: it is no such model, or has nodes that are not known.
    """
    try:
        model = json.loads(topology)
        nodes = {node["name"]: node for node in model["modelTopology"]["node"]}
        entries = [entry for group in model["weightsManifest"] for entry in group["weights"]]
        converter = _Converter(nodes, read_weights(entries, weights), start, side)
        ends = {public: converter.output(node) for node, public in outputs.items()}
    except (ValueError, LookupError, TypeError) as error:
        raise FetchError(f"The network {name} is not as it is expected: {error!r}.") from error
    return converter.graph.finish(name, {INPUT: [1, 3, side, side]}, ends)


def read_weights(entries: list[Any], data: bytes) -> dict[str, npt.NDArray[np.generic]]:
    """Weights by name, floats as float32 whatever they are stored as.

    Raises:
        ValueError: the bytes are not as many as the entries say, or of a kind that is not known.
    """
    found: dict[str, npt.NDArray[np.generic]] = {}
    offset = 0
    for entry in entries:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        if kind.name not in ("float16", "float32", "int32"):
            raise ValueError(f"weights of {kind.name}")
        count = int(np.prod(entry["shape"], dtype=np.int64))
        values = np.frombuffer(data, kind.newbyteorder("<"), count, offset)
        offset += values.nbytes
        wanted = np.int32 if kind.name == "int32" else np.float32
        found[entry["name"]] = values.astype(wanted).reshape(entry["shape"])
    if offset != len(data):
        raise ValueError(f"{len(data)} bytes of weights, not {offset}")
    return found


class _Converter:
    """Adds nodes on their way back from the outputs, each once."""

    def __init__(
        self,
        nodes: Mapping[str, Any],
        weights: Mapping[str, npt.NDArray[np.generic]],
        start: str,
        side: int,
    ) -> None:
        self.graph = OnnxGraph()
        self._nodes, self._weights = nodes, weights
        # Of each node the name in the graph, the channels and the side.
        self._known: dict[str, tuple[str, int, int]] = {start: (INPUT, 3, side)}

    def output(self, name: str) -> tuple[str, list[int]]:
        """A node's output in the graph, and its shape."""
        value, channels, side = self._value(name)
        return value, [1, channels, side, side]

    def _value(self, name: str) -> tuple[str, int, int]:
        if name not in self._known:
            node = self._nodes[name]
            kind = node["op"]
            if kind in _PLAIN or kind in _BY_CHANNEL:
                made = self._convolution(node, by_channel=kind in _BY_CHANNEL)
            elif kind == "AddV2":
                (one, channels, side), (other, _, _) = map(self._value, node["input"])
                made = self.graph.add("Add", [one, other]), channels, side
            elif kind == "ResizeBilinear":
                made = self._resize(node)
            else:
                raise ValueError(f"{kind} is not known")
            self._known[name] = made
        return self._known[name]

    def _convolution(self, node: Any, *, by_channel: bool) -> tuple[str, int, int]:
        picture, weights, *rest = node["input"]
        value, channels, side = self._value(picture)
        kernel = self._weights[weights]  # height, width, in, out; by channel: out is 1
        attributes = node["attr"]
        stride = int(attributes["strides"]["list"]["i"][1])
        size = kernel.shape[0]
        padded = _decode(attributes["padding"]["s"]) == "SAME"
        before, after = same_padding(side, size, stride) if padded else (0, 0)
        order = (2, 3, 0, 1) if by_channel else (3, 2, 0, 1)
        inputs = [value, self.graph.constant(kernel.transpose(order))]
        listed = attributes.get("fused_ops", {}).get("list", {}).get("s", [])
        fused = [_decode(text) for text in listed]
        if fused[:1] == ["BiasAdd"]:
            inputs.append(self.graph.constant(self._weights[rest[0]]))
        made = self.graph.add(
            "Conv",
            inputs,
            kernel_shape=[size, size],
            strides=[stride, stride],
            pads=[before, before, after, after],
            group=channels if by_channel else 1,
        )
        for extra in fused[1:]:
            made = self._activation(extra, made)
        out = channels if by_channel else kernel.shape[3]
        return made, out, (side + before + after - size) // stride + 1

    def _activation(self, kind: str, value: str) -> str:
        if kind == "Relu":
            return self.graph.add("Relu", [value])
        if kind == "Relu6":
            limits = (self.graph.constant(np.asarray(limit, np.float32)) for limit in (0.0, 6.0))
            return self.graph.add("Clip", [value, *limits])
        raise ValueError(f"{kind} is not known")

    def _resize(self, node: Any) -> tuple[str, int, int]:
        value, channels, side = self._value(node["input"][0])
        size = int(self._weights[node["input"][1]][0])
        scales = self.graph.constant(np.array([1, 1, size / side, size / side], np.float32))
        made = self.graph.add(
            "Resize",
            [value, "", scales],
            mode="linear",
            coordinate_transformation_mode="half_pixel",
        )
        return made, channels, size


def _decode(text: str) -> str:
    return base64.b64decode(text).decode()
