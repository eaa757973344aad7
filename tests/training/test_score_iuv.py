from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tests.training.test_train_iuv import exact_map
from torch import Tensor, nn

from bunraku.networks.iuv import Iuv
from bunraku.training.iuv_data import IuvData
from bunraku.training.score_iuv import chunks, evaluate

MakePeople = Callable[..., Path]


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


@pytest.mark.parametrize(("total", "size"), [(0, 4), (3, 4), (4, 4), (9, 4)])
def test_chunks_cover_everything_once(total: int, size: int) -> None:
    covered = [i for part in chunks(total, size) for i in range(total)[part]]
    assert covered == list(range(total))
    assert all(len(range(total)[part]) <= size for part in chunks(total, size))
