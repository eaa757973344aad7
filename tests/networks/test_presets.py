from __future__ import annotations

import pytest
import torch
from torch import nn

from bunraku.networks.discriminator import Discriminator
from bunraku.networks.generator import Generator
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset

PAPER_PARAMETERS = 34.84e6
"""Section IV of the paper, discriminator not counted."""


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("preset", [Preset.PAPER, Preset.PAPER256])
def test_paper_size(preset: Preset) -> None:
    with torch.device("meta"):
        count = parameters(Generator(preset))
    assert count == pytest.approx(PAPER_PARAMETERS, rel=0.02)


def test_live_is_small_enough_for_a_laptop() -> None:
    with torch.device("meta"):
        assert 1.0e6 < parameters(Generator(Preset.LIVE)) < 2.5e6
        assert parameters(Discriminator(Preset.LIVE)) < 1.0e6


def test_only_live_has_the_prior() -> None:
    assert [preset for preset in Preset if OPTIONS[preset].prior] == [Preset.LIVE]
    assert set(OPTIONS) == set(Preset)


def test_scales_and_latent_lengths_are_the_papers() -> None:
    assert OPTIONS[Preset.PAPER].scales == (32, 64, 128)
    assert OPTIONS[Preset.PAPER256].scales == (64, 128, 256)
    assert OPTIONS[Preset.PAPER].alpha_channels == 384
    assert OPTIONS[Preset.PAPER].densepose_channels == 256


@pytest.mark.parametrize(
    ("window", "size", "message"),
    [(256, 64, "neither size 64 nor twice it"), (40, 40, "not a multiple of 16")],
)
def test_sides_that_do_not_fit(window: int, size: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GeneratorOptions(window=window, size=size)
