from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from bunraku.errors import FetchError, MissingExtraError
from bunraku.training.perceptual import FeatureKind, Perceptual, feature_network


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


def test_features_of_unit_size(perceptual: Perceptual) -> None:
    rough = torch.nn.functional.interpolate(
        torch.rand(1, 3, 8, 8), size=(128, 128), mode="bilinear"
    )
    for feature in perceptual.unit_features(rough):
        assert float(feature.square().mean().sqrt()) == pytest.approx(1.0, abs=0.25)


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


class FakeVgg:
    """torchvision.models with a VGG-19 without convolutions; it pools where the true one does."""

    VGG19_Weights = SimpleNamespace(IMAGENET1K_V1="imagenet")

    def __init__(self, error: OSError | None = None) -> None:
        self.error = error

    def vgg19(self, weights: str) -> SimpleNamespace:
        assert weights == "imagenet"
        if self.error is not None:
            raise self.error
        halving = (4, 9, 18, 27, 36)
        layers = [nn.MaxPool2d(2) if i in halving else nn.ReLU() for i in range(37)]
        return SimpleNamespace(features=nn.Sequential(*layers))


def test_the_paper_s_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """relu1_1 to relu5_1 of VGG-19: the whole side, and halved at each pooling between."""
    monkeypatch.setitem(sys.modules, "torchvision.models", FakeVgg())
    vgg = Perceptual(FeatureKind.VGG19)
    sides = [feature.shape[-1] for feature in vgg.features(torch.rand(1, 3, 64, 64))]
    assert sides == [64, 32, 16, 8, 4]
    picture = torch.rand(1, 3, 64, 64)
    plain, unit = vgg.features(picture), vgg.unit_features(picture)
    assert all(torch.equal(a, b) for a, b in zip(plain, unit, strict=True))


def test_vgg_without_torchvision_or_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(MissingExtraError, match="pip install torchvision"):
        Perceptual(FeatureKind.VGG19)
    monkeypatch.setitem(sys.modules, "torchvision.models", FakeVgg(OSError("no route")))
    with pytest.raises(FetchError, match="cannot be downloaded: no route"):
        Perceptual(FeatureKind.VGG19)


def test_folded_features_are_those_of_the_package(perceptual: Perceptual) -> None:
    model = feature_network().eval()
    picture = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        x = model._conv_stem((picture - perceptual.mean) / perceptual.std)
        x = torch.nn.functional.relu6(model._bn0(x))
        wanted = [x]
        for index, block in enumerate(model._blocks[:5]):
            x = block(x)
            if index in (0, 2, 4):
                wanted.append(x)
        got = perceptual.features(picture)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in perceptual.modules())
    for one, two in zip(got, wanted, strict=True):
        assert torch.allclose(one, two, atol=1e-4)
