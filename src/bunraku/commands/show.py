"""Output that several commands share: JSON, sizes, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bunraku.errors import OutputError

if TYPE_CHECKING:
    from rich.progress import Progress


STDOUT = "-"
"""In place of a file's name: standard output."""


def print_json(value: Any) -> None:
    """Print a value as JSON to stdout, untouched by terminal width and colours.

    :raises OutputError: it cannot be written there.
    """
    plain = sys.stdout.encoding.lower() not in ("utf-8", "utf8")
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=plain) + "\n")
    sys.stdout.flush()


def write_json(path: Path, value: Any) -> None:
    """Write a value as JSON to a file; "-" is stdout.

    :raises OutputError: it cannot be written.
    """
    if str(path) == STDOUT:
        print_json(value)
        return
    try:
        path.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise OutputError.of(path, error) from error


def mebibytes(size: float) -> str:
    """Give a size in bytes as text."""
    return f"{size / 2**20:.1f} MiB"


@contextmanager
def progress_bar(unit: str | None = None) -> Iterator[Progress]:
    """Show a bar with the time left, and with ``unit`` the count and rate as well.

    It goes to stderr, leaves nothing there, and is only shown on a terminal.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f} {unit}/s")

    how_far = (MofNCompleteColumn(), Rate()) if unit else (TaskProgressColumn(),)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        *how_far,
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    console = Console(stderr=True)
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        yield progress
