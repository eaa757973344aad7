from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tests.tiny import tiny_options
from tests.training.toy import toy_network, toy_options

from bunraku.errors import InputError, OutOfMemoryError
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.presets import Preset
from bunraku.training.generator_data import GeneratorData
from bunraku.training.recipe import RECIPES
from bunraku.training.samples import save_samples
from bunraku.training.stop import StopAsked
from bunraku.training.train_generator import run
from bunraku.training.trainer import Training

MakePeople = Callable[..., Path]


def test_a_run_is_trained_to_its_end(make_people: MakePeople, tmp_path: Path) -> None:
    lines: list[str] = []
    options = toy_options([make_people(count=2, frames=3)], tmp_path / "run")
    sitting = run(options, lines.append)
    assert sitting.checkpoint == tmp_path / "run" / "checkpoint.pt"
    assert (sitting.steps, sitting.samples, sitting.left) == (5, 10, 0)
    assert 0.0 < sitting.waited_s < sitting.seconds
    assert lines == [
        "2 people, 0 steps done",
        "phase learn: 3 of 3 steps to do",
        "phase sharpen: 2 of 2 steps to do",
        f"checkpoint: {tmp_path / 'run' / 'checkpoint.pt'}",
    ]
    lines.clear()
    assert run(options, lines.append).steps == 0  # there is nothing left
    assert lines[:2] == ["2 people, 5 steps done", "phase sharpen: 0 of 2 steps to do"]


def test_told_to_stop_it_saves_and_is_interrupted(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(self: Training, asked: StopAsked) -> None:
        asked.asked = True
        self.save()

    monkeypatch.setattr(Training, "run", told)
    with pytest.raises(KeyboardInterrupt):
        run(toy_options([make_people()], tmp_path / "run"), print)
    assert (tmp_path / "run" / "checkpoint.pt").exists()


def test_paper256_is_trained_on_people_with_surfaces_of_its_size(
    make_people: MakePeople, tmp_path: Path
) -> None:
    recipe = replace(RECIPES[Preset.PAPER256].scaled(2 / 600_000), people=1)
    people = make_people(count=2, frames=3, surface=256)
    options = replace(
        toy_options([people], tmp_path / "run", recipe),
        network=replace(tiny_options(prior=False), window=256, size=256),
    )
    sitting = run(options, lambda _: None)
    assert (sitting.steps, sitting.samples, sitting.left) == (2, 2, 0)
    (line,) = (tmp_path / "run" / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    losses = json.loads(line)["losses"]
    assert {"uv", "pyramid", "adversarial", "critic"} <= losses.keys()
    assert np.isfinite([*losses.values()]).all()
    assert read_checkpoint(sitting.checkpoint).generator().options.size == 256


def test_people_whose_surfaces_are_too_coarse_are_told(
    make_people: MakePeople, tmp_path: Path
) -> None:
    options = toy_options([make_people()], tmp_path / "run")
    network = replace(tiny_options(prior=False), window=256, size=256)
    with pytest.raises(
        InputError, match=r"surfaces of 128 pixels.*`bunraku prepare` with --surface 256"
    ):
        run(replace(options, network=network), print)
    assert not list((tmp_path / "run").iterdir())


def test_sample_sheet(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bunraku.training.samples.PEOPLE", 2)
    generator = Generator(toy_network()).train()
    path = tmp_path / "samples.jpg"
    save_samples(generator, GeneratorData([make_people(count=2, frames=3)]), path)
    assert generator.training
    with Image.open(path) as sheet:
        assert sheet.size == (256 * (1 + 2 * 4), 256 * 2)


def test_a_gpu_s_memory_that_is_too_small_is_told(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def starved(self: Training, asked: StopAsked) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    monkeypatch.setattr(Training, "run", starved)
    with pytest.raises(OutOfMemoryError, match=r"too little memory.*smaller --batch"):
        run(toy_options([make_people()], tmp_path / "run"), print)
