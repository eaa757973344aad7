"""A sitting on a machine that is lent for minutes: all that it must do, and what it leaves.

OUT/train.json      what ran, and how fast
OUT/losses.png      the run's losses; their numbers are in losses.jsonl
OUT/weights/        the averaged weights, in pieces (``networks.pieces``)
OUT/state/          the whole checkpoint in pieces, where it is larger than one: to go on from
OUT/run/            checkpoint.pt, losses.jsonl, samples
OUT/people/         people that were rendered on the spot
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bunraku.errors import OutputError
from bunraku.networks.checkpoint import read_checkpoint, save_checkpoint
from bunraku.networks.pieces import PIECE_BYTES, is_split, join, split
from bunraku.networks.presets import OPTIONS
from bunraku.spec.cores import cores
from bunraku.training.busy import BusyMeter
from bunraku.training.folders import make_folder
from bunraku.training.loss_plot import plot_losses
from bunraku.training.mixture import DataShare
from bunraku.training.sitting_options import SittingOptions, run_options
from bunraku.training.sitting_report import facts, lines_of, speed, write_json
from bunraku.training.train_generator import run as train

RENDERING = 0.4
"""Of the minutes, what rendering people may take at most."""
ENDING_S = 20.0
"""Of the minutes, what writing takes."""
PORTION = 16
"""People that a process renders before the time is looked at: it takes seconds to start one."""
FRAMES = 12
"""Pictures of a person that is rendered on the spot."""


def sit(options: SittingOptions, log: Callable[[str], None]) -> dict[str, Any]:
    """Render where asked to, train for what is left of the minutes, and write what came of it.

    Interrupted, it writes the weights, without a report.

    Returns:
        What ``train.json`` holds.

    Raises:
        InputError: the data, the checkpoint or the pieces cannot be used.
        OutputError: the folder cannot be written to; the pieces of an earlier sitting stay.
        EngineError: the training diverges, or a worker was killed.
        OutOfMemoryError: a batch is too large for the GPU.
    """
    start_s = time.monotonic()
    make_folder(options.out)
    run = options.out / "run"
    _take_up(run / "checkpoint.pt", options.out / "state", log)
    rendered_s, data = 0.0, options.data
    if not data:
        data = (DataShare(_render(options, log)),)
        rendered_s = time.monotonic() - start_s
    left_s = options.minutes * 60.0 - rendered_s - ENDING_S
    wanted = run_options(options, run, data, max(left_s, 1.0))
    with BusyMeter(torch.device(options.device).index or 0) as meter:
        try:
            sitting = train(wanted, log)
        except KeyboardInterrupt:
            _written(run / "checkpoint.pt", options.out)
            raise
    told = {
        **facts(options, wanted),
        **speed(sitting, meter.share),
        "rendering_s": round(rendered_s, 1),
        **_written(sitting.checkpoint, options.out),
    }
    if plot_losses(run / "losses.jsonl", options.out / "losses.png"):
        told["plot"] = "losses.png"
    told["total_s"] = round(time.monotonic() - start_s, 1)
    write_json(options.out / "train.json", told)
    for line in lines_of(told):
        log(line)
    return told


def _take_up(checkpoint: Path, pieces: Path, log: Callable[[str], None]) -> None:
    """Where only the pieces of an earlier sitting came along, put them together."""
    if checkpoint.exists() or not is_split(pieces):
        return
    content = join(pieces)
    make_folder(checkpoint.parent)
    try:
        part = checkpoint.with_suffix(".part")
        part.write_bytes(content)
        part.replace(checkpoint)
    except OSError as error:
        raise OutputError.of(checkpoint, error) from error
    log(f"going on from the pieces in {pieces}")


def _render(options: SittingOptions, log: Callable[[str], None]) -> Path:
    """People made here; as many as there is time for."""
    from bunraku.training.people.records import list_records
    from bunraku.training.people.synth import synthesize

    assert options.assets is not None
    folder = options.out / "people"
    until_s = time.monotonic() + options.minutes * 60.0 * RENDERING
    workers = options.workers or cores()
    surface = OPTIONS[options.preset].size
    done = 0
    while done < options.people and (not done or time.monotonic() < until_s):
        # In portions: what is made is kept, and the time is looked at in between.
        done = min(done + PORTION * workers, options.people)
        synthesize(
            *(folder, options.assets, done, FRAMES, workers, options.seed),
            progress=False,
            surface=surface,
        )
    if options.iuv is not None:
        from bunraku.training.observe import observe

        observe(folder, workers)
    log(f"{len(list_records(folder))} people rendered in {folder}")
    return folder


def _written(checkpoint: Path, out: Path) -> dict[str, Any]:
    """The averaged weights in pieces; the whole checkpoint too, if it is larger than one."""
    held = read_checkpoint(checkpoint)
    with tempfile.TemporaryDirectory(dir=out, prefix=".weights-") as folder:
        alone = Path(folder) / "weights.pt"
        save_checkpoint(alone, held.network, held.progress)
        pieces = split(alone, out / "weights")
    told: dict[str, Any] = {
        "all_steps": held.progress.steps,
        "all_samples": held.progress.samples,
        "weights": [path.relative_to(out).as_posix() for path in pieces],
    }
    if checkpoint.stat().st_size > PIECE_BYTES:
        state = split(checkpoint, out / "state")
        told["state"] = [path.relative_to(out).as_posix() for path in state]
    return told
