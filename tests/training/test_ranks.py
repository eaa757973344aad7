"""Two processes on the CPU that train one generator, as torchrun would start them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from bunraku.networks.checkpoint import read_checkpoint
from bunraku.training.ranks import Ranks, joined

MakePeople = Callable[..., Path]
ROOT = Path(__file__).parents[2]


def start(data: Path, out: Path, fate: str) -> list[subprocess.CompletedProcess[str]]:
    """Both processes to their end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module = "tests.training.rank_program"
    program = [sys.executable, "-P", "-m", module, str(data), str(out), fate]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "OMP_NUM_THREADS": "1",
    }
    processes = [
        subprocess.Popen(
            program,
            env={**environment, "RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    ended = []
    for process in processes:
        out_text, err_text = process.communicate(timeout=150)
        code = process.returncode
        ended.append(subprocess.CompletedProcess(program, code, out_text, err_text))
    return ended


@pytest.mark.timeout(600)  # a loaded machine takes minutes for what is half a minute's work
def test_two_processes_train_one_network(make_people: MakePeople, tmp_path: Path) -> None:
    out = tmp_path / "run"
    first, second = start(make_people(count=4, frames=3), out, "well")
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    told = [json.loads((out / f"rank-{rank}.json").read_bytes()) for rank in range(2)]
    assert told[0]["digest"] == told[1]["digest"]
    assert sorted(told[0]["people"] + told[1]["people"]) == [
        f"person_{index:06d}.npz" for index in range(4)
    ]
    progress = read_checkpoint(out / "checkpoint.pt").progress
    assert (progress.steps, progress.samples) == (5, 20)  # two samples a step and process
    assert second.stdout == ""
    assert len((out / "losses.jsonl").read_text(encoding="utf-8").splitlines()) == 5


def test_a_lost_process_is_told_of_in_a_line(make_people: MakePeople, tmp_path: Path) -> None:
    first, second = start(make_people(count=2, frames=3), tmp_path / "run", "lost")
    assert second.returncode < 0
    assert first.returncode == 1
    assert "A process of the training was lost" in first.stderr
    assert "Traceback" not in first.stderr


def test_alone_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    network = nn.Linear(1, 1)
    with joined("cpu") as ranks:
        assert ranks == Ranks(0, 1, torch.device("cpu"))
        assert ranks.share(network) is network
        assert ranks.any(True)
        assert not ranks.any(False)
