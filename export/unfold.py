"""Normalisation put back beside convolutions that it was folded into, so that they learn on.

A bundle's networks have no batch normalisation left, and learn badly without. Here each
normalisation gets the statistics of what really passes it, and the scale and shift that undo
them: the network computes what it did, and is trained as a new one is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

Norm = nn.BatchNorm2d


@dataclass
class _Seen:
    """What passed a normalisation: sums over samples and pixels, each [c] in float64."""

    count: int = 0
    total: Tensor = field(default_factory=lambda: torch.zeros(()))
    square: Tensor = field(default_factory=lambda: torch.zeros(()))

    def add(self, x: Tensor) -> None:
        values = x.detach().double()
        self.count += values.numel() // values.shape[1]
        self.total = self.total + values.sum((0, 2, 3))
        self.square = self.square + (values * values).sum((0, 2, 3))


def unfold(network: nn.Module, folded: nn.Module, show: Callable[[], None]) -> None:
    """Give a network the weights of its folded form, with statistics of its own.

    Args:
        network: of the same options, not folded; its weights are replaced. It is left in training
            mode, computing in evaluation mode what ``folded`` does.
        folded: as ``export.fold.folded`` or ``export.restore`` gives it.
        show: passes samples through the network, on which the statistics are taken.
    """
    state = folded.state_dict()
    wanted = network.state_dict()
    network.load_state_dict({name: state.get(name, value) for name, value in wanted.items()})
    undone: list[Norm] = []
    for name, sequence in network.named_modules():
        if not isinstance(sequence, nn.Sequential):
            continue
        for index in range(len(sequence) - 1):
            first, second = sequence[index], sequence[index + 1]
            if isinstance(first, nn.Conv2d) and isinstance(second, Norm):
                bias = state[f"{name}.{index}.bias".removeprefix(".")]
                if first.bias is not None:
                    nn.init.zeros_(first.bias)
                _set(second, torch.zeros_like(bias), torch.ones_like(bias), bias)
                undone.append(second)
    network.eval()
    seen = _watch(undone, show)
    for norm, what in zip(undone, seen, strict=True):
        if what.count:
            mean = (what.total / what.count).float()
            variance = (what.square / what.count - (what.total / what.count) ** 2).float()
            _set(norm, mean, variance.clamp(min=0.0), norm.bias.detach() + mean)
    network.train()


def _set(norm: Norm, mean: Tensor, variance: Tensor, bias: Tensor) -> None:
    """Statistics, and a scale that undoes them."""
    with torch.no_grad():
        for held, value in ((norm.running_mean, mean), (norm.running_var, variance)):
            if held is not None:
                held.copy_(value)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.copy_(bias)


@torch.no_grad()
def _watch(norms: list[Norm], show: Callable[[], None]) -> list[_Seen]:
    seen = [_Seen() for _ in norms]
    hooks = [
        norm.register_forward_pre_hook(lambda _norm, inputs, what=what: what.add(inputs[0]))
        for norm, what in zip(norms, seen, strict=True)
    ]
    try:
        show()
    finally:
        for hook in hooks:
            hook.remove()
    return seen
