from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bunraku.errors import InputError
from bunraku.networks.checkpoint import Progress, read_checkpoint, save_checkpoint
from bunraku.networks.iuv import IuvNet, IuvOptions
from bunraku.networks.touch_up import Touched
from bunraku.training import train_touch_up
from bunraku.training.drawn_data import DrawnPairs, write_pairs
from bunraku.training.train_touch_up import (
    TouchUpBatch,
    TouchUpData,
    TouchUpRun,
    run,
    touch_up_loss,
    varied,
)

N = 64


def pairs(count: int = 2) -> DrawnPairs:
    """A square person, drawn grey where it is red, two pixels too narrow; its right half is not
    the photo's own."""
    drawn, truth = np.zeros((count, N, N, 5), np.uint8), np.zeros((count, N, N, 4), np.uint8)
    truth[:, 16:48, 16:48] = (200, 40, 40, 255)
    drawn[:, 16:48, 16:46] = (100, 100, 100, 255, 0)
    drawn[:, 16:48, 16:32] = (200, 40, 40, 255, 255)
    belief = np.full((count, N, N, 1), 255, np.uint8)
    flow = np.full((count, N, N, 2), 0.5, np.float16)
    plate = np.full((count, N, N, 3), 90, np.uint8)
    return DrawnPairs(drawn, flow, truth, np.concatenate([truth, belief], -1), plate)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two drawings of one person, and a person of whom there are none."""
    monkeypatch.setattr(train_touch_up, "CUT_PX", 32)
    made = tmp_path / "drawn"
    made.mkdir()
    write_pairs(made / "drawn_000000.npz", pairs())
    write_pairs(made / "drawn_000001.npz", pairs(count=0))
    return made


def test_the_truth_costs_nothing(folder: Path) -> None:
    batch = TouchUpData(folder).whole(0)
    colours = torch.where(batch.alpha > 0, batch.target, batch.image)
    _, right = touch_up_loss(Touched(colours, batch.alpha), batch)
    _, drawn = touch_up_loss(batch.untouched, batch)
    assert max(right[name] for name in ("colours", "edges", "masks")) == pytest.approx(0, abs=1e-6)
    assert min(drawn[name] for name in ("colours", "edges", "masks")) > 1e-3
    assert drawn["restraint"] == 0.0 < right["restraint"]


def test_what_is_not_believed_costs_nothing(folder: Path) -> None:
    batch = TouchUpData(folder).whole(0)
    unknown = replace(batch, belief=torch.zeros_like(batch.belief))
    assert float(touch_up_loss(batch.untouched, unknown)[0]) == 0.0


def test_cuts_lie_about_what_can_be_mended(folder: Path) -> None:
    batch = TouchUpData(folder).cut(np.random.default_rng(2), 6)
    assert batch.image.shape == (6, 3, 32, 32)
    assert batch.flow.shape == (6, 2, 32, 32)
    foreign = batch.mask * (1.0 - batch.trust)
    assert bool((foreign.flatten(1).sum(1) > 0).all())


def test_a_mirror_turns_the_flow(folder: Path) -> None:
    whole = TouchUpData(folder).whole(0)
    for seed in range(8):
        part = varied(np.random.default_rng(seed), whole)
        turned = bool((part.mask != whole.mask).any())
        assert torch.equal(part.flow[:, 0], (-1.0 if turned else 1.0) * whole.flow[:, 0])
        assert torch.equal(part.flow[:, 1], whole.flow[:, 1])
        assert bool((part.target <= part.alpha).all())


def test_files_without_drawings_are_told(tmp_path: Path) -> None:
    write_pairs(tmp_path / "drawn_000000.npz", pairs(count=0))
    with pytest.raises(InputError, match="no body could be drawn"):
        TouchUpData(tmp_path)


@pytest.fixture
def options(folder: Path, tmp_path: Path) -> TouchUpRun:
    return TouchUpRun(folder, tmp_path / "run", steps=3, batch=2, threads=1)


def test_a_run_that_was_stopped_goes_on_exactly(options: TouchUpRun, tmp_path: Path) -> None:
    """By steps, whatever the clock says: the same weights to the bit."""
    whole = read_checkpoint(run(options, lambda _: None))
    lines: list[str] = []
    stopped = replace(options, out=tmp_path / "stopped", sitting_minutes=1e-9)
    assert read_checkpoint(run(stopped, lines.append)).progress.steps == 1
    gone_on = read_checkpoint(run(replace(stopped, sitting_minutes=None), lines.append))
    assert lines == ["2 drawings, 0 steps done", "2 drawings, 1 steps done"]
    assert (gone_on.progress.steps, gone_on.progress.samples) == (3, 6)
    assert bool(gone_on.touch_up().head.weight.any())
    averaged, again = whole.touch_up().state_dict(), gone_on.touch_up().state_dict()
    assert all(torch.equal(t, again[name]) for name, t in averaged.items())
    latest, other = whole.states["weights"], gone_on.states["weights"]
    assert all(torch.equal(t, other[name]) for name, t in latest.items())
    (line,) = (stopped.out / "losses.jsonl").read_text(encoding="utf-8").splitlines()[1:]
    terms = {"colours", "edges", "masks", "restraint", "loss", "drawn"}
    assert set(json.loads(line)["losses"]) == terms


def test_a_loss_that_is_no_number_leaves_the_weights(
    options: TouchUpRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were written over the good checkpoint."""
    plain, asked = touch_up_loss, list[int]()

    def broken(touched: Touched, batch: TouchUpBatch) -> tuple[Tensor, dict[str, Tensor]]:
        loss, terms = plain(touched, batch)
        asked.append(1)
        return (loss * torch.nan if len(asked) == 1 else loss), terms

    monkeypatch.setattr(train_touch_up, "touch_up_loss", broken)
    lines: list[str] = []
    network = read_checkpoint(run(options, lines.append)).touch_up()
    assert "step 0: the loss is not finite; a step back" in lines
    assert all(bool(torch.isfinite(weight).all()) for weight in network.parameters())


def test_a_checkpoint_of_another_net_is_refused(options: TouchUpRun) -> None:
    options.out.mkdir()
    narrow = IuvNet(IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8))
    save_checkpoint(options.out / "checkpoint.pt", narrow, Progress())
    with pytest.raises(InputError, match=r"checkpoint\.pt"):
        run(options, print)


def test_it_learns(options: TouchUpRun) -> None:
    longer = replace(options, steps=40, batch=4, learning_rate=1e-2)
    network = read_checkpoint(run(longer, lambda _: None)).touch_up()
    batch = TouchUpData(options.data).whole(0)
    with torch.inference_mode():
        touched = network(batch.image, batch.mask, batch.trust, batch.flow)
    learned, drawn = (touch_up_loss(t, batch)[0] for t in (touched, batch.untouched))
    assert float(learned) < 0.9 * float(drawn)
