"""The IUV net's maps at the size that a generator takes, just as the driver enlarges them."""

from __future__ import annotations

import torch

from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.runtime.drivers.landmarks.enlarging import enlarged


def enlarged_iuv(made: Iuv, size: int) -> Iuv:
    """What an IUV net gives, at a multiple of its size.

    Args:
        made: on the CPU.
        size: of the result, in pixels.

    Returns:
        ``made`` itself where it has the size, and else with scores of 0 and 1 in place of logits.
    """
    if made.u.shape[-1] == size:
        return made
    return IuvNet.split(torch.from_numpy(enlarged(made.densepose().float().numpy(), size)))
