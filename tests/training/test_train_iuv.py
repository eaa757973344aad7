from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from bunraku.errors import EngineError, InputError, OutputError
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.iuv import Iuv, IuvNet, IuvOptions
from bunraku.training import journal, loop, train_iuv
from bunraku.training.iuv_data import IuvBatch, IuvData
from bunraku.training.recipe import decay_groups
from bunraku.training.train_iuv import IuvRun, IuvTraining, iuv_loss, part_weights, run

CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]
MakePeople = Callable[..., Path]


def exact_map(data: IuvData, index: Tensor) -> Iuv:
    densepose = densepose_from_iuv(data.iuv[index])
    return Iuv(densepose[:, :25] * 50.0, densepose[:, 25:49], densepose[:, 49:])


@pytest.fixture
def data(make_people: MakePeople) -> IuvData:
    return IuvData(make_people(count=2, frames=4))


def test_loss_of_the_exact_map_is_nothing(data: IuvData) -> None:
    index = torch.tensor([0, 5])
    batch = data.plain(index)
    loss, terms = iuv_loss(exact_map(data, index), batch, part_weights())
    assert float(loss) == pytest.approx(0.0, abs=1e-3)
    assert set(terms) == {"ce", "u", "v"}


def test_loss_at_half_size(data: IuvData) -> None:
    batch = data.plain(torch.tensor([0]))
    exact = exact_map(data, torch.tensor([0]))
    half = Iuv(exact.parts[:, :, ::2, ::2], *(nn.functional.avg_pool2d(t, 2) for t in exact[1:]))
    for corner in CORNERS:
        _, terms = iuv_loss(half, batch, part_weights(), corner)
        assert terms["ce"] == pytest.approx(0.0, abs=1e-3)
        assert max(terms["u"], terms["v"]) < 0.03


def test_at_half_size_every_pixel_has_its_turn(data: IuvData) -> None:
    """Always the same one of four pixels would shift the map by half a pixel."""
    index = torch.tensor([0])
    exact = exact_map(data, index)
    half = Iuv(*(t[:, :, ::2, ::2] for t in exact))
    batch = data.plain(index)
    for y, x in ((0, 0), (0, 1), (1, 0), (1, 1)):
        batch.part[0, 20 + y, 4 + x] = y * 2 + x + 1  # four pixels of one coarse pixel
    costs = {
        round(float(iuv_loss(half, batch, part_weights(), corner)[1]["ce"]), 5)
        for corner in CORNERS
    }
    assert len(costs) > 1


def test_loss_of_wrong_maps(data: IuvData) -> None:
    index = torch.tensor([0])
    batch: IuvBatch = data.plain(index)
    exact = exact_map(data, index)
    wrong = iuv_loss(Iuv(exact.parts.roll(1, 1), exact.u, exact.v), batch, part_weights())[1]
    assert wrong["ce"] > 10.0
    off = iuv_loss(Iuv(exact.parts, exact.u + 0.2, exact.v - 0.1), batch, part_weights())[1]
    assert off["u"] == pytest.approx(0.2, abs=0.01)
    assert off["v"] == pytest.approx(0.1, abs=0.01)


def test_hands_and_limbs_weigh_more() -> None:
    weights = part_weights()
    assert float(weights[3]) > float(weights[9]) > float(weights[2]) > float(weights[0])


@pytest.fixture
def options(make_people: MakePeople, tmp_path: Path) -> IuvRun:
    return IuvRun(make_people(count=1, frames=4), tmp_path / "run", steps=6, batch=2, threads=1)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8)
    monkeypatch.setattr(train_iuv, "IuvNet", lambda: IuvNet(narrow))
    monkeypatch.setattr(journal, "LINE_STEPS", 1)


def losses(out: Path) -> list[Any]:
    lines = (out / "losses.jsonl").read_text(encoding="utf-8").splitlines()
    return [(line["step"], line["losses"]) for line in map(json.loads, lines)]


class Killed(Exception):
    """The process is gone: nothing is saved after it."""


