"""``bunraku bench report``: Markdown and plots of what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bunraku.errors import InputError


def report(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Reports, as --json writes them.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of report.md and the plots.")],
) -> None:
    """Write report.md, whose tables fit into docs/results.md, and plots of the reports as PNG."""
    from bunraku.runtime.bench.report import write_report
    from bunraku.runtime.bench.schema import read_report

    names = [path.stem for path in files]
    if len(set(names)) < len(names):
        raise InputError("Two reports have one name, and so would their plots.", "Rename one.")
    reports = [(path.name, read_report(path)) for path in files]
    for path in write_report(reports, out):
        typer.echo(path)
