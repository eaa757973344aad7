"""IUV maps as tensors: the hard form on disk, the 73 channels between stages, the paper's 72."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.spec.surface import MIRROR, SCORE, SCORES, U, V, part_charts


def densepose_from_iuv(iuv: Tensor) -> Tensor:
    """Expand a hard IUV map.

    Args:
        iuv: uint8 [B, H, W, 3]: part 0 to 24, round(255 U), round(255 V).

    Returns:
        float32 [B, 73, H, W]: one-hot scores of 25 parts, U and V in [0, 1] on the chart of the
        pixel's own part, 0 on the others.
    """
    parts = iuv[..., 0].long()
    one_hot = torch.nn.functional.one_hot(parts, SCORES).permute(0, 3, 1, 2).float()
    uv = iuv[..., 1:].float() / 255.0
    charts = one_hot[:, 1:]
    return torch.cat([one_hot, charts * uv[:, None, ..., 0], charts * uv[:, None, ..., 1]], 1)


def one_hot_channels(densepose: Tensor) -> Tensor:
    """P [B, 73, H, W] → the paper's 72 channels: 24 parts × (mask, U, V), U and V centred."""
    s, u, v = part_charts(densepose)
    return torch.cat([s, s * (u * 2.0 - 1.0), s * (v * 2.0 - 1.0)], 1)


def flip_densepose(densepose: Tensor) -> Tensor:
    """Mirror P left to right: parts change sides and U runs the other way."""
    mirror = torch.tensor(MIRROR, device=densepose.device)
    flipped = densepose.flip(-1)
    s = flipped[:, SCORE][:, mirror]
    u = flipped[:, U][:, mirror[1:] - 1]
    v = flipped[:, V][:, mirror[1:] - 1]
    return torch.cat([s, 1.0 - u, v], 1)
