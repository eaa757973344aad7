"""Blocks that every network is built of."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvBlock(nn.Sequential):
    """Convolution, batch normalisation (folded into it at export), leaky ReLU."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.LeakyReLU(0.1),
        )


class ResidualBlock(nn.Module):
    """Two convolutions around an identity; ``stride`` 2 halves the side."""

    def __init__(self, inputs: int, outputs: int | None = None, stride: int = 1) -> None:
        super().__init__()
        outputs = outputs or inputs
        self.first = ConvBlock(inputs, outputs, stride)
        self.second = nn.Sequential(
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs)
        )
        self.skip: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            self.skip = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.stride = stride

    def start_as_identity(self) -> None:
        """Let the block begin by adding nothing: it can join a network that has learned."""
        last = self.second[1]
        assert isinstance(last, nn.BatchNorm2d)
        nn.init.zeros_(last.weight)

    def forward(self, x: Tensor) -> Tensor:
        # Pixels are left out here and not by a strided 1 × 1 convolution: its bfloat16 gradient
        # writes out of bounds on a CPU (torch 2.13) where x has few channels, channels last.
        kept = x if self.stride == 1 else x[..., :: self.stride, :: self.stride]
        return F.leaky_relu(self.skip(kept) + self.second(self.first(x)), 0.1)


def up2(x: Tensor) -> Tensor:
    """Twice the side, bilinear, ``align_corners=False``."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def down(x: Tensor, factor: int) -> Tensor:
    """The mean of ``factor`` × ``factor`` pixels."""
    return F.avg_pool2d(x, factor) if factor > 1 else x


def identity_grid(side: int, device: torch.device | None = None) -> Tensor:
    """Pixel centres of a square in [-1, 1] units: float32 [1, 2 (x, y), side, side]."""
    centres = (torch.arange(side, device=device, dtype=torch.float32) + 0.5) * (2.0 / side) - 1.0
    x = centres[None, :].expand(side, side)
    y = centres[:, None].expand(side, side)
    return torch.stack([x, y])[None]


def push_pull(values: Tensor, weights: Tensor, levels: int = 5) -> Tensor:
    """Fill holes from their surroundings, near before far.

    Args:
        values: [N, C, H, W], already multiplied by ``weights``.
        weights: [N, 1, H, W], in [0, 1]; 0 is a hole.
        levels: halvings; H and W are multiples of ``2 ** levels``.

    Returns:
        [N, C, H, W]: the values where the weight is 1, smooth extensions of them elsewhere.
    """
    pyramid = [(values, weights)]
    for _ in range(levels):
        v, w = pyramid[-1]
        pyramid.append((down(v, 2), down(w, 2)))
    v, w = pyramid.pop()
    filled = v / (w + 1e-6)
    while pyramid:
        v, w = pyramid.pop()
        own = (w * 4.0).clamp(max=1.0)
        filled = own * (v / (w + 1e-6)) + (1.0 - own) * up2(filled)
    return filled
