from __future__ import annotations

import torch

from bunraku.networks.iuv import Iuv
from bunraku.runtime.drivers.landmarks.enlarging import enlarged
from bunraku.training.enlarging import enlarged_iuv


def made(count: int, side: int) -> Iuv:
    return Iuv(*(torch.randn(count, channels, side, side) for channels in (25, 24, 24)))


def test_training_sees_what_the_driver_gives() -> None:
    net = made(3, 8)
    finer = enlarged_iuv(net, 16)
    driver = enlarged(net.densepose().numpy(), 16)
    assert torch.equal(finer.densepose(), torch.from_numpy(driver))
    hard = finer.hard()
    assert hard.shape == (3, 3, 16, 16)
    part = torch.from_numpy(driver)[:, :25].argmax(1)
    assert torch.equal(hard[:, 0].long(), part)


def test_maps_of_the_size_are_left_alone() -> None:
    net = made(1, 8)
    assert enlarged_iuv(net, 8) is net
