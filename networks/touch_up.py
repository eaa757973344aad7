"""The touch-up: a small net that mends what the body driver drew, and nothing that it drew right.

It gives a bounded residual of colours and mask, gated by what the drawing knows of itself: the
photo's own pixels keep their colours, what lies inside of them keeps its mask, and a person who has
not moved is left alone. Before training it changes nothing. Ours, not the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.networks.layers import ConvBlock, down, push_pull, up2

COLOUR_BOUND = 0.6
"""How far colours may be changed, of 1, where nothing is the photo's."""
STILL_PX, MOVED_PX = 1.0, 3.0
"""A drawing whose pixels come from nearer in the photo is left alone; from farther it is not."""
REACH = 2 * 16 + 1
"""Pixels around within which something must have moved."""
INSIDE = 5
"""Pixels around that are all the photo's own, within which the mask stays."""
SLIT, RIM = 7, 3
"""The mask may close what is narrower, and grow beyond its rim by half of the second: a gap between
an arm and the trunk is none of the net's business."""

FILLED = 3
"""Halvings over which colours go on beyond what is drawn: some 16 pixels."""
DRAWN = 4.0
"""One through the mask from which a pixel's colours count as drawn."""


@dataclass(frozen=True)
class TouchUpOptions:
    """Widths, in channels, at a half, a quarter, an eighth and a sixteenth of the window."""

    widths: tuple[int, int, int, int] = (16, 24, 48, 64)


class Touched(NamedTuple):
    """The drawing, mended."""

    image: Tensor
    """``[B, 3, n, n]`` in [0, 1]."""
    mask: Tensor
    """``[B, 1, n, n]`` in [0, 1]."""


class TouchUpNet(nn.Module):
    """A U-Net from half of the window's pixels down."""

    def __init__(self, options: TouchUpOptions | None = None) -> None:
        super().__init__()
        self.options = o = options or TouchUpOptions()
        a, b, c, d = o.widths
        self.enter = ConvBlock(7, a, 2)
        self.down4 = nn.Sequential(ConvBlock(a, b, 2), ConvBlock(b, b))
        self.down8 = nn.Sequential(ConvBlock(b, c, 2), ConvBlock(c, c))
        self.down16 = nn.Sequential(ConvBlock(c, d, 2), ConvBlock(d, d))
        self.lift8, self.up8 = nn.Conv2d(d, c, 1), ConvBlock(c, c)
        self.lift4, self.up4 = nn.Conv2d(c, b, 1), ConvBlock(b, b)
        self.lift2 = nn.Conv2d(b, a, 1)
        self.up2 = ConvBlock(a, a)
        self.head = nn.Conv2d(a, 4 * 4, 1)
        nn.init.zeros_(self.head.weight)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)

    def forward(self, image: Tensor, mask: Tensor, trust: Tensor, flow: Tensor) -> Touched:
        """Mend drawings; arrays as ``runtime.drivers.protocol.Drawn`` has them, n divides by 16.

        Args:
            image: [B, 3, n, n].
            mask: [B, 1, n, n].
            trust: [B, 1, n, n].
            flow: [B, 2, n, n].
        """
        seen = torch.cat([image * mask, mask, trust, (4.0 * flow).clamp(-2.0, 2.0)], 1)
        x2 = self.enter(seen)
        x4 = self.down4(x2)
        x8 = self.down8(x4)
        y = self.up8(up2(self.lift8(self.down16(x8))) + x8)
        y = self.up4(up2(self.lift4(y)) + x4)
        y = self.up2(up2(self.lift2(y)) + x2)
        told = torch.tanh(F.pixel_shuffle(self.head(y), 2).float())
        colour, alpha = gates(mask, trust, flow)
        change = beyond(image, mask) - image + COLOUR_BOUND * told[:, :3]
        return Touched(
            (image + colour * change).clamp(0.0, 1.0),
            (mask + alpha * told[:, 3:]).clamp(0.0, 1.0),
        )


def beyond(image: Tensor, mask: Tensor) -> Tensor:
    """The image where it is drawn, and its colours going on where it is not: ``[B, 3, n, n]``.

    So a slit that the mask closes has the colours around it.
    """
    drawn = down(mask, 2)
    filled = push_pull(down(image * mask, 2), drawn, FILLED)
    own = (mask * DRAWN).clamp(max=1.0)
    return own * image + (1.0 - own) * up2(filled)


def gates(mask: Tensor, trust: Tensor, flow: Tensor) -> tuple[Tensor, Tensor]:
    """Where colours and where the mask may be changed, ``[B, 1, n, n]`` in [0, 1] each."""
    length = flow.abs().amax(1, keepdim=True) * (flow.shape[-1] / 2)
    coarse = F.max_pool2d(length, 4)
    widest = F.max_pool2d(coarse, REACH // 4 + 1, 1, REACH // 8)
    moved = up2(up2(((widest - STILL_PX) / (MOVED_PX - STILL_PX)).clamp(0.0, 1.0)))
    inside = -F.max_pool2d(-mask * trust, INSIDE, 1, INSIDE // 2)
    closed = -F.max_pool2d(-F.max_pool2d(mask, SLIT, 1, SLIT // 2), SLIT, 1, SLIT // 2)
    beside = torch.maximum(closed, F.max_pool2d(mask, RIM, 1, RIM // 2))
    return moved * (1.0 - trust), moved * (1.0 - inside) * beside
