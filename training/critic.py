"""The discriminator in training: it judges for the generator, and learns beside it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from bunraku.networks.discriminator import (
    Discriminator,
    discriminator_loss,
    feature_matching,
    generator_loss,
)
from bunraku.networks.presets import GeneratorOptions
from bunraku.training.hardware import place
from bunraku.training.precision import bf16
from bunraku.training.ranks import Ranks


class _Lesson(nn.Module):
    """One loss of the discriminator, in one call, so that processes can share its gradients."""

    def __init__(self, network: Discriminator) -> None:
        super().__init__()
        self.network = network

    def forward(self, real: Tensor, fake: Tensor) -> Tensor:
        with bf16(real.device):
            return discriminator_loss(self.network(real), self.network(fake))


class Critic:
    """The discriminator with its own optimiser."""

    def __init__(self, options: GeneratorOptions, ranks: Ranks, beta: float) -> None:
        self.network = place(Discriminator(options), ranks.device)
        self.optimiser = torch.optim.AdamW(
            self.network.parameters(), betas=(beta, 0.999), weight_decay=0.0
        )
        self._lesson = ranks.share(_Lesson(self.network))

    def judge(self, fake: Tensor, real: Tensor) -> dict[str, Tensor]:
        """``adversarial`` (eq. 14) and ``matching``, with gradients for the generator alone."""
        self.network.requires_grad_(False)
        with bf16(fake.device):
            with torch.no_grad():
                known = self.network.features(real)
            seen = self.network.features(fake)
            losses = {
                "adversarial": generator_loss(self.network.verdict(seen)),
                "matching": feature_matching(known, seen),
            }
        self.network.requires_grad_(True)
        return losses

    def learn(self, fake: Tensor, real: Tensor, rate: float) -> Tensor:
        """One step of its own; its loss (eq. 14). What is not finite teaches nothing."""
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        loss: Tensor = self._lesson(real, fake)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(self.network.parameters(), 1e9)
        if torch.isfinite(norm):
            self.optimiser.step()
        return loss.detach()

    def state_dict(self) -> dict[str, Any]:
        """Weights and optimiser."""
        return {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any], /) -> None:
        """The reverse of :meth:`state_dict`."""
        self.network.load_state_dict(state_dict["network"])
        self.optimiser.load_state_dict(state_dict["optimiser"])
