"""The whole way of docs/train.md, from a raw clip to a photo that moves, with toy networks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.commands.running import run
from tests.tiny import tiny_options
from tests.training.toy import TOY

from bunraku.export.exporter import export_checkpoint
from bunraku.export.pose.fetch import ensure
from bunraku.networks.checkpoint import Progress, save_checkpoint
from bunraku.networks.iuv import IuvNet
from bunraku.runtime.source.photo import read_photo
from bunraku.stream.clip.reader import ClipReader
from bunraku.training.people.records import list_records, read_record
from bunraku.training.run_options import RunOptions
from bunraku.training.train_generator import run as train

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIP, PHOTO = EXAMPLES / "clip.mp4", EXAMPLES / "photo.jpg"


@pytest.fixture(autouse=True)
def networks() -> None:
    """The real pose networks: they are to find somebody."""
    ensure()


@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on one that trains
def test_from_a_clip_to_a_photo_that_moves(tmp_path: Path) -> None:
    """With fine surfaces, as `paper256`."""
    data, checkpoint = _trained(tmp_path, surface=256)
    bundle = tmp_path / "bundle"
    export_checkpoint(checkpoint, bundle)

    film = tmp_path / "film.mp4"
    driven = ("--bundle", bundle, "--driver", "landmarks", "--engine", "onnxruntime")
    told = run("animate", PHOTO, CLIP, "-o", film, "--frames", ":6", "--json", *driven)
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["engine_faults"] == 0
    with ClipReader(film) as reader:
        images = [frame.image for frame in reader.frames()]
    still = read_photo(PHOTO).astype(np.int16)
    height, width = still.shape[:2]
    assert len(images) == 6
    change = np.abs(images[-1][:height, :width] - still).mean(2)
    assert (change > 20).mean() > 0.005  # so little training paints something, nobody knows what

    of = ("--bundle", bundle, "--engine", "onnxruntime", "--clips", CLIP, "--clip-frames", 3)
    assert _tables(tmp_path / "report", data, *of) == {"Synthetic people", "Real clips"}


@pytest.mark.timeout(900)
def test_from_a_clip_to_numbers(tmp_path: Path) -> None:
    """With the prior as ``live``, measured without an export: `scripts/gpu` makes one."""
    data, checkpoint = _trained(tmp_path, surface=128)
    of = ("--generator", checkpoint, "--iuv", tmp_path / "iuv.pt")
    assert _tables(tmp_path / "report", data, *of) == {"Synthetic people"}


def _trained(folder: Path, surface: int) -> tuple[Path, Path]:
    """What a clip became, and the checkpoint of a toy that learned from it."""
    data = folder / "data"
    words = ("--surface", surface, "--rate", 2, "--workers", 1)
    assert run("prepare", CLIP, "--out", data, *words).exit_code == 0
    assert read_record(list_records(data)[0]).iuv.shape[1:] == (surface, surface, 3)
    iuv = folder / "iuv.pt"
    save_checkpoint(iuv, IuvNet(), Progress())
    network = replace(tiny_options(prior=surface == 128), window=256, size=surface)
    sitting = train(
        RunOptions((data,), folder / "run", network, TOY, iuv=iuv, threads=1), lambda _: None
    )
    return data, sitting.checkpoint


def _tables(report: Path, data: Path, *of: str | Path | int) -> set[str]:
    """Of an evaluation."""
    measured = ("--data", data, "--people", 1, "--frames", 1, "--threads", 1)
    without = ("--no-keypoints", "--no-likeness", "--no-films")
    told = run("evaluate", "-o", report, *measured, *without, *of)
    assert told.exit_code == 0, told.stderr
    return set(json.loads((report / "report.json").read_bytes())["tables"])
