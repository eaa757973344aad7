"""Training of the generator by a recipe: what is checked before, and who takes part."""

from __future__ import annotations

from collections.abc import Callable

import torch

from bunraku.errors import OutOfMemoryError
from bunraku.training.ranks import Ranks, joined
from bunraku.training.run_options import RunOptions
from bunraku.training.stop import StopAsked, stop_at_signals
from bunraku.training.trainer import Sitting, Training


def run(options: RunOptions, log: Callable[[str], None]) -> Sitting:
    """Train, or go on training, until the recipe's or the sitting's end.

    Returns:
        What came of it, with the checkpoint's path, ``out/checkpoint.pt``. Interrupt it at any
        moment: it finishes its step and saves. Killed, at most five minutes are lost, and it goes
        on exactly.

    Raises:
        InputError: a preset or a phase that does not fit the data or the checkpoint; no data.
        OutputError: the checkpoint cannot be written at the end.
        EngineError: the training diverges, or a process of it was lost.
        OutOfMemoryError: a batch is too large for the GPU.
    """
    try:
        with joined(options.device) as ranks, stop_at_signals() as asked:
            return _train(options, ranks, asked, log)
    except torch.OutOfMemoryError as error:
        raise OutOfMemoryError(
            "The GPU has too little memory for a step.",
            "Take a smaller --batch: the run goes on from its checkpoint.",
        ) from error


def _train(
    options: RunOptions, ranks: Ranks, asked: StopAsked, log: Callable[[str], None]
) -> Sitting:
    # By itself, so that nothing of it outlives the processes' group, which its threads belong to.
    training = Training(options, ranks, log)
    sitting = training.run(asked)
    asked.tell()
    if ranks.first:
        log(f"checkpoint: {sitting.checkpoint}")
    return sitting
