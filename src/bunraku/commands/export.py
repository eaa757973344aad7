"""``bunraku export``: a checkpoint becomes a bundle of ONNX engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from bunraku.commands.extras import need
from bunraku.errors import InputError


def export(
    checkpoint: Annotated[
        Path, typer.Argument(metavar="CHECKPOINT", help="checkpoint.pt of `bunraku train`.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of the bundle.")],
    single_file: Annotated[
        bool,
        typer.Option("--single-file", help="Also one ONNX file with the seam inside."),
    ] = False,
    full_weights: Annotated[
        bool, typer.Option("--full-weights", help="Store weights as float32, not as float16.")
    ] = False,
    half: Annotated[
        bool,
        typer.Option("--half", help="Write graphs that compute in float16, for engines on a GPU."),
    ] = False,
    provenance: Annotated[
        Path | None,
        typer.Option(help="JSON file whose entries are added to the manifest's provenance."),
    ] = None,
) -> None:
    """Write a checkpoint of the generator or the IUV net as a bundle, compared with torch."""
    need("train", "torch", "onnxscript")
    from bunraku.export.exporter import ExportOptions, export_checkpoint
    from bunraku.stream.core.output_path import check_replaced

    check_replaced(
        out, [(checkpoint, "checkpoint"), *([(provenance, "provenance")] if provenance else [])]
    )

    export_checkpoint(
        checkpoint,
        out,
        ExportOptions(half_weights=not full_weights, single_file=single_file, half=half),
        provenance=None if provenance is None else _read_provenance(provenance),
        say=typer.echo,
    )


def _read_provenance(path: Path) -> dict[str, Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise InputError(f"{path} cannot be read as JSON: {exc}.") from exc
    if not isinstance(entries, dict):
        raise InputError(f"{path} holds no JSON object.", 'Write it as {"key": "value"}.')
    return entries
