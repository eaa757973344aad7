from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.checkpoint import read_checkpoint
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.iuv import Iuv
from bunraku.training import session, train_iuv
from bunraku.training.iuv_data import IuvBatch, IuvData
from bunraku.training.session import TrainOptions
from bunraku.training.train_iuv import evaluate, iuv_loss, part_weights, run

MakePeople = Callable[..., Path]


def exact_map(data: IuvData, index: Tensor) -> Iuv:
    densepose = densepose_from_iuv(data.iuv[index])
    return Iuv(densepose[:, :25] * 50.0, densepose[:, 25:49], densepose[:, 49:])


class Oracle(nn.Module):
    """Answers with the exact maps, a chunk after the other; ``shift`` numbers every part wrong."""

    def __init__(self, data: IuvData, shift: int = 0) -> None:
        super().__init__()
        self.data = data
        self.shift = shift
        self.queue = torch.nonzero(data.found)[:, 0]
        self.masks: list[Tensor] = []

    def forward(self, landmarks: Tensor, mask: Tensor) -> Iuv:
        count = len(landmarks)
        index, self.queue = self.queue[:count], self.queue[count:]
        self.masks.append(mask)
        exact = exact_map(self.data, index)
        scores = torch.cat([exact.parts[:, :1], exact.parts[:, 1:].roll(self.shift, 1)], 1)
        return Iuv(scores, exact.u, exact.v)


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
    for _ in range(4):
        _, terms = iuv_loss(half, batch, part_weights())
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
    costs = {round(iuv_loss(half, batch, part_weights())[1]["ce"], 5) for _ in range(60)}
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


def test_score_of_an_oracle(data: IuvData) -> None:
    score = evaluate(Oracle(data), data)
    assert score.part_accuracy == 1.0
    assert score.mean_iou == 1.0
    assert score.uv_error == pytest.approx(0.0, abs=1e-6)
    assert score.frames == 6  # of eight, the pose network found nobody in two


def test_score_of_a_fool(data: IuvData) -> None:
    score = evaluate(Oracle(data, shift=1), data)
    assert score.part_accuracy == 0.0
    assert score.background_iou == 1.0
    assert score.mean_iou == pytest.approx(1.0 / 7.0)  # of six parts and the background


def test_score_without_a_mask(data: IuvData) -> None:
    oracle = Oracle(data)
    evaluate(oracle, data, masked=False)
    assert not any(bool(mask.any()) for mask in oracle.masks)
    oracle = Oracle(data)
    evaluate(oracle, data)
    assert all(bool(mask.any()) for mask in oracle.masks)


def test_train_stop_and_go_on(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter(np.arange(0.0, 1e6, 20.0))  # every look at the clock is 20 s later
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: float(next(seconds))))
    lines: list[str] = []
    options = TrainOptions(
        make_people(count=1, frames=4), tmp_path / "run", minutes=5.0, sitting_minutes=0.5, batch=2
    )
    path = run(options, lines.append)
    first = read_checkpoint(path)
    assert first.progress.steps == 1
    assert lines[0] == "4 frames, 0 steps done"
    assert run(options, lines.append) == path
    second = read_checkpoint(path)
    assert second.progress.steps == 2
    assert second.progress.samples == 4
    assert second.progress.seconds > first.progress.seconds
    assert lines[1] == "4 frames, 1 steps done"
    before, after = first.iuv().state_dict(), second.iuv().state_dict()
    assert any(not torch.equal(before[k], v) for k, v in after.items())
    assert all(bool(torch.isfinite(v).all()) for v in after.values())
    restarted = replace(options, restart_schedule=True)
    run(restarted, lines.append)
    assert read_checkpoint(path).progress.seconds < second.progress.seconds


def test_full_steps_come_every_fourth(
    make_people: MakePeople, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The coarse head is cheaper; the edge head sees every fourth step."""
    sides: list[int] = []

    def noted(out: Iuv, batch: IuvBatch, weights: Tensor) -> tuple[Tensor, dict[str, float]]:
        sides.append(out.parts.shape[-1])
        return iuv_loss(out, batch, weights)

    ticks = iter(range(0, 10_000, 1))
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: float(next(ticks))))
    monkeypatch.setattr(train_iuv, "iuv_loss", noted)
    folder = make_people(count=1, frames=2)
    run(TrainOptions(folder, tmp_path / "run", minutes=8.5 / 60.0, batch=1), lambda _: None)
    assert sides == [64, 64, 64, 128]
