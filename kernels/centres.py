"""Where the pixels of a window are, for tensors."""

from __future__ import annotations

import torch
from torch import Tensor


def own_centres(height: int, width: int, device: torch.device, dtype: torch.dtype) -> Tensor:
    """Each pixel's own centre in [-1, 1] window units, ``[2,height,width]`` as (x, y)."""
    x = (torch.arange(width, device=device, dtype=dtype) * 2 + 1) / width - 1
    y = (torch.arange(height, device=device, dtype=dtype) * 2 + 1) / height - 1
    return torch.stack((x.expand(height, width), y.unsqueeze(1).expand(height, width)))
