"""Restoring on a GPU, in Triton: a lane for each of the photo's pixels in the window, in place."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.pasting.terms import TRACE, Box, inside
from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import between, cell, clamped

PIXELS = 256
"""A program's."""
WARPS = 4


def restore(picture: Tensor, photo: Tensor, share: Tensor, box: Box) -> None:
    """As ``bunraku.kernels.restore`` says, for tensors."""
    n, (left, top, side) = share.shape[0], box
    x0, y0, x1, y1 = inside(box, tuple(picture.shape))
    pixels = (x1 - x0) * (y1 - y0)
    launch(
        _restore,
        (triton.cdiv(pixels, PIXELS),),
        picture,
        *(picture, photo.contiguous(), share.contiguous(), pixels, x1 - x0, x0, y0),
        *(picture.shape[1], n, left, top, n / side, TRACE),
        PIXELS=PIXELS,
        num_warps=WARPS,
    )


@triton.jit
def _restore(
    picture: tl.tensor,
    photo: tl.tensor,
    share: tl.tensor,
    pixels: tl.tensor,
    across: tl.tensor,
    x0: tl.tensor,
    y0: tl.tensor,
    width: tl.tensor,
    n: tl.tensor,
    left: tl.tensor,
    top: tl.tensor,
    ratio: tl.tensor,
    trace: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    row = pixel // across
    x = x0 + pixel - row * across
    y = y0 + row
    u = ((x - left).to(tl.float32) + 0.5) * ratio - 0.5
    v = ((y - top).to(tl.float32) + 0.5) * ratio - 0.5
    weight = clamped(between(share, cell(u, v, n, n), n, 1, inside), 1.0)
    shows = inside & (weight >= trace)
    at = (y.to(tl.int64) * width + x) * 3
    for c in tl.static_range(3):
        below = tl.load(picture + at + c, mask=shows, other=0).to(tl.float32)
        own = tl.load(photo + at + c, mask=shows, other=0).to(tl.float32)
        value = below + (own - below) * weight + 0.5
        tl.store(picture + at + c, value.to(tl.uint8), mask=shows)
