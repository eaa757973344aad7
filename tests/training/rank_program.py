"""One process of a training of several, run by test_ranks.py: DATA OUT FATE."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
from pathlib import Path

from tests.training.toy import toy_options

from bunraku.errors import EngineError
from bunraku.training import journal
from bunraku.training.ranks import Ranks, joined
from bunraku.training.stop import StopAsked
from bunraku.training.trainer import Training


def main(data: Path, out: Path, fate: str) -> None:
    """Train; write the digest of this process's weights and the people it saw."""
    journal.LINE_STEPS = 1
    with joined("cpu") as ranks:
        told = _train(data, out, fate, ranks)
        (out / f"rank-{ranks.index}.json").write_text(json.dumps(told))


def _train(data: Path, out: Path, fate: str, ranks: Ranks) -> dict[str, object]:
    training = Training(toy_options([data], out), ranks, print)
    if fate == "lost" and not ranks.first:
        os.kill(os.getpid(), signal.SIGKILL)
    training.run(StopAsked())
    digest = hashlib.sha256()
    for parameter in training.generator.parameters():
        digest.update(parameter.detach().contiguous().numpy().tobytes())
    people = [record.name for record in training.batches.data.records]
    return {"digest": digest.hexdigest(), "people": people}


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
    except EngineError as error:
        sys.exit(str(error))
