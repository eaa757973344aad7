"""The plain torch form of warp times occlusion: any device, differentiable, and the yardstick."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from bunraku.kernels.centres import own_centres


def warp_occlude(features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor:
    """Features read at each pixel's own centre plus its flow, times the occlusion: eq. 3.

    Convention: flow is a displacement (x, y) in the window's [-1, 1] units, so 2 is the whole
    width; pixel centres at ``(i + 0.5) / size`` (``align_corners=False``); positions beyond the
    border take the border's value. A zero flow at equal sizes is the identity.

    :param features: ``[B,C,h,w]``.
    :param flow: ``[B,2,H,W]``; H, W may differ from h, w.
    :param occlusion: ``[B,1,H,W]``, 1 = visible in the source.
    :return: ``[B,C,H,W]`` in the features' dtype; computed in float32, or float64 if they are.
    """
    exact = torch.promote_types(features.dtype, torch.float32)
    position = flow.to(exact) + own_centres(flow.shape[2], flow.shape[3], flow.device, exact)
    warped = F.grid_sample(
        features.to(exact),
        position.permute(0, 2, 3, 1),
        mode="bilinear",
        padding_mode="border",
        align_corners=False,
    )
    return (warped * occlusion.to(exact)).to(features.dtype)
