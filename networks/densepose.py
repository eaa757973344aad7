"""IUV maps as tensors: the hard form on disk, the 73 channels between stages, the paper's 72."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.spec.surface import MIRROR, PARTS, SCORE, SCORES, U, V, part_charts


def densepose_from_iuv(iuv: Tensor) -> Tensor:
    """Expand a hard IUV map.

    Args:
        iuv: uint8 [B, H, W, 3]: part 0 to 24, round(255 U), round(255 V).

    Returns:
        float32 [B, 73, H, W]: one-hot scores of 25 parts, U and V in [0, 1] on the chart of the
        pixel's own part, 0 on the others.
    """
    part = iuv[..., 0].long()[:, None]
    uv = iuv[..., 1:].permute(0, 3, 1, 2).float() * ((part > 0) / 255.0)
    chart = part.clamp(min=1)  # of the background, 0 is written on the first chart
    densepose = torch.zeros(len(iuv), SCORES + 2 * PARTS, *iuv.shape[1:3], device=iuv.device)
    densepose.scatter_(1, part, 1.0)
    densepose.scatter_(1, SCORES - 1 + chart, uv[:, :1])
    densepose.scatter_(1, SCORES - 1 + PARTS + chart, uv[:, 1:])
    return densepose


def one_hot_maps(densepose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """P [B, 73, H, W] → the paper's 72 channels as three times 24: mask, U and V, these centred."""
    s, u, v = part_charts(densepose)
    return s, s * (u * 2.0 - 1.0), s * (v * 2.0 - 1.0)


def flip_densepose(densepose: Tensor) -> Tensor:
    """Mirror P left to right: parts change sides and U runs the other way."""
    mirror = torch.tensor(MIRROR, device=densepose.device)
    flipped = densepose.flip(-1)
    s = flipped[:, SCORE][:, mirror]
    u = flipped[:, U][:, mirror[1:] - 1]
    v = flipped[:, V][:, mirror[1:] - 1]
    return torch.cat([s, 1.0 - u, v], 1)
