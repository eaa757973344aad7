"""The driver: many people, several processes, resumable."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from bunraku.errors import BunrakuError, InputError
from bunraku.runtime.cache import cache_folder
from bunraku.training.folders import make_folder
from bunraku.training.people.body import load_body
from bunraku.training.people.records import (
    IUV_SIZE,
    check_record,
    check_side,
    read_header,
    record_path,
    write_record,
)
from bunraku.training.people.studio import Studio
from bunraku.training.workers import in_processes, progress_bar


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
    surface: int = IUV_SIZE,
) -> SynthReport:
    """Make ``people`` synthetic people with ``frames`` pictures each, one record file a person.

    People that ``out`` already holds are kept, so a run that was cut off goes on where it stopped.
    The same seed gives the same people, however many workers make them. ``surface`` is the side of
    their IUV maps, one of ``records.IUV_SIZES``; they are the same people whichever it is.

    Raises InputError for bad arguments, missing assets, or a folder that holds people of another
    seed, length or surface; OutputError when ``out`` cannot be written; BunrakuError without EGL.
    """
    for name, value in (("people", people), ("frames", frames), ("workers", workers)):
        if value < 1:
            raise InputError(f"The number of {name} must be at least 1, not {value}.")
    if seed < 0:
        raise InputError(f"The seed must not be negative, but is {seed}.")
    check_side(surface)
    if not assets.is_dir():
        raise InputError(
            f"The assets folder {assets} does not exist.", "docs/train.md says what is in one."
        )
    make_folder(out)
    todo = [index for index in range(people) if not _exists(out, index, seed, frames, surface)]
    started = time.monotonic()
    cache = cache_folder()
    if todo:
        load_body(cache)  # built here once, else every worker would start to build it
        jobs = [(out, seed, index, frames) for index in todo]
        made_by = in_processes(
            _make, jobs, workers, _start_worker, (assets, cache, backgrounds, surface)
        )
        with progress_bar("people", len(todo), "samples", shown=progress) as advance:
            for _ in made_by:
                advance(frames)
    seconds = time.monotonic() - started
    made = len(todo) * frames
    return SynthReport(len(todo), made, seconds, made / max(seconds, 1e-9), people - len(todo))


def _exists(out: Path, index: int, seed: int, frames: int, surface: int) -> bool:
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
    found_surface = check_record(path)
    if found_surface != surface:
        raise InputError(
            f"{out} holds people with surfaces of {found_surface} pixels.",
            f"Choose an empty folder, or --surface {found_surface} to go on.",
        )
    return True


_studio: Studio | BunrakuError | None = None


def _start_worker(assets: Path, cache: Path, backgrounds: Path | None, surface: int) -> None:
    global _studio
    try:
        _studio = Studio(assets, cache, backgrounds, surface)
    except BunrakuError as exc:
        # An exception here would only be seen as a broken pool; the first job raises it instead.
        _studio = exc


def _make(out: Path, seed: int, index: int, frames: int) -> int:
    if not isinstance(_studio, Studio):
        raise _studio or BunrakuError("The worker was not started.")
    write_record(out, _studio.photograph(seed, index, frames))
    return index
