"""What a step costs: the generator, its losses and the critic's word, in one call."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from bunraku.networks.generator import Generated, Generator, repeat_identity
from bunraku.training.critic import Critic
from bunraku.training.generator_batch import GeneratorBatch
from bunraku.training.losses.terms import LossWeights, generator_terms
from bunraku.training.perceptual import Perceptual
from bunraku.training.precision import bf16


class Cost(NamedTuple):
    """Of one batch."""

    loss: Tensor
    """What the generator learns from."""
    terms: dict[str, Tensor]
    """Each term's own value, without gradients."""
    picture: Tensor
    """What was generated, [N, 3, w, w], without gradients."""


class Objective(nn.Module):
    """The generator under a phase's losses; one call, so that processes can share its gradients."""

    def __init__(
        self,
        generator: Generator,
        weights: LossWeights,
        perceptual: Perceptual | None,
        critic: Critic | None,
    ) -> None:
        super().__init__()
        self.generator = generator
        self.weights = weights
        # In a tuple they are no modules of this one: they learn otherwise, or not at all.
        self._judges = (perceptual, critic)

    def forward(self, batch: GeneratorBatch, crop: tuple[int, int]) -> Cost:
        """A batch's cost.

        Args:
            batch: on the generator's device.
            crop: top left corner of the piece that the perceptual term compares.
        """
        perceptual, critic = self._judges
        with bf16(batch.target.device):
            out = drive(self.generator, batch)
        loss, terms, picture = generator_terms(out, batch, self.weights, perceptual, crop)
        if critic is not None:
            for name, said in critic.judge(picture, batch.target).items():
                loss = loss + getattr(self.weights, name) * said
                terms[name] = said.detach()
        return Cost(loss, terms, picture.detach())


def drive(generator: Generator, batch: GeneratorBatch) -> Generated:
    """Encode the batch's sources once and drive each with its frames."""
    identity = generator.encode_source(batch.source, batch.mask, batch.source_densepose)
    drives = len(batch.target) // len(batch.source)
    return generator.drive(repeat_identity(identity, drives), batch.driving_densepose, batch.head)
