"""``bunraku prepare`` from its words to what is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bunraku.commands.app import app
from bunraku.training.prepare import run
from bunraku.training.prepare.manifest import Manifest, Outcome
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.run import PrepareOptions

GOOD = Outcome("a.mp4", None, 0, 9, 9, "2026-01-01", read=30, kept=24, scenes=1, records=2)
BAD = Outcome("b.mp4", None, 1, 0, 9, "2026-01-01", refused="b.mp4 is empty.")


def invoke(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["prepare", *map(str, arguments)])


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the room was asked for."""
    found: list[Any] = []

    def prepare(places: list[Path], options: PrepareOptions, log: Any) -> Manifest:
        found[:] = places, options
        log(GOOD.line)
        return Manifest("1.0", {}, {}, {"a": GOOD, "b": BAD})

    monkeypatch.setattr(run, "prepare", prepare)
    return found


def test_clips_and_what_came_of_them(asked: list[Any], tmp_path: Path) -> None:
    result = invoke("a.mp4", "more", "--out", tmp_path, "--workers", 3)
    places, options = asked
    assert result.exit_code == 0
    assert result.stdout == (
        "a.mp4: 24 of 30 frames kept in 2 records of 1 scenes\n"
        f"{tmp_path}: 2 records with 24 frames of 1 clips; 1 clips left out. "
        f"Told in {tmp_path / 'manifest.json'}\n"
    )
    assert places == [Path("a.mp4"), Path("more")]
    assert options == PrepareOptions(tmp_path, workers=3)


def test_what_is_asked_of_frames(asked: list[Any], tmp_path: Path) -> None:
    result = invoke(
        *("a.mp4", "--out", tmp_path, "--rate", 5, "--smallest", 64, "--sharpness", 0),
        *("--pose", "heavy", "--iuv-bundle", "mine", "--surface", 256),
    )
    assert result.exit_code == 0
    options = asked[1]
    assert options.limits == Limits(rate_fps=5.0, smallest_px=64, sharpness=0.0)
    assert (options.pose, options.iuv_bundle, options.surface) == ("heavy", "mine", 256)
    assert options.workers >= 1


def test_what_is_refused(tmp_path: Path) -> None:
    gone = invoke(tmp_path / "no.mp4", "--out", tmp_path / "out")
    assert gone.exit_code == 2
    assert gone.stderr.startswith(f"bunraku: {tmp_path / 'no.mp4'} does not exist.")
    network = invoke("a.mp4", "--out", tmp_path, "--pose", "best")
    assert "There is no pose network 'best'." in network.stderr
    assert not (tmp_path / "out").exists()
