"""Output that several commands share: JSON, sizes, progress on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress


def print_json(value: Any) -> None:
    """Print a value as JSON to stdout, untouched by terminal width and colours."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


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
