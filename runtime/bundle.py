"""A bundle: a folder with a manifest and the engines it names, checked before anything runs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bunraku.errors import BundleError

FORMAT = 1
MANIFEST = "manifest.json"
OPSETS = range(11, 24)
"""ONNX operator sets that the installed engines are known to run."""
EXPORT_AGAIN = "Export the bundle again with `bunraku export`."
REINSTALL = "Copy the bundle again; if it came with Bunraku, reinstall the package."


@dataclass(frozen=True)
class EngineSpec:
    """One engine of a bundle, as its manifest describes it."""

    name: str
    path: Path
    sha256: str
    bytes: int
    """Size of the file."""
    inputs: Mapping[str, tuple[int, ...]]
    outputs: Mapping[str, tuple[int, ...]]
    gflop: float
    """Operations of one run, a multiply-add counted as two."""
    parameters: int


@dataclass(frozen=True)
class Bundle:
    """A folder of engines that belong together."""

    folder: Path
    preset: str
    window: int
    """Side of the square window that the networks see, in pixels."""
    size: int
    """Side of the IUV map, in pixels."""
    prior: bool
    """Whether the engines take the geometric prior."""
    opset: int
    licence: str
    parameters: int
    provenance: Mapping[str, Any]
    """Where the weights come from, as the exporter wrote it."""
    engines: Mapping[str, EngineSpec]

    @classmethod
    def load(cls, bundle: str | Path, *, verify: bool = True) -> Bundle:
        """Read a bundle and check every file that it names.

        :param bundle: the name of a bundle that ships with Bunraku ("live", "iuv"), or a folder.
        :param verify: also compare each engine's SHA-256 with the manifest's.
        :raises BundleError: not found, incomplete, damaged, or made for another version.
        """
        folder = find(bundle)
        result = _parse(folder, _read(folder))
        for spec in result.engines.values():
            _check_file(folder, spec, verify)
        return result

    def engine(self, name: str) -> EngineSpec:
        """The engine of that name.

        :raises BundleError: the bundle has none.
        """
        if name not in self.engines:
            held = ", ".join(self.engines) or "none"
            raise BundleError(
                f"The bundle {self.folder} has no engine {name!r}, only: {held}.", EXPORT_AGAIN
            )
        return self.engines[name]


def weights_folder() -> Path:
    """Where the bundles that ship with Bunraku lie."""
    return Path(__file__).parent / "weights"


def shipped() -> list[str]:
    """The names of the bundles that ship with Bunraku."""
    return sorted(path.parent.name for path in weights_folder().glob(f"*/{MANIFEST}"))


def find(bundle: str | Path) -> Path:
    """The folder of a bundle, by the name of a shipped one or by path.

    :raises BundleError: there is no such folder, or it holds no manifest.
    """
    named = weights_folder() / str(bundle)
    if isinstance(bundle, str) and Path(bundle).name == bundle and (named / MANIFEST).is_file():
        return named
    folder = Path(bundle)
    if not folder.is_dir():
        names = ", ".join(shipped()) or "none"
        raise BundleError(
            f"There is no bundle {str(bundle)!r}.",
            f"Give the folder of a bundle, or the name of one that ships: {names}.",
        )
    if not (folder / MANIFEST).is_file():
        raise BundleError(
            f"{folder} is not a bundle: it holds no {MANIFEST}.",
            "Give the folder that `bunraku export` wrote.",
        )
    return folder


def _read(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder / MANIFEST} cannot be read: {error}.", REINSTALL) from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{folder / MANIFEST} is not a manifest.", EXPORT_AGAIN)
    return manifest


def _parse(folder: Path, manifest: dict[str, Any]) -> Bundle:
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"{folder} is a bundle of format {manifest.get('format')!r}; "
            f"this Bunraku reads format {FORMAT}.",
            EXPORT_AGAIN,
        )
    try:
        result = Bundle(
            folder=folder,
            preset=str(manifest["preset"]),
            window=int(manifest["window"]),
            size=int(manifest["size"]),
            prior=bool(manifest["prior"]),
            opset=int(manifest["opset"]),
            licence=str(manifest["licence"]),
            parameters=int(manifest["parameters"]),
            provenance=dict(manifest["provenance"]),
            engines={n: _parse_engine(folder, n, e) for n, e in manifest["engines"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            f"{folder / MANIFEST} is incomplete or damaged ({type(error).__name__}: {error}).",
            EXPORT_AGAIN,
        ) from error
    if result.opset not in OPSETS:
        raise BundleError(
            f"{folder} is written in ONNX opset {result.opset}; this Bunraku runs "
            f"{OPSETS.start} to {OPSETS.stop - 1}.",
            f"{EXPORT_AGAIN} Or update Bunraku.",
        )
    return result


def _parse_engine(folder: Path, name: str, entry: dict[str, Any]) -> EngineSpec:
    file = str(entry["file"])
    if Path(file).name != file:
        raise ValueError(f"the engine {name!r} lies outside of the folder")
    return EngineSpec(
        name=name,
        path=folder / file,
        sha256=str(entry["sha256"]).lower(),
        bytes=int(entry["bytes"]),
        inputs={k: tuple(int(n) for n in shape) for k, shape in entry["inputs"].items()},
        outputs={k: tuple(int(n) for n in shape) for k, shape in entry["outputs"].items()},
        gflop=float(entry["gflop"]),
        parameters=int(entry["parameters"]),
    )


def _check_file(folder: Path, spec: EngineSpec, verify: bool) -> None:
    try:
        size = spec.path.stat().st_size
    except OSError as error:
        raise BundleError(
            f"The bundle {folder} is incomplete: {spec.path.name} is missing.", REINSTALL
        ) from error
    if size != spec.bytes:
        raise BundleError(
            f"{spec.path} has {size} bytes, its manifest says {spec.bytes}.", REINSTALL
        )
    if verify and hashlib.sha256(spec.path.read_bytes()).hexdigest() != spec.sha256:
        raise BundleError(f"{spec.path} is damaged: its SHA-256 is not the manifest's.", REINSTALL)
