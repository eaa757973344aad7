"""`scripts/train_gpu`: what it passes on, and all of it in its smallest form."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks.gpu.train import sitting_words
from tests.training.conftest import make_people  # noqa: F401 - a fixture

from bunraku.networks.pieces import join

ROOT = Path(__file__).resolve().parents[2]


def asked(out: Path, *, dry_run: bool = False) -> argparse.Namespace:
    return argparse.Namespace(minutes=5.0, out=out, dry_run=dry_run)


def test_what_was_carried_stands_in_for_what_is_not_named(tmp_path: Path) -> None:
    for name in ("people", "iuv"):
        (tmp_path / name).mkdir()
    told = sitting_words(asked(tmp_path), ["--preset", "paper"], tmp_path)
    start = ["5.0", "--out", str(tmp_path), "--preset", "paper"]
    assert told == [*start, "--data", str(tmp_path / "people"), "--iuv", str(tmp_path / "iuv")]
    mine = sitting_words(asked(tmp_path, dry_run=True), ["--data=mine"], tmp_path)
    assert mine[3:] == ["--data=mine", "--dry-run", "--device", "cpu", *told[-2:]]


def test_carried_people_are_taken_before_assets(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    assert sitting_words(asked(tmp_path), [], tmp_path)[-2:] == ["--assets", f"{tmp_path}/assets"]
    (tmp_path / "people").mkdir()
    assert "--assets" not in sitting_words(asked(tmp_path), [], tmp_path)


@pytest.mark.timeout(900)  # a loaded machine takes minutes for what is half a minute's work
def test_all_of_it_runs_on_a_processor(
    make_people: Callable[..., Path],  # noqa: F811
    tmp_path: Path,
) -> None:
    """So that not a minute on a GPU is lost to a typing error."""
    data, out = make_people(count=2, frames=4), tmp_path / "out"
    command: list[str | Path] = [ROOT / "scripts" / "train_gpu", "9"]
    command += [out, "--dry-run", "--data", data]
    around = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(command, env=around, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads((out / "train.json").read_bytes())
    assert (told["dry_run"], told["preset"], told["workers"]) == (True, "live", 1)
    assert (told["steps"], told["steps_left"]) == (2, 0)
    assert told["samples_per_s"] > 0.0
    assert len(join(out / "weights")) > 2**20
    assert (out / "losses.png").read_bytes().startswith(b"\x89PNG")
