"""I420 on a GPU, in Triton: a lane takes the four pixels that share a level of U and V."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.i420.terms import U_OF_RGB, V_OF_RGB, Y_OF_RGB, shape_of
from bunraku.kernels.triton_launch import launch

PIXELS = 128
"""A program's, of U and V."""
WARPS = 4


def to_i420(picture: Tensor) -> Tensor:
    """As ``bunraku.kernels.to_i420`` says."""
    height, width, _ = picture.shape
    out = picture.new_empty(shape_of(height, width))
    launch(
        _to_i420,
        (triton.cdiv(out.numel() // 6, PIXELS),),
        picture,
        *(picture.contiguous(), out, height, width, Y_OF_RGB, U_OF_RGB, V_OF_RGB),
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _weighed(
    red: tl.tensor, green: tl.tensor, blue: tl.tensor, weights: tl.tensor, zero: tl.constexpr
) -> tl.tensor:
    level = red * weights[0] + green * weights[1] + blue * weights[2]
    return (level + (zero + 0.5)).to(tl.uint8)


@triton.jit
def _to_i420(
    picture: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    y_of_rgb: tl.tensor,
    u_of_rgb: tl.tensor,
    v_of_rgb: tl.tensor,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    half = (width + 1) // 2
    quarter = ((height + 1) // 2) * half
    inside = pixel < quarter
    row = pixel // half * 2
    column = (pixel - row // 2 * half) * 2
    red = tl.zeros((PIXELS,), tl.float32)
    green = tl.zeros((PIXELS,), tl.float32)
    blue = tl.zeros((PIXELS,), tl.float32)
    for i in tl.static_range(4):
        down, across = row + i // 2, column + i % 2
        at = tl.minimum(down, height - 1) * width + tl.minimum(across, width - 1)
        r = tl.load(picture + at * 3, mask=inside, other=0).to(tl.float32)
        g = tl.load(picture + at * 3 + 1, mask=inside, other=0).to(tl.float32)
        b = tl.load(picture + at * 3 + 2, mask=inside, other=0).to(tl.float32)
        y = _weighed(r, g, b, y_of_rgb, 16.0)
        tl.store(out + down * (2 * half) + across, y, mask=inside)
        red += r * 0.25
        green += g * 0.25
        blue += b * 0.25
    planes = out + quarter * 4
    tl.store(planes + pixel, _weighed(red, green, blue, u_of_rgb, 128.0), mask=inside)
    tl.store(planes + quarter + pixel, _weighed(red, green, blue, v_of_rgb, 128.0), mask=inside)
