"""The discriminator of residual blocks that judges Î_d; least-squares adversarial loss (spec)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bunraku.networks.layers import ResidualBlock
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset


class Discriminator(nn.Module):
    """Judges patches: [B, 3, w, w] in [0, 1] → [B, 1, w/16, w/16], 1 for real."""

    def __init__(self, options: GeneratorOptions | Preset = Preset.LIVE) -> None:
        super().__init__()
        o = OPTIONS[options] if isinstance(options, Preset) else options
        blocks, inputs = [], 3
        for outputs in o.discriminator:
            blocks.append(ResidualBlock(inputs, outputs, stride=2))
            inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Conv2d(inputs, 1, 3, padding=1)

    def features(self, image: Tensor) -> list[Tensor]:
        """The blocks' outputs, fine to coarse, each at half the side of the one before."""
        maps, x = [], image * 2.0 - 1.0
        for block in self.blocks:
            x = block(x)
            maps.append(x)
        return maps

    def verdict(self, maps: Sequence[Tensor]) -> Tensor:
        """What it says of a picture with these :meth:`features`."""
        said: Tensor = self.head(maps[-1])
        return said

    def forward(self, image: Tensor) -> Tensor:
        return self.verdict(self.features(image))


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Equation 14, LSGAN for the discriminator: real patches towards 1, fake towards 0."""
    return 0.5 * (torch.mean((real.float() - 1.0) ** 2) + torch.mean(fake.float() ** 2))


def generator_loss(fake: Tensor) -> Tensor:
    """Equation 14, LSGAN for the generator: fake patches towards 1."""
    return 0.5 * torch.mean((fake.float() - 1.0) ** 2)


def feature_matching(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """Ours: mean absolute difference of the discriminator's features, the mean of its blocks.

    Only ``fake`` learns from it.
    """
    pairs = zip(real, fake, strict=True)
    return torch.stack([(f.float() - r.detach().float()).abs().mean() for r, f in pairs]).mean()
