from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.training.toy import TOY

from bunraku.training.batches import StepBatches, Steps
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.generator_data import GeneratorData

MakePeople = Callable[..., Path]


@pytest.fixture
def data(make_people: MakePeople) -> GeneratorData:
    return GeneratorData([make_people(count=3, frames=3)])


def same(a: GeneratorBatch, b: GeneratorBatch) -> bool:
    return all(torch.equal(t, getattr(b, name)) for name, t in vars(a).items())


def test_a_step_has_its_batch_whoever_asks_and_when(data: GeneratorData) -> None:
    made = StepBatches(data, TOY, seed=3)
    first = made[7]
    torch.rand(5)
    made[8]
    assert same(made[7], first)
    assert same(list(made.walk(6, 8, workers=0))[1], first)
    assert not same(made[8], first)
    assert not same(StepBatches(data, TOY, seed=4)[7], first)
    assert not same(StepBatches(data, TOY, seed=3, process=1)[7], first)


def test_a_batch_leaves_torch_s_numbers_alone(data: GeneratorData) -> None:
    made = StepBatches(data, TOY, seed=0)
    torch.manual_seed(1)
    wanted = torch.rand(3)
    torch.manual_seed(1)
    made[0]
    assert torch.equal(torch.rand(3), wanted)


def test_purposes_have_numbers_of_their_own(data: GeneratorData) -> None:
    made = StepBatches(data, TOY, seed=0)
    assert made.random(1, 1).random() == made.random(1, 1).random()
    assert made.random(1, 1).random() != made.random(1).random()


def test_each_process_sees_people_of_its_own(make_people: MakePeople) -> None:
    folders = [make_people(count=3, frames=2), make_people(count=2, frames=2, name="more")]
    shards = [GeneratorData(folders, shard=(i, 2)).records for i in range(2)]
    assert [len(shard) for shard in shards] == [3, 2]
    assert sorted([*shards[0], *shards[1]]) == sorted(GeneratorData(folders).records)


def test_a_worker_reads_ahead_the_same(data: GeneratorData) -> None:
    made = StepBatches(data, TOY, seed=0)
    read = list(made.walk(2, 4, workers=1))
    assert len(read) == 2
    assert all(same(batch, made[step]) for batch, step in zip(read, (2, 3), strict=True))


class Deafness(Steps[bool]):
    """Whether who makes the batch does not hear Ctrl-C."""

    def draw(self, rng: np.random.Generator) -> bool:
        return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_a_worker_leaves_ctrl_c_to_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which ends after a step, instead of missing its batches."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))  # where workers find this module
    assert list(Deafness(0).walk(0, 1, workers=1)) == [True]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_neighbours_are_asked_for_by_the_walk(
    data: GeneratorData, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, asked = StepBatches(data, TOY, seed=0), []
    draw = data.draw

    def drawn(*of: Any, neighbours: bool = False) -> GeneratorBatch:
        asked.append(neighbours)
        return draw(*of, neighbours=neighbours)

    monkeypatch.setattr(data, "draw", drawn)
    list(made.walk(0, 1, workers=0))
    list(made.showing(neighbours=True).walk(0, 1, workers=0))
    assert asked == [False, True]
