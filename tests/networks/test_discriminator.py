from __future__ import annotations

import pytest
import torch

from bunraku.networks.discriminator import Discriminator, discriminator_loss, generator_loss
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
