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
from bunraku.networks.presets import GeneratorOptions
from bunraku.runtime.source.photo import read_photo
from bunraku.stream.clip.reader import ClipReader
from bunraku.training.people.records import list_records, read_record
from bunraku.training.run_options import RunOptions
from bunraku.training.train_generator import run as train

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.timeout(900)  # seconds on an idle machine, minutes on one that trains
@pytest.mark.parametrize("surface", [128, 256])
def test_from_a_clip_to_a_photo_that_moves(tmp_path: Path, surface: int) -> None:
    ensure()  # the real pose networks: they are to find somebody
    clip, photo, data = EXAMPLES / "clip.mp4", EXAMPLES / "photo.jpg", tmp_path / "data"
    words = ("--surface", surface, "--rate", 2, "--workers", 1)
    assert run("prepare", clip, "--out", data, *words).exit_code == 0
    assert read_record(list_records(data)[0]).iuv.shape[1:] == (surface, surface, 3)

    network = _toy(surface)
    iuv = tmp_path / "iuv.pt"
    save_checkpoint(iuv, IuvNet(), Progress())
    sitting = train(
        RunOptions((data,), tmp_path / "run", network, TOY, iuv=iuv, threads=1), lambda _: None
    )
    bundle = tmp_path / "bundle"
    export_checkpoint(sitting.checkpoint, bundle)

    film = tmp_path / "film.mp4"
    driven = ("--bundle", bundle, "--driver", "landmarks", "--engine", "onnxruntime")
    told = run("animate", photo, clip, "-o", film, "--frames", ":6", "--json", *driven)
    assert told.exit_code == 0, told.stderr
    assert json.loads(told.stdout)["engine_faults"] == 0
    with ClipReader(film) as reader:
        images = [frame.image for frame in reader.frames()]
    still = read_photo(photo).astype(np.int16)
    height, width = still.shape[:2]
    assert len(images) == 6
    change = np.abs(images[-1][:height, :width] - still).mean(2)
    assert (change > 20).mean() > 0.005  # so little training paints something, nobody knows what

    report = tmp_path / "report"
    measured = ("--data", data, "--people", 1, "--frames", 1, "--clips", clip, "--clip-frames", 3)
    without = ("--no-keypoints", "--no-likeness", "--no-films", "--threads", 1)
    of = ("--bundle", bundle, "--engine", "onnxruntime")
    told = run("evaluate", "-o", report, *measured, *without, *of)
    assert told.exit_code == 0, told.stderr
    tables = json.loads((report / "report.json").read_text())["tables"]
    assert {*tables} == {"Synthetic people", "Real clips"}


def _toy(surface: int) -> GeneratorOptions:
    """With the prior as ``live``, or with fine surfaces as ``paper256``."""
    return replace(tiny_options(prior=surface == 128), window=256, size=surface)
