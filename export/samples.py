"""Made-up inputs of the right kind, for tracing networks and for comparing what came out.

They look like a person from far away: a body-shaped silhouette cut into parts with smooth charts.
Noise would hit the places where the networks jump, which no real input does.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.iuv import SIDE
from bunraku.networks.presets import GeneratorOptions
from bunraku.spec import tensors as names
from bunraku.spec.landmarks import LANDMARKS
from bunraku.spec.surface import PARTS


def source_sample(options: GeneratorOptions, seed: int = 0) -> dict[str, Tensor]:
    """The source engine's inputs: image and mask at window size, P_s at the networks' size."""
    random = torch.Generator().manual_seed(seed)
    image = _smooth(random, 3, options.window, cells=12).sigmoid()
    return {
        names.IMAGE: image,
        names.MASK: _silhouette(options.window).clamp(0.0, 1.0),
        names.SURFACE: driving_sample(options, seed + 1),
    }


def driving_sample(options: GeneratorOptions, seed: int = 0) -> Tensor:
    """P_d ``[1,73,n,n]``: one part a pixel, as exact maps are."""
    random = torch.Generator().manual_seed(seed)
    n = options.size
    part = _smooth(random, PARTS, n, cells=5).argmax(1) + 1
    part = part * (_silhouette(n)[:, 0] > 0.5)
    charts = _smooth(random, 2, n, cells=4).sigmoid()
    iuv = torch.cat([part[:, None].float(), charts * 255.0], 1)
    return densepose_from_iuv(iuv.round().to(torch.uint8).permute(0, 2, 3, 1))


def head_sample() -> Tensor:
    """A map of the head ``[1, 7]``: turned a little, moved a little, half believed."""
    return torch.tensor([[0.98, -0.1, 0.03, 0.1, 0.98, -0.05, 0.5]])


def iuv_sample(seed: int = 0) -> dict[str, Tensor]:
    """The IUV net's inputs: landmarks ``[1,33,4]`` of somebody upright, and a mask."""
    random = torch.Generator().manual_seed(seed)
    landmarks = torch.rand(1, LANDMARKS, 4, generator=random) * 0.1 + 0.45
    landmarks[..., 1] = torch.linspace(0.1, 0.9, LANDMARKS) + landmarks[..., 1] * 0.1
    landmarks[..., 2] -= 0.5
    landmarks[..., 3] = torch.rand(1, LANDMARKS, generator=random)
    return {names.LANDMARKS: landmarks, names.MASK: _silhouette(SIDE).clamp(0.0, 1.0)}


def _smooth(random: torch.Generator, channels: int, side: int, cells: int) -> Tensor:
    coarse = torch.randn(1, channels, cells, cells, generator=random) * 2.0
    return F.interpolate(coarse, (side, side), mode="bicubic", align_corners=False)


def _silhouette(side: int) -> Tensor:
    """``[1,1,side,side]``: above 0.5 inside an upright ellipse, with a soft rim."""
    centres = (torch.arange(side) + 0.5) / side - 0.5
    radius = (centres[None, :] / 0.28).square() + (centres[:, None] / 0.45).square()
    return ((1.0 - radius) * side / 16.0 + 0.5)[None, None]
