from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.training.toy import TOY, toy_network

from bunraku.errors import InputError, OutputError
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.pieces import join
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.training import sitting, train_generator
from bunraku.training.busy import BusyMeter
from bunraku.training.mixture import DataShare
from bunraku.training.recipe import LIVE, RECIPES
from bunraku.training.sitting import sit
from bunraku.training.sitting_options import SittingOptions, run_options
from bunraku.training.sitting_report import lines_of

MakePeople = Callable[..., Path]


@pytest.fixture
def options(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SittingOptions:
    monkeypatch.setitem(OPTIONS, Preset.LIVE, toy_network())
    monkeypatch.setitem(RECIPES, Preset.LIVE, TOY)
    return SittingOptions(
        minutes=10.0,
        out=tmp_path / "out",
        data=(DataShare(make_people(count=2, frames=3)),),
        device="cpu",
        workers=0,
    )


def test_a_sitting_leaves_weights_a_plot_and_a_report(options: SittingOptions) -> None:
    lines: list[str] = []
    told = sit(options, lines.append)
    assert json.loads((options.out / "train.json").read_bytes()) == told
    assert (told["steps"], told["samples"], told["steps_left"]) == (5, 10, 0)
    assert (told["preset"], told["batch"], told["gpu_busy_share"]) == ("live", 2, None)
    assert 0.0 < told["fed_share"] < 1.0
    assert told["weights"] == ["weights/pieces.json", "weights/000"]
    assert "state" not in told
    whole = read_checkpoint(options.out / "run" / "checkpoint.pt")
    alone = read_checkpoint(options.out / "weights")
    assert alone.progress == whole.progress
    assert not alone.states
    for name, tensor in whole.network.state_dict().items():
        assert bool((alone.network.state_dict()[name] == tensor).all())
    with Image.open(options.out / told["plot"]) as plot:
        assert plot.format == "PNG"
    assert lines[-1].startswith("10 samples at ")
    assert lines[-1].endswith("GPU busy: not known")
    assert not list(options.out.glob(".*"))


def test_it_goes_on_also_from_pieces_alone(
    options: SittingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitting, "PIECE_BYTES", 1000)
    sit(options, lambda _: None)
    content = (options.out / "run" / "checkpoint.pt").read_bytes()
    assert join(options.out / "state") == content
    shutil.rmtree(options.out / "run")
    lines: list[str] = []
    told = sit(options, lines.append)
    assert lines[0] == f"going on from the pieces in {options.out / 'state'}"
    assert (told["steps"], told["all_steps"]) == (0, 5)
    shutil.rmtree(options.out / "run")
    (options.out / "state" / "000").write_bytes(b"")
    with pytest.raises(InputError, match="000 is damaged"):
        sit(options, lambda _: None)


def test_interrupted_it_writes_the_weights(
    options: SittingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    train = train_generator.run

    def interrupted(*arguments: Any) -> None:
        train(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(sitting, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sit(options, lambda _: None)
    assert read_checkpoint(options.out / "weights").progress.steps == 5


def test_what_a_sitting_makes_of_its_options(options: SittingOptions, tmp_path: Path) -> None:
    made = run_options(replace(options, batch=6, workers=None), tmp_path, options.data, 90.0)
    assert made.recipe.samples == 6
    assert made.recipe.steps == 2  # five steps of two samples
    assert made.sitting_minutes == 1.5
    assert made.workers >= 1
    dry = run_options(replace(options, dry_run=True), tmp_path, options.data, 90.0)
    assert [phase.steps for phase in dry.recipe.phases] == [1, 1]


def test_a_gpu_takes_larger_steps(tmp_path: Path) -> None:
    options = SittingOptions(5.0, tmp_path, data=(DataShare(tmp_path),))
    made = run_options(options, tmp_path, options.data, 60.0)
    assert made.recipe.samples == 4 * LIVE.samples
    assert made.recipe.steps * made.recipe.samples == LIVE.steps * LIVE.samples


def test_it_renders_where_nothing_was_carried(
    options: SittingOptions, make_people: MakePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    def synthesize(out: Path, *arguments: Any, progress: bool, surface: int) -> None:
        asked.append((*arguments, surface))
        out.parent.mkdir(exist_ok=True)
        if not out.exists():
            shutil.copytree(options.data[0].folder, out)

    monkeypatch.setattr("bunraku.training.people.synth.synthesize", synthesize)
    assets = options.out.parent
    told = sit(
        replace(options, data=(), assets=assets, people=40, workers=1, dry_run=True),
        lambda _: None,
    )
    assert asked == [(assets, count, 12, 1, 0, 128) for count in (16, 32, 40)]
    assert told["data"] == [{"folder": "people", "weight": 1.0}]


def test_a_preset_of_256_pixels_is_rendered_for(
    options: SittingOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Asked(Exception):
        pass

    def synthesize(*_: Any, progress: bool, surface: int) -> None:
        raise Asked(surface)

    monkeypatch.setattr("bunraku.training.people.synth.synthesize", synthesize)
    rendered = replace(options, preset=Preset.PAPER256, data=(), assets=options.out.parent)
    with pytest.raises(Asked, match="256"):
        sit(rendered, lambda _: None)


def test_nobody_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nobody to learn from.*--data"):
        SittingOptions(1.0, tmp_path)
    with pytest.raises(InputError, match="both carried and rendered"):
        SittingOptions(1.0, tmp_path, data=(DataShare(tmp_path),), assets=tmp_path)


def test_a_report_that_cannot_be_written(options: SittingOptions) -> None:
    (options.out / "train.part").mkdir(parents=True)
    with pytest.raises(OutputError, match=r"train\.json cannot be written"):
        sit(options, lambda _: None)
    assert (options.out / "weights" / "000").is_file()


@pytest.fixture
def nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tool = tmp_path / "bin" / "nvidia-smi"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 90; echo '[N/A]'; echo 70\nexec sleep 60\n")
    tool.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", str(tool.parent), prepend=os.pathsep)
    return tool


def test_how_busy_a_gpu_was(nvidia_smi: Path) -> None:
    import time

    with BusyMeter() as meter:
        time.sleep(1.0)
    assert meter.share == pytest.approx(0.8)


def test_without_the_tool_nobody_knows(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with BusyMeter() as meter:
        pass
    assert meter.share is None


@pytest.mark.parametrize(
    ("busy", "fed", "advice"),
    [(0.9, 0.5, None), (0.5, 0.6, "more --workers"), (0.5, 0.95, "a larger --batch")],
)
def test_what_to_do_where_a_gpu_waits(busy: float, fed: float, advice: str | None) -> None:
    told = {"samples": 4, "samples_per_s": 2.0, "steps_left": 1}
    first, *more = lines_of({**told, "fed_share": fed, "gpu_busy_share": busy})
    assert f"GPU busy: {busy:.0%}" in first
    assert more == (
        [] if advice is None else [f"the GPU was to be busy 85% of the time: try {advice}"]
    )
