from __future__ import annotations

import pytest
import torch

from bunraku.networks.discriminator import (
    Discriminator,
    discriminator_loss,
    feature_matching,
    generator_loss,
)
from bunraku.networks.presets import GeneratorOptions, Preset


def test_one_verdict_for_each_patch(tiny: GeneratorOptions) -> None:
    assert Discriminator(tiny)(torch.rand(2, 3, 64, 64)).shape == (2, 1, 4, 4)


def test_takes_a_preset_by_name() -> None:
    assert Discriminator(Preset.LIVE).head.out_channels == 1


@pytest.mark.parametrize(
    ("real", "fake", "judge", "fooled"),
    [(1.0, 0.0, 0.0, 0.5), (0.0, 1.0, 1.0, 0.0), (0.5, 0.5, 0.25, 0.125)],
)
def test_least_squares(real: float, fake: float, judge: float, fooled: float) -> None:
    verdicts = torch.full((2, 1, 4, 4), real), torch.full((2, 1, 4, 4), fake)
    assert float(discriminator_loss(*verdicts)) == pytest.approx(judge)
    assert float(generator_loss(verdicts[1])) == pytest.approx(fooled)


def test_feature_matching_by_hand() -> None:
    """Two blocks, 0.5 and 0.1 apart; only the generated ones learn."""
    real = [torch.zeros(1, 2, 4, 4, requires_grad=True), torch.ones(1, 2, 2, 2)]
    fake = [torch.full((1, 2, 4, 4), 0.5, requires_grad=True), torch.full((1, 2, 2, 2), 0.9)]
    with torch.enable_grad():
        cost = feature_matching(real, fake)
        torch.autograd.backward(cost)
    assert float(cost.detach()) == pytest.approx(0.3)
    assert real[0].grad is None
    assert fake[0].grad is not None


def test_features_of_each_block(tiny: GeneratorOptions) -> None:
    judge = Discriminator(tiny)
    picture = torch.rand(1, 3, 64, 64)
    maps = judge.features(picture)
    assert [tuple(m.shape[1:]) for m in maps] == [(4, 32, 32), (8, 16, 16), (8, 8, 8), (12, 4, 4)]
    assert torch.equal(judge.eval().verdict(judge.features(picture)), judge(picture))
