"""Channels of a network's narrow paths scaled to like ranges; what it gives stays the same.

After Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction" (2019),
for what convolutions give and add up with nothing bent between: there a channel's scale can be
taken out of the layers that read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bunraku.runtime.engines.recipe import LEAST, MOST
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    import onnx

_LINEAR = ("Conv", "Add")
_MOST_SCALED = 64.0  # times: what a channel hardly uses would be noise made loud


def even_out(
    graph: onnx.GraphProto, constants: dict[str, Any], seen: Mapping[str, Array]
) -> dict[str, Array]:
    """Scale weights and biases in ``constants``, in place.

    :param constants: of the graph, by name, float32.
    :param seen: of its tensors, see ``Recipe.seen``.
    :return: ``seen`` after it.
    """
    makers = {name: node for node in graph.node for name in node.output}
    readers: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    outputs = {value.name for value in graph.output}

    def can_be_scaled(name: str) -> bool:
        if name not in seen or name not in makers or name in outputs:
            return False
        reads = all(_reads(node, seen[name].shape[1], constants) for node in readers[name])
        alone = all(
            len(readers[constant]) == 1
            for node in (makers[name], *readers[name])
            for constant in node.input
            if constant in constants
        )
        return reads and alone and makers[name].op_type in _LINEAR

    scaled = dict(seen)
    for group in _groups(graph, constants):
        if all(map(can_be_scaled, group)):
            scale = _scale([seen[name] for name in group])
            for name in group:
                scaled[name] = seen[name] * scale
                _scale_around(makers[name], readers[name], constants, scale)
    return scaled


def _groups(graph: onnx.GraphProto, constants: Mapping[str, Any]) -> Iterator[set[str]]:
    """Tensors whose channels must have the same scale, because they are added to one another."""
    groups: dict[str, set[str]] = {}
    for node in graph.node:
        if node.op_type not in _LINEAR:
            continue
        names = {node.output[0]}
        if node.op_type == "Add":
            names |= {name for name in node.input if name not in constants}
        joined = set().union(*(groups.get(name, {name}) for name in names))
        groups |= dict.fromkeys(joined, joined)
    done: set[str] = set()
    for name, group in groups.items():
        if name not in done:
            done |= group
            yield group


def _reads(node: onnx.NodeProto, channels: int, constants: Mapping[str, Any]) -> bool:
    """Whether a scale of each channel can be taken out of what reads them."""
    if node.op_type == "Add":
        return not any(name in constants for name in node.input)
    if node.op_type != "Conv" or node.input[1] not in constants:
        return False
    shape = constants[node.input[1]].shape
    return bool(shape[1] == channels or shape[:2] == (channels, 1))


def _scale(seen: list[Array]) -> Array:
    """By which each channel is multiplied, ``[C]``."""
    reach = np.stack([np.abs(rows[[LEAST, MOST]]).max(0) for rows in seen]).max(0)
    most = max(float(reach.max()), float(np.finfo(np.float32).tiny))
    return np.asarray(most / np.maximum(reach, most / _MOST_SCALED), np.float32)


def _scale_around(
    maker: onnx.NodeProto, readers: list[onnx.NodeProto], constants: dict[str, Any], scale: Array
) -> None:
    if maker.op_type == "Conv":
        for name in maker.input[1:]:
            constants[name] = constants[name] * scale.reshape(-1, *[1] * (constants[name].ndim - 1))
    for node in readers:
        if node.op_type == "Conv":
            weights = constants[node.input[1]]
            # A layer reads each channel everywhere, a depthwise one in that channel alone.
            full = weights.shape[1] == len(scale)
            constants[node.input[1]] = weights / scale.reshape(
                (1, -1, 1, 1) if full else (-1, 1, 1, 1)
            )
