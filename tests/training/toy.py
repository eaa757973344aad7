"""A training so small that a step takes a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from tests.tiny import tiny_options
from torch import Tensor, nn

from bunraku.networks.presets import GeneratorOptions
from bunraku.training.losses.terms import LossWeights
from bunraku.training.recipe import Part, Phase, Recipe
from bunraku.training.run_options import RunOptions


def toy_network(prior: bool = True) -> GeneratorOptions:
    """Of the size of the people on disk, and narrow."""
    return replace(tiny_options(prior), window=256, size=128)


TOY = Recipe(
    (
        Phase("learn", 3, LossWeights(image=1.0, flow=1.0, mask=1.0), learning_rate=1e-3),
        Phase(
            "sharpen",
            2,
            LossWeights(image=1.0, adversarial=0.1, matching=0.1),
            frozenset({Part.BLENDER}),
            falls=True,
        ),
    ),
    people=1,
    drives=2,
)
"""Two phases, the second with a discriminator and most of the network frozen."""


def toy_options(data: Sequence[Path], out: Path, recipe: Recipe = TOY) -> RunOptions:
    """On one thread."""
    return RunOptions(tuple(data), out, toy_network(), recipe, threads=1)


class CheapFeatures(nn.Module):
    """Stands in for the feature network that losses compare pictures by, where what these teach is
    not the matter: the pictures themselves, at three sizes."""

    def features(self, image: Tensor) -> list[Tensor]:
        return [nn.functional.avg_pool2d(image, by) for by in (2, 4, 8)]

    unit_features = features

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        both = zip(self.features(image), self.features(target), strict=True)
        return torch.stack([(own - wanted).abs().mean() for own, wanted in both]).sum()
