"""What must be known of a network to compute it in 8 bits: which layers, and what they have seen.

Recipes are made by ``export.calibrate`` and ship as ``weights/int8``. They hold no weights: those
that they are for are told by a hash.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bunraku.errors import BundleError
from bunraku.runtime.engines.bundle import REINSTALL, weights_folder
from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    import onnx

FOLDER = "int8"
FORMAT = 1
LEAST, MOST, MEAN = range(3)
"""Rows of what was seen of a tensor."""
_TOLD = ("format", "weights", "outputs", "convolutions")


@dataclass(frozen=True, eq=False)
class Recipe:
    """How one network computes in 8 bits."""

    weights: str
    """Of the convolutions below: ``fingerprint``."""
    outputs: tuple[str, ...]
    """Of the graph that it is for; with others, it stays as it is."""
    convolutions: tuple[str, ...]
    """Those that compute in 8 bits, by the name of what they give."""
    seen: Mapping[str, Array]
    """Of each tensor that these read and give, after a Clip that follows: ``[3,C]``, the least, the
    most and the mean of each channel over the pictures that it was calibrated on."""

    def suits(self, model: onnx.ModelProto) -> bool:
        """Whether it is for this network, with these very weights, and for its outputs."""
        if tuple(value.name for value in model.graph.output) != self.outputs:
            return False
        return fingerprint(model, self.convolutions) == self.weights

    def save(self, path: Path) -> None:
        """Write it, in float16, so that the same recipe is the same file."""
        arrays: dict[str, Any] = {name: seen.astype(np.float16) for name, seen in self.seen.items()}
        told = (FORMAT, self.weights, self.outputs, self.convolutions)
        arrays |= {f"_{key}": np.array(value) for key, value in zip(_TOLD, told, strict=True)}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """Read it.

        :raises BundleError: it is damaged, or of another version.
        """
        try:
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            told = {key: arrays.pop(f"_{key}") for key in _TOLD}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise BundleError(f"The recipe {path} cannot be read: {error}.", REINSTALL) from error
        if told["format"] != FORMAT:
            raise BundleError(f"The recipe {path} is of another version.", REINSTALL)
        return cls(
            str(told["weights"]),
            tuple(map(str, told["outputs"])),
            tuple(map(str, told["convolutions"])),
            {name: seen.astype(np.float32) for name, seen in arrays.items()},
        )


@cache
def shipped() -> tuple[Recipe, ...]:
    """Those that come with Bunraku.

    :raises BundleError: one is damaged.
    """
    return tuple(map(Recipe.load, sorted((weights_folder() / FOLDER).glob("*.npz"))))


def fingerprint(model: onnx.ModelProto, convolutions: Sequence[str]) -> str | None:
    """The SHA-256 of the weights of these convolutions, however they are stored; None if one is
    not there.
    """
    constants = constants_of(model.graph)
    makers = {node.output[0]: node for node in model.graph.node if node.op_type == "Conv"}
    told = hashlib.sha256()
    for name in convolutions:
        if name not in makers or makers[name].input[1] not in constants:
            return None
        for constant in makers[name].input[1:]:
            told.update(np.ascontiguousarray(constants[constant]).tobytes())
    return told.hexdigest()


def constants_of(graph: onnx.GraphProto) -> dict[str, Any]:
    """Every constant of a graph by name, those behind a Cast to float32 too, as float32."""
    from onnx import numpy_helper

    found = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Cast" and node.input[0] in found:
            found[node.output[0]] = found[node.input[0]].astype(np.float32)
    return found
