"""Two processes on the CPU that train one generator, as torchrun would start them."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.conftest import write_people
from tests.training.rank_program import LOST_STEP
from torch import distributed, nn

from bunraku.errors import EngineError
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.training.ranks import Ranks, joined

ROOT = Path(__file__).parents[2]
Ended = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where both runs are: ``whole``, and ``lost``."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four people."""
    return write_people(tmp_path_factory.mktemp("people"), count=4, frames=3)


@pytest.fixture(scope="module")
def first(data: Path, out: Path) -> list[Ended]:
    """Both processes, which train once to the end, and once until the second is killed."""
    return start(data, out, "first")


def start(data: Path, out: Path, act: str) -> list[Ended]:
    """Both processes to their end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    module = "tests.training.rank_program"
    program = [sys.executable, "-P", "-m", module, str(data), str(out), act]
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


def told(run: Path, rank: int) -> dict[str, Any]:
    """What a process wrote at its end."""
    found: dict[str, Any] = json.loads((run / f"rank-{rank}.json").read_bytes())
    return found


def steps_of(run: Path) -> list[int]:
    """Of the lines of losses."""
    lines = (run / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["step"] for line in lines]


# A loaded machine takes minutes for what is half a minute's work.
PATIENCE = pytest.mark.timeout(600)


@PATIENCE
def test_two_processes_train_one_network(first: list[Ended], out: Path) -> None:
    one, other = (told(out / "whole", rank) for rank in range(2))
    assert one["digest"] == other["digest"]
    assert sorted(one["people"] + other["people"]) == [
        f"person_{index:06d}.npz" for index in range(4)
    ]
    progress = read_checkpoint(out / "whole" / "checkpoint.pt").progress
    assert (progress.steps, progress.samples) == (5, 20)  # two samples a step and process
    assert first[1].stdout == ""
    assert steps_of(out / "whole") == [1, 2, 3, 4, 5]


@PATIENCE
def test_a_process_lost_in_a_step_is_told_of_and_costs_that_step(
    first: list[Ended], data: Path, out: Path
) -> None:
    kept, killed = first
    assert killed.returncode == -signal.SIGKILL
    assert kept.returncode == 1
    assert "Traceback" not in kept.stderr
    assert re.fullmatch(
        r"A process of the training was lost \(\w[^/]* \[127\.0\.0\.1\]:\d+[^/]*\)\. "
        r"Start all of them again: they go on from the last checkpoint\.",
        kept.stderr.splitlines()[-1],
    )
    assert read_checkpoint(out / "lost" / "checkpoint.pt").progress.steps == LOST_STEP
    assert steps_of(out / "lost") == list(range(1, LOST_STEP + 1))
    again = start(data, out, "again")
    assert [ended.returncode for ended in again] == [0, 0], again[0].stderr + again[1].stderr
    assert steps_of(out / "lost") == [1, 2, 3, 4, 5]
    assert told(out / "lost", 0) == told(out / "whole", 0)  # the very same weights
    assert told(out / "lost", 1) == told(out / "whole", 1)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "[/pytorch/gloo/transport/tcp/pair.cc:553] Connection closed by peer [10.0.0.1]:5. "
            "This is typically caused by a remote worker crashing.",
            "Connection closed by peer [10.0.0.1]:5",
        ),
        (
            "[../third_party/gloo/unbound_buffer.cc:78] Timed out waiting 600000ms for recv",
            "Timed out waiting 600000ms for recv",
        ),
        (
            "NCCL communicator was aborted on rank 1.\nMore of it.",
            "NCCL communicator was aborted on rank 1",
        ),
    ],
    ids=["gone", "silent", "nccl"],
)
def test_what_a_library_says_of_a_loss(
    monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    pretend_to_be_two(monkeypatch)
    with (
        pytest.raises(EngineError, match=rf"was lost \({re.escape(told)}\)\. Start all"),
        joined("cpu"),
    ):
        raise RuntimeError(said)


def test_what_is_no_loss_is_not_called_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend_to_be_two(monkeypatch)
    with pytest.raises(RuntimeError, match="shapes differ"), joined("cpu"):
        raise RuntimeError("shapes differ")


def pretend_to_be_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that torchrun makes, and nobody to meet."""
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    for function in ("init_process_group", "destroy_process_group"):
        monkeypatch.setattr(distributed, function, lambda *_, **__: None)


def test_alone_nothing_is_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    network = nn.Linear(1, 1)
    with joined("cpu") as ranks:
        assert ranks == Ranks(0, 1, torch.device("cpu"))
        assert ranks.share(network) is network
        assert ranks.any(True)
        assert not ranks.any(False)
