"""Overlaying on a GPU, in Triton: one launch, a lane for each pixel of what is laid on."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.overlay.terms import MOST, PICTURED, TRACE
from bunraku.kernels.triton_launch import launch

PIXELS = 128
"""A program's."""
WARPS = 4


def overlay(
    image: Tensor,
    mask: Tensor,
    trust: Tensor,
    warped: Tensor,
    flow: Tensor,
    patch: Tensor,
    corner: tuple[int, int],
) -> None:
    """As ``bunraku.kernels.overlay`` says, for tensors."""
    planes, height, width = patch.shape
    launch(
        _overlay,
        (triton.cdiv(height * width, PIXELS),),
        image,
        *(image, mask, trust, warped, flow, patch.contiguous()),
        *(height * width, width, image.shape[3], *corner, TRACE, MOST),
        PICTURED=planes == PICTURED,
        PIXELS=PIXELS,
        fused=False,
        num_warps=WARPS,
    )


@triton.jit
def _overlay(
    image: tl.tensor,
    mask: tl.tensor,
    trust: tl.tensor,
    warped: tl.tensor,
    flow: tl.tensor,
    patch: tl.tensor,
    pixels: tl.tensor,
    width: tl.tensor,
    n: tl.tensor,
    top: tl.tensor,
    left: tl.tensor,
    trace: tl.tensor,
    most: tl.tensor,
    PICTURED: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    row = pixel // width
    column = pixel - row * width
    at = (top + row) * n + left + column
    size = n * n
    cover = tl.load(patch + 3 * pixels + pixel, mask=inside, other=0.0)
    near = tl.load(patch + 4 * pixels + pixel, mask=inside, other=0.0) * trace
    after = tl.load(mask + at, mask=inside, other=0.0) * (1.0 - cover) + cover
    told = (cover + near) / (after + near + trace * trace)
    tl.store(mask + at, after, mask=inside)
    trusted = tl.load(trust + at, mask=inside, other=0.0) * (1.0 - told)
    read = inside & (told > most)
    if PICTURED:
        trusted = tl.where(read, told, trusted)
        x = tl.load(patch + 5 * pixels + pixel, mask=read, other=0.0)
        y = tl.load(patch + 6 * pixels + pixel, mask=read, other=0.0)
        scale = 2.0 / n
        tl.store(flow + at, (x - (left + column)) * scale, mask=read)
        tl.store(flow + size + at, (y - (top + row)) * scale, mask=read)
        tl.store(warped + 3 * size + at, 1.0 + tl.zeros((PIXELS,), tl.float32), mask=read)
    tl.store(trust + at, trusted, mask=inside)
    for c in tl.static_range(3):
        colour = tl.load(patch + c * pixels + pixel, mask=inside, other=0.0)
        was = tl.load(image + c * size + at, mask=inside, other=0.0)
        tl.store(image + c * size + at, was + (colour - was) * told, mask=inside)
        if PICTURED:
            tl.store(warped + c * size + at, colour, mask=read)
    if not PICTURED:
        for c in tl.static_range(4):
            was = tl.load(warped + c * size + at, mask=inside, other=0.0)
            tl.store(warped + c * size + at, was * (1.0 - told), mask=inside)
