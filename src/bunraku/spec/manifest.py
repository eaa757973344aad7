"""The manifest of a bundle: one format for who writes it and who reads it.

A bundle is a folder of engines with a ``manifest.json`` that names each file, its hash, and the
shapes that go in and out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

FORMAT = 1
FILE_NAME = "manifest.json"
OPSETS = range(11, 24)
"""ONNX operator sets that the installed engines are known to run."""
IUV_PRESET = "iuv"
"""What stands for the preset in the bundle of an IUV net."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class EngineEntry:
    """One engine, as a manifest describes it."""

    file: str
    """Its name inside the folder."""
    sha256: str
    bytes: int
    """Size of the file."""
    inputs: Shapes
    outputs: Shapes
    gflop: float
    """Operations of one run, a multiply-add counted as two."""
    parameters: int

    @classmethod
    def from_json(cls, name: str, entry: Mapping[str, Any]) -> EngineEntry:
        """Read one entry.

        :raises ValueError, KeyError, TypeError, AttributeError: it is not one.
        """
        file = str(entry["file"])
        if PurePath(file).name != file:
            raise ValueError(f"the engine {name!r} lies outside of the folder")
        return cls(
            file=file,
            sha256=str(entry["sha256"]).lower(),
            bytes=int(entry["bytes"]),
            inputs=_shapes(entry["inputs"]),
            outputs=_shapes(entry["outputs"]),
            gflop=float(entry["gflop"]),
            parameters=int(entry["parameters"]),
        )


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself."""

    preset: str
    window: int | None
    """Side of the square window that the generator sees, in pixels; None for an IUV net."""
    size: int
    """Side of the surface, in pixels."""
    prior: bool | None
    """Whether the generator takes the geometric prior; None for an IUV net."""
    opset: int
    licence: str
    """Of the weights."""
    provenance: Mapping[str, Any]
    """Where the weights come from: data, steps, time, machine; anything that JSON holds."""
    parameters: int
    """Trained numbers of the whole network, whatever the engines have folded."""
    engines: Mapping[str, EngineEntry]
    """In the order in which they run."""
    single_file: EngineEntry | None = None
    """The generator per frame with the seam inside, for other people's tools."""
    format: int = field(default=FORMAT, kw_only=True)

    @property
    def files(self) -> list[EngineEntry]:
        """Every file of the bundle."""
        single = [] if self.single_file is None else [self.single_file]
        return [*self.engines.values(), *single]

    def to_json(self) -> dict[str, Any]:
        """Plain values; ``from_json`` reads them."""
        told = asdict(self)
        for name in ("window", "prior", "single_file"):
            if told[name] is None:
                del told[name]
        return {"format": told.pop("format"), **told}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Manifest:
        """Read a manifest of this format.

        :raises ValueError, KeyError, TypeError, AttributeError: something is missing or is not
            what it should be.
        """
        single = told.get("single_file")
        preset = str(told["preset"])
        of_generator = preset != IUV_PRESET  # an IUV net's may say of a window, which means nothing
        return cls(
            preset=preset,
            window=int(told["window"]) if of_generator else None,
            size=int(told["size"]),
            prior=bool(told["prior"]) if of_generator else None,
            opset=int(told["opset"]),
            licence=str(told["licence"]),
            provenance=dict(told["provenance"]),
            parameters=int(told["parameters"]),
            engines={n: EngineEntry.from_json(n, e) for n, e in told["engines"].items()},
            single_file=None if single is None else EngineEntry.from_json("single_file", single),
        )


def describe_file(
    file: str, content: bytes, inputs: Shapes, outputs: Shapes, *, gflop: float, parameters: int
) -> EngineEntry:
    """The entry of an engine's file.

    :param inputs: and ``outputs``: shapes by name, in the order of the graph.
    """
    digest = hashlib.sha256(content).hexdigest()
    return EngineEntry(file, digest, len(content), inputs, outputs, gflop, parameters)


def is_described(content: bytes, entry: EngineEntry) -> bool:
    """Whether a file's content is what its entry says."""
    return hashlib.sha256(content).hexdigest() == entry.sha256


def _shapes(entry: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(int(n) for n in shape) for name, shape in entry.items()}
