"""IUV maps as tensors: the hard form on disk, the 73 channels between stages, the paper's 72."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.networks.presets import PARTS

MIRROR = (0, 1, 2, *(k + 1 if k % 2 else k - 1 for k in range(3, 25)))
"""The part on the other side of the body, for each of the 25 parts; torso parts are their own."""

REVERSE = (0, 2, 1, 3, 4, 5, 6, 9, 10, 7, 8, 13, 14, 11, 12, 17, 18, 15, 16, 21, 22, 19, 20, 24, 23)
"""The part on the other face of the same limb (front for back); hands and feet have one chart."""


def densepose_from_iuv(iuv: Tensor) -> Tensor:
    """Expand a hard IUV map.

    Args:
        iuv: uint8 [B, H, W, 3]: part 0 to 24, round(255 U), round(255 V).

    Returns:
        float32 [B, 73, H, W]: one-hot scores of 25 parts, U and V in [0, 1] on the chart of the
        pixel's own part, 0 on the others.
    """
    parts = iuv[..., 0].long()
    one_hot = torch.nn.functional.one_hot(parts, PARTS + 1).permute(0, 3, 1, 2).float()
    uv = iuv[..., 1:].float() / 255.0
    charts = one_hot[:, 1:]
    return torch.cat([one_hot, charts * uv[:, None, ..., 0], charts * uv[:, None, ..., 1]], 1)


def split_densepose(densepose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """P [B, 73, H, W] → scores of the 24 body parts, U, V, each [B, 24, H, W]."""
    return densepose[:, 1:25], densepose[:, 25:49], densepose[:, 49:73]


def one_hot_channels(densepose: Tensor) -> Tensor:
    """P [B, 73, H, W] → the paper's 72 channels: 24 parts × (mask, U, V), U and V centred."""
    s, u, v = split_densepose(densepose)
    return torch.cat([s, s * (u * 2.0 - 1.0), s * (v * 2.0 - 1.0)], 1)


def flip_densepose(densepose: Tensor) -> Tensor:
    """Mirror P left to right: parts change sides and U runs the other way."""
    mirror = torch.tensor(MIRROR, device=densepose.device)
    flipped = densepose.flip(-1)
    s = flipped[:, :25][:, mirror]
    u = flipped[:, 25:49][:, mirror[1:] - 1]
    v = flipped[:, 49:73][:, mirror[1:] - 1]
    return torch.cat([s, 1.0 - u, v], 1)
