"""What EfficientNet-Lite0 sees in a picture, once for all measures that are built on it.

Convention: pictures are HWC uint8 RGB; maps are [C, h, w].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from bunraku.spec.arrays import Array, Picture
from bunraku.training.perceptual import feature_network

TAPS = (0, 2, 4, 10, 15)
"""Blocks whose outputs are kept: 1/2, 1/4, 1/8, 1/16 and 1/32 of the side."""
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""ImageNet's, of RGB in [0, 1], as networks of its kind are trained."""


@dataclass(frozen=True, eq=False)
class Features:
    """One picture as the network sees it."""

    maps: tuple[Array, ...]
    """Of the taps, fine to coarse, ``[C, h, w]``."""

    @property
    def pooled(self) -> Array:
        """``[320]``: the mean of the last map over the picture."""
        return np.asarray(self.maps[-1].mean((1, 2)), np.float32)


class FeatureNet:
    """EfficientNet-Lite0 on pictures, one at a time, on the CPU.

    Raises:
        MissingExtraError: its packages are not installed.
    """

    def __init__(self) -> None:
        model = feature_network()
        self._stem = nn.Sequential(model._conv_stem, model._bn0, nn.ReLU6()).eval()
        self._blocks: nn.ModuleList = model._blocks.eval()

    def look(self, picture: Picture) -> Features:
        """All taps of a picture of 32 pixels or more a side."""
        with torch.inference_mode():
            x: Tensor = self._stem(torch.from_numpy(normalised(picture)))
            maps = []
            for i, block in enumerate(self._blocks):
                x = block(x)
                if i in TAPS:
                    maps.append(x[0].numpy())
        return Features(tuple(maps))


def normalised(picture: Picture) -> Array:
    """A picture as networks of ImageNet's kind take it, ``[1, 3, H, W]``."""
    mean, deviation = (np.asarray(values, np.float32) for values in (MEAN, STD))
    values = (picture.astype(np.float32) / 255.0 - mean) / deviation
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])
