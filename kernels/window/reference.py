"""The plain torch form of reading a window: any device, and the yardstick. Not differentiable."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels.i420.reference import colours_of


def read_window(
    frame: Tensor,
    matrix: Tensor,
    size: int,
    *,
    samples: int,
    scale: float,
    offset: float,
    dtype: torch.dtype,
) -> Tensor:
    """As ``bunraku.kernels.read_window`` says; computed in float32."""
    colours = colours_of(frame) if frame.dim() == 2 else frame.float()
    height, width, _ = colours.shape
    steps = (torch.arange(size * samples, device=frame.device) + 0.5) / samples - 0.5
    a, b = matrix.float()
    x = a[0] * steps + a[1] * steps[:, None] + a[2]
    y = b[0] * steps + b[1] * steps[:, None] + b[2]
    # What is far outside, or no number, reads nothing, and must not become a large index.
    x = torch.where((x > -2) & (x < width + 1), x, -2.0)
    y = torch.where((y > -2) & (y < height + 1), y, -2.0)
    left, upper = x.floor(), y.floor()
    total = torch.zeros(*x.shape, 3, device=frame.device)
    for row, down in ((upper, upper + 1 - y), (upper + 1, y - upper)):
        for column, across in ((left, left + 1 - x), (left + 1, x - left)):
            seen = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            values = colours[
                row.clamp(0, height - 1).long(), column.clamp(0, width - 1).long()
            ]  # [n,n,3]
            total += values * (seen * down * across)[..., None]
    means = total.reshape(size, samples, size, samples, 3).mean((1, 3))
    return (
        (means * scale + offset)
        .permute(2, 0, 1)[None]
        .to(dtype, memory_format=torch.contiguous_format)
    )
