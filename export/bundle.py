"""A bundle on disk: engines, manifest and parity report, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from bunraku.errors import OutputError
from bunraku.export.batch import for_one_frame
from bunraku.export.count import gigaflop, parameter_count, tensor_shapes
from bunraku.export.onnx_engines import OPSET
from bunraku.export.parity import Parity
from bunraku.spec.manifest import FILE_NAME, EngineEntry, Manifest, describe_file
from bunraku.spec.tensors import Layout

PARITY = "parity.json"
LICENCE = "Apache-2.0"

Files = dict[str, bytes]


@dataclass(frozen=True)
class BundleFacts:
    """What a manifest says beside its engines."""

    preset: str
    size: int
    """Side of the surface, in pixels."""
    layout: Layout | None
    """What a generator's engines agree on; None for an IUV net."""
    parameters: int
    """Trained numbers of the whole network, whatever the engines have folded."""
    provenance: Mapping[str, Any]
    """Where the weights come from: data, steps, time, machine; anything that JSON holds."""
    licence: str = LICENCE
    """Of the weights."""


def bundle_files(
    facts: BundleFacts,
    engines: Mapping[str, onnx.ModelProto],
    parity: Mapping[str, Parity],
    single_file: onnx.ModelProto | None = None,
) -> Files:
    """Everything that goes into the folder, by file name.

    :param parity: reports by the precision of the weights, "float32" and "float16".
    :param single_file: the generator's frame with the seam inside.
    """
    files: Files = {}
    manifest = Manifest(
        preset=facts.preset,
        window=None if facts.layout is None else facts.layout.window,
        size=facts.size,
        prior=None if facts.layout is None else facts.layout.prior,
        opset=OPSET,
        licence=facts.licence,
        provenance=dict(facts.provenance),
        parameters=facts.parameters,
        engines={name: _entry(files, name, model) for name, model in engines.items()},
        single_file=None
        if single_file is None
        else _entry(files, single_file.graph.name, single_file),
    )
    files[PARITY] = _json({name: asdict(report) for name, report in parity.items()})
    files[FILE_NAME] = _json(manifest.to_json())
    return files


def write_bundle(files: Files, folder: Path) -> None:
    """Put the files into the folder in one step; a bundle that is there already is replaced.

    :raises OutputError: the folder cannot be written, or holds something else than a bundle.
    """
    check_place(folder)
    part: Path | None = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        for name, content in files.items():
            (part / name).write_bytes(content)
        part.chmod(0o777 & ~_umask())
        _swap(part, folder)
    except OSError as error:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        raise _unwritable(folder, error) from error


def check_place(folder: Path) -> None:
    """See that a bundle can be written there, and that nothing else is replaced.

    It is tried, not asked: permissions do not tell of read-only disks. Nothing stays behind.

    :raises OutputError: the folder cannot be made, or holds something else.
    """
    try:
        if folder.exists() and not _replaceable(folder):
            raise OutputError(
                f"{folder} exists and is not a bundle.", "Name a new folder, or remove this one."
            )
        nearest = next(around for around in folder.absolute().parents if around.exists())
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=nearest):
            pass
    except OSError as error:
        raise _unwritable(folder, error) from error


def _entry(files: Files, name: str, model: onnx.ModelProto) -> EngineEntry:
    content = model.SerializeToString(deterministic=True)
    file = f"{name}.onnx"
    files[file] = content
    told = for_one_frame(model)
    shapes = tensor_shapes(told)
    return describe_file(
        file,
        content,
        {value.name: shapes[value.name] for value in told.graph.input},
        {value.name: shapes[value.name] for value in told.graph.output},
        gflop=round(gigaflop(told), 6),
        parameters=parameter_count(told),
    )


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


def _unwritable(folder: Path, error: OSError) -> OutputError:
    return OutputError(
        f"The bundle {folder} cannot be written: {error.strerror or error}.",
        "Name a folder on a disk with enough space that you may write to.",
    )


def _replaceable(folder: Path) -> bool:
    return folder.is_dir() and ((folder / FILE_NAME).is_file() or not any(folder.iterdir()))


def _swap(part: Path, folder: Path) -> None:
    if not folder.exists():
        part.rename(folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent))
    folder.rename(old / "bundle")
    try:
        part.rename(folder)
    except OSError:
        (old / "bundle").rename(folder)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _umask() -> int:
    # mkdtemp makes folders for their owner alone; a bundle gets what the user's other files get.
    mask = os.umask(0)
    os.umask(mask)
    return mask
