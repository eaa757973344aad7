"""Averaged weights: what a training exports, smoother than the weights of any one step."""

from __future__ import annotations

import copy
from typing import Generic

import torch
from torch import Tensor

from bunraku.training.hardware import Network


class Average(Generic[Network]):
    """An exponential moving average of a network's weights, with its latest statistics."""

    def __init__(self, learning: Network, decay: float) -> None:
        self.network = copy.deepcopy(learning).eval().requires_grad_(False)
        self._decay = decay

    def update(self, learning: Network, steps: int) -> None:
        """Follow the weights after a step; fast at first, that the start is soon forgotten.

        Args:
            learning: as it is after the step.
            steps: how many were made before.
        """
        decay = min(self._decay, (1.0 + steps) / (10.0 + steps))
        with torch.no_grad():
            mine: list[Tensor] = list(self.network.parameters())
            latest: list[Tensor] = list(learning.parameters())
            torch._foreach_lerp_(mine, latest, 1.0 - decay)
            buffers = zip(self.network.buffers(), learning.buffers(), strict=True)
            for kept, new in buffers:
                kept.copy_(new)
