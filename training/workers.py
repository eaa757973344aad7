"""Work given to several processes, of one thread each, with a bar that shows how far it is.

Many processes of one thread get more done than one process of many threads.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process, resource_tracker
from typing import Any, TypeVar

from bunraku.errors import BunrakuError
from bunraku.runtime.child_signals import deaf_children, hear_again

T = TypeVar("T")

_ONE_THREAD = dict.fromkeys(
    ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


def nothing() -> None:
    """What a process begins with that needs nothing."""


def in_processes(
    function: Callable[..., T],
    jobs: Sequence[tuple[Any, ...]],
    workers: int,
    start: Callable[..., None] = nothing,
    told: tuple[Any, ...] = (),
) -> Iterator[T]:
    """Run a function on all jobs and yield what it gives, as it comes.

    Where one job fails, or nobody wants the results any more, those that have not begun are given
    up. The processes end with this one, also if it is killed.

    Args:
        function: of a module; given a job's arguments.
        jobs: the arguments.
        workers: how many processes, at most.
        start: of a module, called first in each process. It must not raise: an exception there
            would only be seen as a process that died.
        told: what ``start`` is given.

    Raises:
        BunrakuError: a process died, and what the function raised.
    """
    if not jobs:
        return
    with _environment(_ONE_THREAD):
        # Spawned, not forked: OpenGL contexts and BLAS threads do not survive a fork.
        pool = ProcessPoolExecutor(
            min(workers, len(jobs)), get_context("spawn"), _start, (start, told)
        )
        try:
            with deaf_workers():  # each begins when a job is given
                submitted = [pool.submit(function, *job) for job in jobs]
            for job in as_completed(submitted):
                yield job.result()
        except BrokenProcessPool as exc:
            raise BunrakuError(
                "A worker process died.",
                "What was finished is kept; run it again to go on, with --workers 1 if memory is "
                "short.",
            ) from exc
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def deaf_workers() -> Iterator[None]:
    """As ``deaf_children``, for processes of Python's multiprocessing, of whose own the first one
    to begin would hear signals again for all.
    """
    resource_tracker.ensure_running()
    with deaf_children():
        yield


@contextmanager
def progress_bar(
    what: str, total: int, unit: str, *, shown: bool = True
) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal's standard error while the body runs; elsewhere none.

    Args:
        what: is counted.
        total: how many there are.
        unit: of what each of them has several, for the rate.

    Returns:
        To be called when one is done, with how many units it had.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(what), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} " + unit + "/s"), TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task(what, total=total, rate=0.0)
        started, done = time.monotonic(), 0

        def advance(units: int) -> None:
            nonlocal done
            done += units
            bar.update(task, advance=1, rate=done / max(time.monotonic() - started, 1e-9))

        yield advance


def _start(start: Callable[..., None], told: tuple[Any, ...]) -> None:
    hear_again()
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    start(*told)


def _leave_with_parent() -> None:
    """A process that waits for work does not see that nobody is left to give it."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Environment variables for the child processes started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
