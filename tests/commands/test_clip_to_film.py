"""The way of docs/train.md from a raw clip to a photo that moves: its own commands, at toy size."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.commands.running import run
from tests.docs.pages import ROOT, commands
from tests.tiny import tiny_options
from tests.training.toy import TOY

from bunraku.export.pose.fetch import ensure
from bunraku.networks import presets
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.presets import Preset
from bunraku.runtime.source.photo import read_photo
from bunraku.stream.clip.reader import ClipReader
from bunraku.training import recipe
from bunraku.training.people.records import list_records, read_record

CLIP, PHOTO = ROOT / "examples" / "clip.mp4", ROOT / "examples" / "photo.jpg"
SMALLER: dict[str, tuple[str, ...]] = {
    "prepare": ("--surface", "256", "--rate", "2", "--workers", "1"),
    "train": ("--threads", "1"),
    "export": (),
    "animate": ("--frames", ":3", "--engine", "onnxruntime", "--json"),
    "evaluate": (
        *("--clip-frames", "2", "--engine", "onnxruntime", "--threads", "1"),
        *("--no-keypoints", "--no-likeness", "--no-films"),
    ),
}
"""What is added to each of the page's commands."""


@pytest.fixture(scope="module", autouse=True)
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder to stand in, where the clip has been prepared; the real pose networks saw it."""
    ensure()  # `bunraku fetch`
    folder = tmp_path_factory.mktemp("way")
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        _run(_way()["prepare"])
        for preset in (Preset.LIVE, Preset.PAPER256):
            small = tiny_options(prior=preset is Preset.LIVE)
            size = presets.OPTIONS[preset].size
            here.setitem(presets.OPTIONS, preset, replace(small, window=256, size=size))
            here.setitem(recipe.RECIPES, preset, TOY.scaled(0.4))
        yield folder


def _way() -> dict[str, list[str]]:
    """The words of the page's first commands, by the first of them."""
    page = commands(ROOT / "docs" / "train.md")
    start = next(i for i, line in enumerate(page) if line == "bunraku fetch")
    lines = [line.split()[1:] for line in page[start : start + 6]]
    assert [words[0] for words in lines] == ["fetch", *SMALLER]
    return {words[0]: words for words in lines}


def _run(words: list[str]) -> str:
    media = {"CLIPS": CLIP, "OTHERS": CLIP, "CLIP": CLIP, "PHOTO": PHOTO}
    told = run(*(media.get(word, word) for word in words), *SMALLER[words[0]])
    assert told.exit_code == 0, (words, told.stderr)
    return str(told.stdout)


@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on one that trains
def test_from_a_clip_to_a_photo_that_moves(prepared: Path) -> None:
    way = _way()
    _run([*way["train"], "--phase", "learn"])
    _run([*way["train"], "--resume"])
    held = read_checkpoint(Path("runs/mine/checkpoint.pt"))
    assert held.progress.steps == TOY.scaled(0.4).steps
    assert held.states["phase"]["name"] == "sharpen"
    _run(way["export"])

    assert json.loads(_run(way["animate"]))["engine_faults"] == 0
    with ClipReader(prepared / "OUT.mp4") as reader:
        images = [frame.image for frame in reader.frames()]
    still = read_photo(PHOTO).astype(np.int16)
    height, width = still.shape[:2]
    assert len(images) == 3
    change = np.abs(images[-1][:height, :width] - still).mean(2)
    assert (change > 20).mean() > 0.005  # so little training paints something, nobody knows what

    _run(way["evaluate"])
    told = _report(prepared / "out" / "evaluation")
    assert set(told["tables"]) == {"Real clips"}
    assert told["provenance"]["mine"]["generator"]["steps"] == held.progress.steps
    # What a body draws of its own photo is off by next to nothing.
    assert told["tables"]["Real clips"]["all, mine"]["own_person_l1"] > 0.01, "it was not painted"


@pytest.mark.timeout(900)
def test_an_iuv_net_and_fine_surfaces(prepared: Path) -> None:
    """Of one's own, and a generator of `paper256` beside it, measured without an export."""
    assert read_record(list_records(prepared / "data" / "clips")[0]).iuv.shape[1:] == (256, 256, 3)
    _run(
        [
            "train",
            "iuv",
            "--data",
            "data/clips",
            "--out",
            "runs/iuv",
            "--steps",
            "1",
            "--batch",
            "2",
        ]
    )
    words = [*_way()["train"], "--iuv", "runs/iuv/checkpoint.pt", "--preset", "paper256"]
    _run([*words, "--out", "runs/fine"])
    of = ["--generator", "runs/fine/checkpoint.pt", "--iuv", "runs/iuv/checkpoint.pt"]
    people = ["--data", "data/clips", "--people", "1", "--frames", "1"]
    _run(["evaluate", "-o", "out/fine", *people, *of])
    assert set(_report(prepared / "out" / "fine")["tables"]) == {"Synthetic people"}


def _report(folder: Path) -> Any:
    """Of an evaluation."""
    return json.loads((folder / "report.json").read_bytes())
