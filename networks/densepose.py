"""IUV maps as tensors: the hard form, the 73 channels between stages, the paper's 72."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.spec.surface import MIRROR, PARTS, SCORES, part_charts


def hard_from_iuv(iuv: Tensor) -> Tensor:
    """A stored IUV map in numbers: uint8 [B, H, W, 3] → float32 [B, 3, H, W], part 0 to 24, U, V.

    A 24th of the 73 channels, and as much as they say where every pixel is of one part.
    """
    part = iuv[..., :1]
    uv = iuv[..., 1:].float() * ((part > 0) / 255.0)
    return torch.cat([part.float(), uv], -1).permute(0, 3, 1, 2)


def densepose_from_hard(hard: Tensor) -> Tensor:
    """Expand a hard map.

    Args:
        hard: float32 [B, 3, H, W]: part 0 to 24, U and V in [0, 1].

    Returns:
        float32 [B, 73, H, W]: one-hot scores of 25 parts, U and V in [0, 1] on the chart of the
        pixel's own part, 0 on the others.
    """
    part = hard[:, :1].long()
    uv = hard[:, 1:] * (part > 0)
    chart = part.clamp(min=1)  # of the background, 0 is written on the first chart
    densepose = torch.zeros(len(hard), SCORES + 2 * PARTS, *hard.shape[2:], device=hard.device)
    densepose.scatter_(1, part, 1.0)
    densepose.scatter_(1, SCORES - 1 + chart, uv[:, :1])
    densepose.scatter_(1, SCORES - 1 + PARTS + chart, uv[:, 1:])
    return densepose


def densepose_from_iuv(iuv: Tensor) -> Tensor:
    """Expand a stored IUV map, uint8 [B, H, W, 3]: part 0 to 24, round(255 U), round(255 V)."""
    return densepose_from_hard(hard_from_iuv(iuv))


def one_hot_maps(densepose: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """P [B, 73, H, W] → the paper's 72 channels as three times 24: mask, U and V, these centred."""
    s, u, v = part_charts(densepose)
    return s, s * (u * 2.0 - 1.0), s * (v * 2.0 - 1.0)


def flip_hard(hard: Tensor) -> Tensor:
    """Mirror a hard map [B, 3, H, W] left to right: parts change sides and U runs the other way."""
    part, u, v = torch.split(hard.flip(-1), 1, 1)
    mirror = torch.tensor(MIRROR, dtype=hard.dtype, device=hard.device)
    return torch.cat([mirror[part.long()], 1.0 - u, v], 1)
