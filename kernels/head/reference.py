"""The plain torch form of the head's guide: any device, differentiable, and the yardstick."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.centres import own_centres
from bunraku.spec.surface import HEAD_SCORE, PRIOR_CONFIDENCE, PRIOR_POSITION


def guide_head(prior: Tensor, surface: Tensor, head: Tensor) -> Tensor:
    """As ``bunraku.kernels.guide_head`` says.

    :param prior: ``[B,6,n,n]``: c·x, c·y, c, colours.
    :param surface: P_d ``[B,73,n,n]``.
    :param head: ``[B,7]``: a 2×3 matrix by rows, and the belief in it.
    :return: ``[B,6,n,n]`` in the prior's dtype; computed in float32, or float64 for such a prior.
    """
    exact = torch.promote_types(prior.dtype, torch.float32)
    values, numbers = prior.to(exact), head.to(exact)
    n = prior.shape[-1]
    grid = own_centres(n, n, prior.device, exact)[None]  # [1,2,n,n]
    matrix = numbers[:, :6].view(-1, 2, 3)
    goal = torch.einsum("bij,bjhw->bihw", matrix[:, :, :2], grid.expand(len(head), -1, -1, -1))
    goal = goal + matrix[:, :, 2, None, None]
    scores = surface[:, HEAD_SCORE].to(exact)
    share = numbers[:, 6, None, None, None] * scores.sum(1, keepdim=True)
    place, belief = values[:, PRIOR_POSITION], values[:, PRIOR_CONFIDENCE, None]
    moved = place + share * (belief * goal - place)
    return torch.cat([moved, values[:, PRIOR_CONFIDENCE:]], 1).to(prior.dtype)
