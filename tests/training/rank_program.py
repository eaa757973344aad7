"""One process of trainings of several, run by test_ranks.py: DATA OUT ACT."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

import torch
from tests.training.toy import toy_options

from bunraku.errors import EngineError
from bunraku.training import journal, loop
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.ranks import Ranks, joined
from bunraku.training.stop import StopAsked
from bunraku.training.trainer import Training

LOST_STEP = 3
"""In the middle of which the second process is killed; from 0, the first of the second phase."""


class Dying(Training):
    """As on a machine that is switched off: in the middle of a gradient, without a word."""

    def step(self, number: int, batch: GeneratorBatch) -> None:
        if number == LOST_STEP:
            learning = next(p for p in self.generator.parameters() if p.requires_grad)
            learning.register_hook(_die)  # type: ignore[no-untyped-call]
        super().step(number, batch)


def _die(_: torch.Tensor) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(data: Path, out: Path, act: str) -> None:
    """First a whole training, and one in which a process is lost; then the latter to its end."""
    journal.LINE_STEPS = 1
    loop.SAVE_S = 0.0
    with joined("cpu") as ranks:
        if act == "first":
            _train(Training, data, out / "whole", ranks)
            _train(Training if ranks.first else Dying, data, out / "lost", ranks)
        else:
            _train(Training, data, out / "lost", ranks)


def _train(kind: type[Training], data: Path, out: Path, ranks: Ranks) -> None:
    """Train; write the digest of this process's weights and the people it saw."""
    training = kind(toy_options([data], out), ranks, print)
    training.run(StopAsked())
    digest = hashlib.sha256()
    for parameter in training.generator.parameters():
        digest.update(parameter.detach().contiguous().numpy().tobytes())
    people = [record.name for record in training.batches.data.records]
    told = {"digest": digest.hexdigest(), "people": people}
    (out / f"rank-{ranks.index}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except EngineError as error:
        sys.exit(str(error))
