from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.training.toy import toy_network
from torch import Tensor

from bunraku.kernels import torch_forms
from bunraku.networks.generator import Generator
from bunraku.training.batches import StepBatches
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.generator_data import GeneratorData
from bunraku.training.hardware import place
from bunraku.training.objective import Objective
from bunraku.training.recipe import LIVE

MakePeople = Callable[..., Path]


def costs(batch: GeneratorBatch) -> tuple[float, dict[str, float], Tensor]:
    """Of a generator that is always the same: loss, terms and all gradients in one row."""
    torch.manual_seed(0)
    generator = place(Generator(toy_network()), torch.device("cpu"))
    weights = replace(LIVE.phases[0].weights, perceptual=0.0)
    cost = Objective(generator, weights, None, None)(batch, (0, 0))
    torch.autograd.backward(cost.loss)
    pulls = [p.grad.flatten() for p in generator.parameters() if p.grad is not None]
    return float(cost.loss.detach()), {k: float(v) for k, v in cost.terms.items()}, torch.cat(pulls)


def test_the_fast_forms_teach_what_the_plain_ones_teach(
    make_people: MakePeople, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = replace(LIVE, people=2, drives=2)
    batch = StepBatches(GeneratorData([make_people(count=2)]), recipe, seed=0)[0]
    loss, terms, pull = costs(batch)
    monkeypatch.setattr(torch_forms, "suits_numba", lambda _tensor: False)
    plain_loss, plain_terms, plain_pull = costs(batch)
    # Both round to bfloat16 between the layers.
    assert loss == pytest.approx(plain_loss, rel=1e-3)
    assert terms == pytest.approx(plain_terms, rel=5e-3, abs=1e-4)
    assert float((pull - plain_pull).norm() / plain_pull.norm()) < 0.02
