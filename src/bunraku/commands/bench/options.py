"""What the subcommands have in common: their options, and where their reports go."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from bunraku.commands.options import clip_path, photo_path
from bunraku.commands.show import STDOUT, write_json
from bunraku.stream.core.output_path import check_apart, check_file

BundleOption: TypeAlias = Annotated[
    str,
    typer.Option("--bundle", "--preset", help="Networks: one that ships, or a folder."),
]
PhotoOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        parser=photo_path,
        metavar="PATH",
        help="Photo to measure with, instead of the bundled one.",
    ),
]
ClipOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        parser=clip_path, metavar="PATH", help="Clip to measure with, instead of the bundled one."
    ),
]
JsonOption: TypeAlias = Annotated[
    Path | None, typer.Option("--json", help="File to write; - for stdout, as without it.")
]


def check_json(json_file: Path | None, photo: Path | None = None, clip: Path | None = None) -> None:
    """Whether the report can be written, before minutes of measuring.

    :raises OutputError: it cannot. :raises InputError: it is one of the files that are read.
    """
    if json_file is not None and str(json_file) != STDOUT:
        check_file(json_file)
        given = ((photo, "photo"), (clip, "clip"))
        check_apart(json_file, [(path, what) for path, what in given if path is not None])


def write_report(json_file: Path | None, report: dict[str, Any]) -> bool:
    """Write it; whether that was to a file, so that stdout is free for people.

    :raises OutputError: it cannot be written.
    """
    write_json(json_file or Path(STDOUT), report)
    return json_file is not None and str(json_file) != STDOUT


def tell(text: str) -> None:
    """Say what is being measured, where no report goes."""
    typer.echo(text, err=True)
