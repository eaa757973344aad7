"""What can be wrong with torchvision, which the tests do without."""

from __future__ import annotations

import importlib
import re
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from bunraku.errors import FetchError, MissingExtraError
from bunraku.training.embedding import TORCHVISION, inception_of
from bunraku.training.features import MEAN, STD
from bunraku.training.torchvision_nets import INCEPTION, VGG19, pretrained


class Inception(nn.Module):
    """Each channel's mean, and a last layer of things that are told apart; in training it gives
    what only training asks for too."""

    def __init__(self) -> None:
        super().__init__()
        self.fc: nn.Module = nn.Linear(3, 1000)
        self.sides: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Any:
        self.sides.append(tuple(x.shape))
        rows = self.fc(x.mean((2, 3)))
        return SimpleNamespace(logits=rows) if self.training else rows


class Models:
    """``torchvision.models``."""

    Inception_V3_Weights = SimpleNamespace(IMAGENET1K_V1="imagenet")

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.made: list[Inception] = []

    def inception_v3(self, weights: str) -> Inception:
        assert weights == "imagenet"
        if self.error is not None:
            raise self.error
        self.made.append(Inception())
        return self.made[0]


def test_a_row_of_what_the_last_layer_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    models = Models()
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    inception = inception_of(TORCHVISION)
    assert inception.name == "torchvision's Inception v3"
    picture = np.full((20, 30, 3), (255, 51, 0), np.uint8)
    row = inception.embed(picture)
    assert row == pytest.approx((np.array([1.0, 0.2, 0.0]) - MEAN) / STD, abs=1e-5)
    assert row.dtype == np.float32
    assert models.made[0].sides == [(1, 3, 299, 299)]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("no route"), "cannot be downloaded: no route. Try again with a network, or walk."),
        (RuntimeError("invalid hash\nvalue"), r"are damaged: invalid hash\. Remove them from .*"),
        (EOFError("Ran out of input"), r"are damaged: Ran out of input\. Remove them from .*"),
        (EOFError(), r"are damaged: EOFError\(\)\. Remove them from .*"),
    ],
)
def test_weights_that_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", Models(error))
    with pytest.raises(FetchError, match=f"The weights of Inception {words}"):
        pretrained(INCEPTION, "walk")


def test_without_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(
        MissingExtraError,
        match="Inception comes with torchvision, which is not installed. Run: .*pip install "
        rf"torchvision torch=={torch.__version__.split('+')[0]}; or leave --inception out",
    ):
        inception_of(TORCHVISION)


@pytest.mark.parametrize("error", [RuntimeError("operator nms does not exist"), ImportError("_C")])
def test_a_torchvision_of_another_torch(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(
        MissingExtraError,
        match=rf"VGG-19 .* is not for torch {re.escape(torch.__version__)}\. Install",
    ):
        pretrained(VGG19, "walk")
