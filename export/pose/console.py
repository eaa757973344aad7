"""The progress of a fetch on the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bunraku.export.pose.download import Progress as Report


@contextmanager
def show_progress(console: Console | None = None) -> Iterator[Report]:
    """A bar for each thing that is being done; nothing is drawn while there is nothing to do.

    Args:
        console: where to draw; by default stderr, so that stdout stays for results.

    Yields:
        The callback that ``ensure`` and ``fetch_networks`` take.
    """
    tasks: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bars = Progress(*columns, console=console or Console(stderr=True))

    def report(what: str, done: int, total: int) -> None:
        if not bars.live.is_started:
            bars.start()
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield report
    finally:
        if bars.live.is_started:
            bars.stop()
