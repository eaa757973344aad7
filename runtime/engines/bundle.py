"""A bundle: a folder with a manifest and the engines it names, checked before anything runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bunraku.errors import BundleError
from bunraku.spec.manifest import (
    FILE_NAME,
    FORMAT,
    OPSETS,
    EngineEntry,
    Manifest,
    is_described,
)
from bunraku.spec.tensors import GENERATOR_ENGINES, Layout

EXPORT_AGAIN = "Export the bundle again with `bunraku export`."
REINSTALL = "Copy the bundle again; if it came with Bunraku, reinstall the package."


@dataclass(frozen=True)
class Bundle:
    """A folder of engines that belong together."""

    folder: Path
    manifest: Manifest

    @classmethod
    def load(cls, bundle: str | Path) -> Bundle:
        """Read a bundle and check every file that it names.

        :param bundle: the name of a bundle that ships with Bunraku ("live", "iuv"), or a folder.
        :raises BundleError: not found, incomplete, damaged, or made for another version.
        """
        folder = find(bundle)
        result = cls(folder, _parse(folder, _read(folder)))
        for entry in result.manifest.files:
            _check_file(folder, entry)
        return result

    @property
    def layout(self) -> Layout:
        """What a generator's engines agree on.

        :raises BundleError: it is an IUV net's bundle.
        """
        manifest = self.manifest
        if manifest.window is None or manifest.prior is None:
            raise BundleError(
                f"The bundle {self.folder} holds an IUV net, not a generator.",
                "Give the folder of a generator's bundle.",
            )
        return Layout(manifest.window, manifest.size, manifest.prior)

    def path(self, name: str) -> Path:
        """The file of an engine.

        :raises BundleError: the bundle has none of that name.
        """
        entry = self.manifest.engines.get(name)
        if entry is None:
            held = ", ".join(self.manifest.engines) or "none"
            kind = GENERATOR_ENGINES if name in GENERATOR_ENGINES else (name,)
            of_kind = any(other in self.manifest.engines for other in kind)
            raise BundleError(
                f"The bundle {self.folder} has no engine {str(name)!r}, only: {held}.",
                EXPORT_AGAIN if of_kind else "Name a bundle that has it.",
            )
        return self.folder / entry.file


def weights_folder() -> Path:
    """Where the bundles that ship with Bunraku lie."""
    return Path(__file__).parent.parent / "weights"


def shipped() -> list[str]:
    """The names of the bundles that ship with Bunraku."""
    return sorted(path.parent.name for path in weights_folder().glob(f"*/{FILE_NAME}"))


def is_bundle(path: Path) -> bool:
    """Whether a path is a bundle's folder, or, where nothing has it, the name of one that ships."""
    return (path / FILE_NAME).is_file() or (not path.exists() and str(path) in shipped())


def find(bundle: str | Path) -> Path:
    """The folder of a bundle, by the name of a shipped one or by path.

    :raises BundleError: there is no such folder, or it holds no manifest.
    """
    named = weights_folder() / str(bundle)
    if isinstance(bundle, str) and Path(bundle).name == bundle and (named / FILE_NAME).is_file():
        return named
    folder = Path(bundle)
    if not folder.is_dir():
        names = ", ".join(shipped()) or "none"
        raise BundleError(
            f"There is no bundle {str(bundle)!r}.",
            f"Give the folder of a bundle, or the name of one that ships: {names}.",
        )
    if not (folder / FILE_NAME).is_file():
        raise BundleError(
            f"{folder} is not a bundle: it holds no {FILE_NAME}.",
            "Give the folder that `bunraku export` wrote.",
        )
    return folder


def _read(folder: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"{folder / FILE_NAME} cannot be read: {error}.", REINSTALL) from error
    if not isinstance(manifest, dict):
        raise BundleError(f"{folder / FILE_NAME} is not a manifest.", EXPORT_AGAIN)
    return manifest


def _parse(folder: Path, told: dict[str, Any]) -> Manifest:
    if told.get("format") != FORMAT:
        raise BundleError(
            f"{folder} is a bundle of format {told.get('format')!r}; "
            f"this Bunraku reads format {FORMAT}.",
            EXPORT_AGAIN,
        )
    try:
        manifest = Manifest.from_json(told)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleError(
            f"{folder / FILE_NAME} is incomplete or damaged ({type(error).__name__}: {error}).",
            EXPORT_AGAIN,
        ) from error
    if manifest.opset not in OPSETS:
        raise BundleError(
            f"{folder} is written in ONNX opset {manifest.opset}; this Bunraku runs "
            f"{OPSETS.start} to {OPSETS.stop - 1}.",
            f"{EXPORT_AGAIN} Or update Bunraku.",
        )
    return manifest


def _check_file(folder: Path, entry: EngineEntry) -> None:
    path = folder / entry.file
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BundleError(
            f"The bundle {folder} is incomplete: {entry.file} is missing.", REINSTALL
        ) from error
    if size != entry.bytes:
        raise BundleError(f"{path} has {size} bytes, its manifest says {entry.bytes}.", REINSTALL)
    if not is_described(path.read_bytes(), entry):
        raise BundleError(f"{path} is damaged: its SHA-256 is not the manifest's.", REINSTALL)
