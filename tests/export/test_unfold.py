from __future__ import annotations

import torch
from tests.tiny import tiny_options
from torch import nn

from bunraku.export.fold import folded
from bunraku.export.unfold import unfold
from bunraku.networks.generator import Generator
from bunraku.networks.layers import ConvBlock, ResidualBlock


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.enter = ConvBlock(3, 8)
        self.think = ResidualBlock(8)
        self.leave = nn.Conv2d(8, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.leave(self.think(self.enter(x)))
        return y


def test_an_unfolded_network_computes_what_it_did_and_is_ready_to_learn() -> None:
    torch.manual_seed(3)
    trained = Net()
    for _ in range(5):  # statistics of its own
        trained(torch.randn(4, 3, 8, 8) * 2.0 + 1.0)
    old, new = folded(trained), Net()
    samples = [torch.randn(4, 3, 8, 8) * 2.0 + 1.0 for _ in range(4)]

    def show() -> None:
        for x in samples:
            new(x)

    unfold(new, old, show)

    assert new.training
    x = torch.randn(2, 3, 8, 8) * 2.0 + 1.0
    with torch.no_grad():
        torch.testing.assert_close(new.eval()(x), old(x), atol=1e-4, rtol=1e-4)
        # In training a batch's own statistics are near to those that it was given.
        near = new.train()(torch.cat(samples)) - old(torch.cat(samples))
    assert float(near.abs().mean()) < 0.05


def test_a_network_with_no_samples_is_still_the_same() -> None:
    torch.manual_seed(4)
    options = tiny_options(prior=True)
    old, new = folded(Generator(options)), Generator(options)
    unfold(new, old, lambda: None)
    again = folded(new)
    for name, weight in old.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], weight, atol=1e-5, rtol=1e-4)
