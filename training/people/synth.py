"""The driver: many people, several processes, resumable."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from bunraku.errors import BunrakuError, InputError, OutputError
from bunraku.runtime.cache import cache_folder
from bunraku.training.people.body import load_body
from bunraku.training.people.records import read_header, record_path, write_record
from bunraku.training.people.studio import Studio

# Several workers of one thread each draw more people than one worker of several threads.
_ONE_THREAD = dict.fromkeys(
    ("LP_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)


@dataclass(frozen=True)
class SynthReport:
    """What a run made. ``people`` and ``frames`` count this run; ``resumed`` people were there."""

    people: int
    frames: int
    seconds: float
    samples_per_s: float
    resumed: int


def synthesize(
    out: Path,
    assets: Path,
    people: int,
    frames: int,
    workers: int,
    seed: int,
    backgrounds: Path | None = None,
    progress: bool = True,
) -> SynthReport:
    """Make ``people`` synthetic people with ``frames`` pictures each, one record file a person.

    People that ``out`` already holds are kept, so a run that was cut off goes on where it stopped.
    The same seed gives the same people, however many workers make them.

    Raises InputError for bad arguments, missing assets, or a folder that holds people of another
    seed or length; OutputError when ``out`` cannot be written; BunrakuError without EGL.
    """
    for name, value in (("people", people), ("frames", frames), ("workers", workers)):
        if value < 1:
            raise InputError(f"The number of {name} must be at least 1, not {value}.")
    if seed < 0:
        raise InputError(f"The seed must not be negative, but is {seed}.")
    if not assets.is_dir():
        raise InputError(f"The assets folder {assets} does not exist.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"The folder {out} cannot be made: {exc.strerror}.") from exc
    todo = [index for index in range(people) if not _exists(out, index, seed, frames)]
    started = time.monotonic()
    cache = cache_folder()
    if todo:
        load_body(cache)  # built here once, else every worker would start to build it
        with _environment(_ONE_THREAD):
            _run(out, assets, todo, frames, min(workers, len(todo)), seed, backgrounds, cache,
                 progress)  # fmt: skip
    seconds = time.monotonic() - started
    made = len(todo) * frames
    return SynthReport(len(todo), made, seconds, made / max(seconds, 1e-9), people - len(todo))


def _exists(out: Path, index: int, seed: int, frames: int) -> bool:
    path = record_path(out, index)
    if not path.is_file():
        return False
    found_seed, found_frames = read_header(path)
    if found_frames == 0:
        return False  # damaged: made again
    if (found_seed, found_frames) != (seed, frames):
        raise InputError(
            f"{out} holds people of seed {found_seed} with {found_frames} frames each.",
            "Choose an empty folder, or the same seed and frames to go on.",
        )
    return True


def _run(
    out: Path,
    assets: Path,
    todo: list[int],
    frames: int,
    workers: int,
    seed: int,
    backgrounds: Path | None,
    cache: Path,
    progress: bool,
) -> None:
    # Spawned, not forked: OpenGL contexts and BLAS threads do not survive a fork.
    pool = ProcessPoolExecutor(
        workers, get_context("spawn"), _start_worker, (assets, cache, backgrounds)
    )
    try:
        jobs = [pool.submit(_make, out, seed, index, frames) for index in todo]
        with _progress(len(todo), frames, progress) as advance:
            for job in as_completed(jobs):
                job.result()
                advance()
    except BrokenProcessPool as exc:
        raise BunrakuError(
            "A worker process died while drawing people.", "Try --workers 1, or free some memory."
        ) from exc
    finally:
        pool.shutdown(cancel_futures=True)


_studio: Studio | BunrakuError | None = None


def _start_worker(assets: Path, cache: Path, backgrounds: Path | None) -> None:
    global _studio
    try:
        _studio = Studio(assets, cache, backgrounds)
    except BunrakuError as exc:
        # An exception here would only be seen as a broken pool; the first job raises it instead.
        _studio = exc


def _make(out: Path, seed: int, index: int, frames: int) -> int:
    if not isinstance(_studio, Studio):
        raise _studio or BunrakuError("The worker was not started.")
    write_record(out, _studio.photograph(seed, index, frames))
    return index


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


class _Advance:
    """Moves the progress bar by one person."""

    def __call__(self) -> None:
        """Nothing to show."""


@contextmanager
def _progress(people: int, frames: int, shown: bool) -> Iterator[_Advance]:
    if not shown:
        yield _Advance()
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("people"), BarColumn(), MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} samples/s"), TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns) as bar:
        task = bar.add_task("people", total=people, rate=0.0)
        started = time.monotonic()

        class Moving(_Advance):
            def __call__(self) -> None:
                bar.advance(task)
                done = bar.tasks[0].completed * frames
                bar.update(task, rate=done / (time.monotonic() - started))

        yield Moving()
