from __future__ import annotations

import pytest
import torch
from tests.tiny import tiny_options

from bunraku.networks.generator import Generator
from bunraku.training.average import Average


def test_it_follows_slowly_after_a_fast_start() -> None:
    generator = Generator(tiny_options(True)).train()
    average = Average(generator, decay=0.9)
    mine, latest = average.network.blender.leave.bias, generator.blender.leave.bias
    assert mine is not None
    assert latest is not None
    for steps, decay in ((0, 0.1), (8, 0.5), (10_000, 0.9)):
        mine.data.zero_()
        latest.data.fill_(1.0)
        average.update(generator, steps)
        assert float(mine[0]) == pytest.approx(1.0 - decay)


def test_statistics_are_the_latest() -> None:
    generator = Generator(tiny_options(True)).train()
    average = Average(generator, decay=0.999)
    for buffer in generator.buffers():
        buffer.add_(3)
    average.update(generator, 100)
    pairs = zip(average.network.buffers(), generator.buffers(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert not average.network.training
    assert not any(p.requires_grad for p in average.network.parameters())
    assert all(p.requires_grad for p in generator.parameters())
