"""A generated batch beside the true one, and what several losses ask of both, computed once."""

from __future__ import annotations

from functools import cached_property

import torch
from torch import Tensor

from bunraku.networks.generator import Generated
from bunraku.networks.layers import down
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.losses.motion import exact_flow
from bunraku.training.losses.picture import face_and_hands


class Scene:
    """What the generator made of a batch; pictures are composed over the true background."""

    def __init__(self, out: Generated, batch: GeneratorBatch) -> None:
        self.out = out
        self.batch = batch
        self.drives = len(batch.target) // len(batch.source)
        """Driving frames a person."""
        self.factor = batch.target.shape[-1] // out.app.shape[-1]
        """How much larger the finished picture is than Î_app and Î_geo."""

    @cached_property
    def picture(self) -> Tensor:
        """Î_d through m̂, at window size."""
        blend = self.out.blend
        return blend.mask * blend.image + (1.0 - blend.mask) * self.batch.background

    @cached_property
    def app(self) -> Tensor:
        """Î_app through m̂_app."""
        mask = torch.sigmoid(self.out.app[:, 3:])
        return mask * self.out.app[:, :3] + (1.0 - mask) * self.small(self.batch.background)

    @cached_property
    def geo(self) -> Tensor:
        """Î_geo and the logit of m̂_geo, [B, 4, n, n], of a generator without the prior."""
        geo = self.out.geo
        assert geo is not None, "a generator with the prior has no Î_geo"
        return geo

    @cached_property
    def translated(self) -> tuple[Tensor, Tensor, Tensor]:
        """Ŝ, Û and V̂ of a generator without the prior."""
        translated = self.out.moved.translated
        assert translated is not None, "a generator with the prior translates no DensePose"
        return translated

    def small(self, x: Tensor) -> Tensor:
        """A picture of window size at the networks' own size."""
        return down(x, self.factor)

    @cached_property
    def target(self) -> Tensor:
        """The true frame at the networks' size."""
        return self.small(self.batch.target)

    @cached_property
    def alpha(self) -> Tensor:
        """The true mask at the networks' size."""
        return self.small(self.batch.alpha)

    @cached_property
    def own(self) -> Tensor:
        """The person's true colours without the background, at window size."""
        return self.batch.colour / (self.batch.alpha + 1e-3)

    @cached_property
    def attention(self) -> Tensor:
        """Weight of each pixel at window size."""
        return face_and_hands(self.batch.driving_exact, self.batch.alpha)

    @cached_property
    def correspondence(self) -> tuple[Tensor, Tensor]:
        """The exact flow and where it is known."""
        return exact_flow(self.batch.source_exact, self.batch.driving_exact)

    def by_person(self, x: Tensor) -> Tensor:
        """[B · K, ...] → [B, K, ...]."""
        return x.view(-1, self.drives, *x.shape[1:])
