from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from bunraku.errors import InputError
from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.generator import Generator
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.training import session, train_generator
from bunraku.training.generator_data import GeneratorData
from bunraku.training.samples import save_samples
from bunraku.training.session import TrainOptions
from bunraku.training.train_generator import Critic, run

MakePeople = Callable[..., Path]


def test_train_stop_and_go_on(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(np.arange(0.0, 1e6, 20.0))  # every look at the clock is 20 s later
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    monkeypatch.setattr(train_generator, "DRIVES", 1)
    lines: list[str] = []
    options = TrainOptions(
        make_people(count=2, frames=3),
        tmp_path / "run",
        minutes=5.0,
        sitting_minutes=0.5,
        batch=2,
        adversarial=0.05,
    )
    path = run(options, lines.append)
    first = read_checkpoint(path)
    assert first.progress.steps == 1
    assert {"optimiser", "critic"} == set(first.states)
    run(options, lines.append)
    second = read_checkpoint(path)
    assert second.progress.steps == 2
    assert second.progress.samples == 4
    assert lines == ["2 people, 0 steps done", "2 people, 1 steps done"]
    before, after = first.generator().state_dict(), second.generator().state_dict()
    assert any(not torch.equal(before[k], v) for k, v in after.items())
    assert all(bool(torch.isfinite(v).all()) for v in after.values())
    assert second.generator().options == OPTIONS[Preset.LIVE]
    # Going on without the adversarial loss is allowed, and leaves its state out.
    run(replace(options, adversarial=0.0), lines.append)
    assert "critic" not in read_checkpoint(path).states


def test_a_preset_of_another_size_than_the_data_is_told_at_once(tmp_path: Path) -> None:
    options = TrainOptions(tmp_path / "none", tmp_path / "run", preset=Preset.PAPER256)
    with pytest.raises(InputError, match=r"256 pixels.*have 128") as caught:
        run(options, print)
    assert caught.value.hint == "Train paper, live."
    assert not (tmp_path / "run").exists()


def test_the_critic_learns_but_not_from_the_generators_gradient(tmp_path: Path) -> None:
    critic = Critic(TrainOptions(tmp_path, tmp_path), OPTIONS[Preset.LIVE], torch.device("cpu"))
    before = {k: v.clone() for k, v in critic.network.state_dict().items()}
    fake = torch.rand(1, 3, 64, 64, requires_grad=True)
    fooled, judged = critic.step(fake, torch.rand(1, 3, 64, 64), 1e-3)
    assert judged > 0.0
    assert any(not torch.equal(before[k], v) for k, v in critic.network.state_dict().items())
    for parameter in critic.network.parameters():
        parameter.grad = None
    torch.autograd.backward(fooled)
    assert fake.grad is not None
    assert bool(fake.grad.any())
    assert all(p.grad is None for p in critic.network.parameters())
    assert all(p.requires_grad for p in critic.network.parameters())


def test_sample_sheet(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bunraku.training.samples.PEOPLE", 2)
    generator = Generator().train()
    path = tmp_path / "samples.jpg"
    save_samples(generator, GeneratorData(make_people(count=2, frames=3)), path)
    assert generator.training
    with Image.open(path) as sheet:
        assert sheet.size == (256 * (1 + 2 * 4), 256 * 2)
