from __future__ import annotations

import sys

import pytest
import torch

from bunraku.errors import MissingExtraError
from bunraku.training.perceptual import Perceptual


@pytest.fixture(scope="module")
def perceptual() -> Perceptual:
    return Perceptual()


def test_equal_pictures_are_equal(perceptual: Perceptual) -> None:
    picture = torch.rand(1, 3, 64, 64)
    assert float(perceptual(picture, picture)) == 0.0


def test_more_noise_costs_more(perceptual: Perceptual) -> None:
    torch.manual_seed(0)
    picture = torch.rand(1, 3, 64, 64)
    noise = torch.randn_like(picture)
    little, much, unrelated = (
        float(perceptual((picture + s * noise).clamp(0, 1), picture)) for s in (0.02, 0.2, 5.0)
    )
    assert 0.0 < little < much < unrelated < 3.0


def test_four_maps_of_falling_size(perceptual: Perceptual) -> None:
    sides = [feature.shape[-1] for feature in perceptual.features(torch.rand(1, 3, 64, 64))]
    assert sides == [32, 32, 16, 8]


def test_the_picture_learns_and_the_network_does_not(perceptual: Perceptual) -> None:
    perceptual.train()
    assert not perceptual.training
    picture = torch.rand(1, 3, 64, 64, requires_grad=True)
    perceptual(picture, torch.rand(1, 3, 64, 64)).backward()
    assert picture.grad is not None
    assert bool(picture.grad.any())
    assert all(p.grad is None for p in perceptual.parameters())


def test_without_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite_pytorch", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'bunraku\[train\]'"):
        Perceptual()