@pytest.mark.usefixtures("small")
def test_a_killed_run_goes_on_exactly(
    options: IuvRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same losses and weights to the bit, by steps, whatever the clock says."""
    whole = read_checkpoint(run(options, lambda _: None))
    killed = replace(options, out=tmp_path / "killed", sitting_minutes=1.0)
    monkeypatch.setattr(loop, "SAVE_S", 0.0)  # a checkpoint after each step
    step = IuvTraining.step

    def dies(self: IuvTraining, number: int, batch: IuvBatch) -> None:
        step(self, number, batch)
        if number == 3:
            raise Killed

    monkeypatch.setattr(IuvTraining, "step", dies)
    with pytest.raises(Killed):
        run(killed, lambda _: None)
    assert read_checkpoint(killed.out / "checkpoint.pt").progress.steps == 3
    monkeypatch.setattr(IuvTraining, "step", step)
    told: list[str] = []
    gone_on = read_checkpoint(run(replace(killed, resume=True), told.append))
    assert told[0] == "4 frames, 3 steps done"
    assert losses(killed.out) == losses(options.out)
    assert len(losses(killed.out)) == 6
    averaged, again = whole.iuv().state_dict(), gone_on.iuv().state_dict()
    assert all(torch.equal(t, again[k]) for k, t in averaged.items())
    latest, other = whole.states["weights"], gone_on.states["weights"]
    assert all(torch.equal(t, other[k]) for k, t in latest.items())
    name = next(name for name, t in latest.items() if t.is_floating_point())
    assert not torch.equal(averaged[name], latest[name])  # averaged
    assert gone_on.progress.samples == 12


@pytest.mark.usefixtures("small")
def test_a_step_that_is_not_finite_is_taken_back(
    options: IuvRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(*arguments: Any) -> Any:
        loss, terms = iuv_loss(*arguments)
        seen.append(loss)
        return (loss * math.nan if len(seen) == 2 else loss), terms

    seen: list[Tensor] = []
    told: list[str] = []
    monkeypatch.setattr(train_iuv, "iuv_loss", spoilt)
    held = read_checkpoint(run(replace(options, steps=3), told.append))
    assert "step 1: the loss is not finite; a step back" in told
    assert all(bool(t.isfinite().all()) for t in held.iuv().state_dict().values())


@pytest.mark.usefixtures("small")
def test_what_diverges_leaves_the_good_checkpoint(
    options: IuvRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = run(replace(options, steps=2), lambda _: None)
    kept = path.read_bytes()

    def diverges(*arguments: Any) -> Any:
        loss, terms = iuv_loss(*arguments)
        return loss * math.nan, terms

    monkeypatch.setattr(train_iuv, "iuv_loss", diverges)
    with pytest.raises(EngineError, match=r"not finite.*lower --learning-rate"):
        run(replace(options, steps=20), lambda _: None)
    assert path.read_bytes() == kept


@pytest.mark.usefixtures("small")
def test_a_full_disk_is_told_in_one_line(options: IuvRun) -> None:
    path = run(replace(options, steps=2), lambda _: None)
    kept = path.read_bytes()
    path.with_suffix(".pt.part").symlink_to("/dev/full")
    with pytest.raises(OutputError, match=r"checkpoint\.pt cannot be written.*is whole\."):
        run(replace(options, steps=3), lambda _: None)
    assert path.read_bytes() == kept


@pytest.mark.usefixtures("small")
def test_minutes_end_a_run_or_a_sitting_before_its_steps(options: IuvRun) -> None:
    run(replace(options, sitting_minutes=1e-6), lambda _: None)
    path = run(replace(options, minutes=1e-6), lambda _: None)
    assert read_checkpoint(path).progress.steps == 1
    assert read_checkpoint(run(options, lambda _: None)).progress.steps == 6


@pytest.mark.usefixtures("small")
def test_a_checkpoint_of_earlier_versions_is_gone_on_from(options: IuvRun) -> None:
    """Those went by time, and held no averaged weights beside the latest."""
    old = IuvNet(IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8))
    optimiser = torch.optim.AdamW(decay_groups(old, 1e-3)).state_dict()
    path = options.out / "checkpoint.pt"
    save_checkpoint(path, old, Progress(steps=5, samples=10), optimiser=optimiser)
    assert read_checkpoint(run(options, lambda _: None)).progress.samples == 12


def test_resume_wants_a_checkpoint(options: IuvRun) -> None:
    with pytest.raises(InputError, match=r"no checkpoint at .*Leave --resume out"):
        run(replace(options, resume=True), print)


@pytest.mark.usefixtures("small")
def test_full_steps_come_every_fourth(options: IuvRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coarse head is cheaper; the edge head sees every fourth step."""
    sides: list[int] = []

    def noted(out: Iuv, *arguments: Any) -> Any:
        sides.append(out.parts.shape[-1])
        return iuv_loss(out, *arguments)

    monkeypatch.setattr(train_iuv, "iuv_loss", noted)
    run(options, lambda _: None)
    assert sides == [64, 64, 64, 128, 64, 64]
