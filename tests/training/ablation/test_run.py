"""All nine rows at toy size: from people to the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.commands.running import run as command
from tests.training.toy import CheapFeatures

from bunraku.errors import InputError
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.training import train_generator, trainer
from bunraku.training.ablation import run
from bunraku.training.ablation.rows import ROWS
from bunraku.training.ablation.run import AblationOptions, run_ablations
from bunraku.training.ablation.scoring import RowScore
from bunraku.training.metrics import Score
from bunraku.training.mixture import DataShare

ROOT = Path(__file__).resolve().parents[3]
MakePeople = Callable[..., Path]


@pytest.fixture
def options(make_people: MakePeople, tmp_path: Path) -> AblationOptions:
    return AblationOptions(
        data=(DataShare(make_people(count=2, frames=3)),),
        unseen=make_people(count=2, frames=3, name="unseen"),
        out=tmp_path / "out",
        width=0.01,
        length=1e-9,
        batch=1,
        frames=1,
        threads=1,
    )


def test_a_folder_of_another_size_is_refused(
    options: AblationOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = RowScore(Score(1, 0.1, 0.9, None, None, None, None), 1, None, None, None, None)
    made = {"steps": 4, "scores": score.as_json()}
    monkeypatch.setattr(run, "_row", lambda *_: made)  # of a training that is not asked about
    one = replace(options, rows=("2d",))
    run_ablations(one, lambda _: None)
    with pytest.raises(InputError, match=r"begun with another steps, width"):
        run_ablations(replace(one, width=0.5, length=0.01), lambda _: None)
    (options.out / "ablations.json").write_text("[")
    with pytest.raises(InputError, match="damaged or no report"):
        run_ablations(one, lambda _: None)


def test_a_row_that_there_is_not(options: AblationOptions) -> None:
    with pytest.raises(InputError, match=r"no row '3d'.*2d, 2d-blender"):
        run_ablations(replace(options, rows=("3d",)), lambda _: None)
    assert not options.out.exists()


@pytest.mark.timeout(900)  # a loaded machine takes minutes for what is half a minute's work
def test_all_nine_rows_though_killed_in_between(
    options: AblationOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = OPTIONS[Preset.PAPER]
    monkeypatch.setitem(OPTIONS, Preset.PAPER, replace(paper, warping_blocks=1, atlas_blocks=1))
    monkeypatch.setattr(trainer, "Perceptual", lambda _: CheapFeatures())
    train = train_generator.run
    asked: list[str] = []

    def killed(wanted: Any, log: Callable[[str], None]) -> Any:
        asked.append(wanted.out.name)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return train(wanted, log)

    monkeypatch.setattr(run, "train", killed)
    words: list[object] = ["--data", options.data[0].folder, "--unseen", options.unseen]
    words += ["--out", options.out, "--width", 0.01, "--length", 1e-9, "--batch", 1]
    words += ["--frames", 1, "--threads", 1, "--no-keypoints"]
    assert command("train", "ablations", *words).exit_code == 130
    half = json.loads((options.out / "ablations.json").read_bytes())
    assert list(half["rows"]) == ["2d"]
    done = command("train", "ablations", *words)
    assert done.exit_code == 0, done.output
    keys = [row.key for row in ROWS]
    assert asked == [*keys[:2], *keys[1:]]
    assert done.stdout.startswith("2D baseline: done already\n")
    report = json.loads((options.out / "ablations.json").read_bytes())
    assert report["rows"]["2d"] == half["rows"]["2d"]
    assert list(report["rows"]) == keys
    steps = {told["steps"] for told in report["rows"].values()}
    assert steps == {4}  # the paper's stages, one step of each: every row makes as many
    sizes = {key: told["parameters"] for key, told in report["rows"].items()}
    assert sizes["2d"] < sizes["2d-blender"]
    assert sizes["2d-motion"] < sizes["2d-motion-blender"] < sizes["full"]
    for told in report["rows"].values():
        assert 0.0 < told["scores"]["self"]["l1"] < 1.0
        assert told["scores"]["self"]["perceptual"] is not None
        assert told["scores"]["animation"]["look"] is not None
    assert report["paper"]["full"][0] == 0.0316
    table = (options.out / "ablations.md").read_text(encoding="utf-8")
    assert table.count("| *paper: ") == 9
    assert "| 2D baseline | 4 | 0." in table


def test_the_script_is_that_command() -> None:
    done = subprocess.run(
        [ROOT / "scripts" / "ablations", "--help"],
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Train and measure the nine generators" in done.stdout
