"""The plain torch form of joining: any device, differentiable, and the yardstick."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def join_channels(maps: Sequence[Tensor]) -> Tensor:
    """As ``bunraku.kernels.joining.operator.join_channels`` says, in the widest dtype of all."""
    return torch.cat(list(maps), 1)
