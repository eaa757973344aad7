"""The plain torch form of enlarging: any device, differentiable, and the yardstick."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.kernels.enlarge.tears import TORN


def enlarge_flow(flow: Tensor, side: int) -> Tensor:
    """As ``bunraku.kernels.enlarge_flow`` says; where it is torn does not depend on gradients.

    :param flow: ``[B,2,n,n]``, displacement (x, y) in [-1, 1] units.
    :param side: of the result, in pixels.
    :return: ``[B,2,side,side]`` in the flow's dtype; computed in float32, or float64 for such.
    """
    exact = torch.promote_types(flow.dtype, torch.float32)
    values = flow.to(exact)
    size = (side, side)
    spread = F.max_pool2d(values, 3, 1, 1) + F.max_pool2d(-values, 3, 1, 1)
    torn = (spread.amax(1, keepdim=True) > TORN).to(exact)
    smooth = F.interpolate(values, size, mode="bilinear", align_corners=False)
    nearest = F.interpolate(values, size, mode="nearest")
    result = smooth + F.interpolate(torn, size, mode="nearest") * (nearest - smooth)
    return result.to(flow.dtype)
