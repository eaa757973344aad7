"""``bunraku personalize`` and ``bunraku train sitting|ablations``: what they pass on and refuse."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.commands.running import Recorder, run

from bunraku.networks.presets import Preset
from bunraku.runtime.pose.networks import PoseModel
from bunraku.training import likeness, sitting
from bunraku.training.ablation import run as ablation_run
from bunraku.training.mixture import DataShare
from bunraku.training.personal import run as personal_run
from bunraku.training.personal.run import PersonalOptions
from bunraku.training.personal.tuning import TuneOptions
from bunraku.training.prepare.quality import Limits
from bunraku.training.sitting_options import SittingOptions


@pytest.fixture(autouse=True)
def no_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(likeness, "NetworkLikeness", lambda *_: None)


def test_personalize(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder(SimpleNamespace(gain=0.125, minutes=3.5))
    monkeypatch.setattr(personal_run, "personalize", fake)
    result = run(
        *("personalize", "--photo", tmp_path / "p.jpg", "--clip", tmp_path / "c.mp4"),
        *("--out", tmp_path / "me", "--steps", 9, "--learning-rate", 1e-4, "--rate", 5),
        *("--pose", "full", "--seed", 2),
    )
    assert fake.arguments[0] == PersonalOptions(
        photo=tmp_path / "p.jpg",
        clip=tmp_path / "c.mp4",
        out=tmp_path / "me",
        tuning=TuneOptions(9, 1e-4, 2),
        limits=Limits(rate_fps=5.0),
        pose=PoseModel.FULL,
    )
    assert "12% of the person's L1 gained" in result.stdout
    assert f"--driver landmarks --bundle {tmp_path / 'me'}" in result.stdout


def test_a_bundle_does_not_replace_what_is_read(tmp_path: Path) -> None:
    (tmp_path / "p.jpg").touch()
    clip = tmp_path / "c.mp4"
    clip.touch()
    result = run("personalize", "--photo", tmp_path / "p.jpg", "--clip", clip, "--out", tmp_path)
    assert result.exit_code == 2
    assert "would be replaced" in result.stderr


def test_sitting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake = Recorder({})
    monkeypatch.setattr(sitting, "sit", fake)
    run(
        *("train", "sitting", 3, "--out", tmp_path / "o", "--data", f"{tmp_path}:0.5"),
        *("--preset", "paper", "--length", 0.1, "--batch", 8, "--workers", 2, "--device", "cpu"),
        *("--seed", 4, "--dry-run"),
    )
    assert fake.arguments[0] == SittingOptions(
        minutes=3.0,
        out=tmp_path / "o",
        data=(DataShare(tmp_path, 0.5),),
        preset=Preset.PAPER,
        length=0.1,
        batch=8,
        workers=2,
        device="cpu",
        seed=4,
        dry_run=True,
    )


def test_ablations(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    fake = Recorder({})
    monkeypatch.setattr(ablation_run, "run_ablations", fake)
    words = ("train", "ablations", "--data", tmp_path, "--unseen", tmp_path, "--out", tmp_path)
    result = run(*words, "--width", 0.5, "--row", "full", "--row", "2d", "--no-keypoints")
    assert result.stdout == f"table: {tmp_path / 'ablations.md'}\n"
    options = fake.arguments[0]
    assert (options.width, options.rows, options.unseen) == (0.5, ("full", "2d"), tmp_path)
    asked = run(*words, "--inception", "torchvision")
    assert "which is not installed" in asked.stderr
    refused = run(*words, "--no-likeness", "--reid", tmp_path / "r.onnx")
    assert "A network is given for what is left out" in refused.stderr
