"""The loop that trainings share: step by step, saved so that little is lost however it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from bunraku.networks.checkpoint import Progress
from bunraku.training.full_disk import FullDisk

SAVE_S = 300.0
"""Time between two checkpoints: at most so much is lost."""

Batch = TypeVar("Batch", contravariant=True)


class Work(Protocol[Batch]):
    """What learns."""

    progress: Progress

    def step(self, number: int, batch: Batch) -> None:
        """Learn from one batch, and count it."""

    def save(self) -> None:
        """Write the checkpoint. Raises OutputError; the old one is whole then."""

    def close(self) -> None:
        """End the journal."""


def go_through(
    work: Work[Batch],
    steps: Iterable[tuple[int, Batch]],
    over: Callable[[float], bool],
    log: Callable[[str], None],
) -> None:
    """Make all steps, or stop between two.

    Args:
        work: learns; its ``progress.seconds`` is kept up to date.
        steps: numbers and batches.
        over: says after each step whether to stop, told the seconds since the first.
        log: takes lines for people.

    Raises:
        OutputError: the last checkpoint cannot be written.
    """
    disk = FullDisk(log)
    start = saved_at = time.monotonic()
    before, whole = work.progress.seconds, True
    try:
        for number, batch in steps:
            whole = False
            work.step(number, batch)
            whole = True
            now = time.monotonic()
            work.progress.seconds = before + now - start
            if over(now - start):
                break
            if now - saved_at >= SAVE_S:
                saved_at = now
                with disk.survived("checkpoint"):  # it may have space again before the end
                    work.save()
    finally:
        work.close()
        # Between two steps everything belongs together; what broke inside one is not kept.
        if whole:
            work.save()
