"""The plain torch form of texture sampling: any device, differentiable, and the yardstick."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def sample_texture(atlas: Tensor, parts: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """Sum over the parts of the weight times the part's texture at (u, v): eq. 6 and 7.

    Convention: u and v are in [0, 1] over a part's texture, texel centres at ``(i + 0.5) / size``
    (``align_corners=False``); coordinates beyond the border take the border's texel.

    It holds all K samples of all C channels at once, ``[B,K,C,H,W]``: clear, and heavy.

    :param atlas: ``[B,K,C,h,w]``, a texture of C channels for each of the K parts.
    :param parts: ``[B,K,H,W]``, weights; the caller leaves the background out.
    :param u: ``[B,K,H,W]``, across the texture.
    :param v: ``[B,K,H,W]``, down the texture.
    :return: ``[B,C,H,W]`` in the atlas's dtype; computed in float32, or float64 for such an atlas.
    """
    exact = torch.promote_types(atlas.dtype, torch.float32)
    # A grid in [-1, 1] with align_corners=False reads texel coordinate u * width - 0.5.
    grid = torch.stack((u, v), -1).to(exact) * 2 - 1  # [B,K,H,W,2]
    sampled = F.grid_sample(
        atlas.to(exact).flatten(0, 1),
        grid.flatten(0, 1),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    sampled = sampled.reshape(*parts.shape[:2], -1, *parts.shape[2:])  # [B,K,C,H,W]
    return (sampled * parts.to(exact).unsqueeze(2)).sum(1).to(atlas.dtype)
