"""Reading a window on a GPU, in Triton: bytes in, normalised colours out, in one launch."""

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.i420.terms import OF_CHROMA, OF_Y, picture_shape
from bunraku.kernels.triton_launch import launch

PIXELS = 128
"""A program's."""
WARPS = 4


def read_window(
    frame: Tensor,
    matrix: Tensor,
    size: int,
    *,
    samples: int,
    scale: float,
    offset: float,
    dtype: torch.dtype,
    out: Tensor | None = None,
) -> Tensor:
    """As ``bunraku.kernels.read_window`` says, for a matrix up to float32."""
    planar = frame.dim() == 2
    height, width = picture_shape(frame) if planar else tuple(frame.shape[:2])
    if out is None:
        out = frame.new_empty(1, 3, size, size, dtype=dtype)
    launch(
        _read_window,
        (triton.cdiv(size * size, PIXELS),),
        frame,
        *(frame.contiguous(), matrix.contiguous(), out, height, width, size, samples),
        *(scale / samples**2, offset, OF_Y, OF_CHROMA),
        PLANAR=planar,
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _level(frame: tl.tensor, at: tl.tensor, seen: tl.tensor) -> tl.tensor:
    return tl.load(frame + at, mask=seen, other=0).to(tl.float32)


@triton.jit
def _colour(
    y: tl.tensor, u: tl.tensor, v: tl.tensor, of_chroma: tl.tensor, seen: tl.tensor
) -> tl.tensor:
    level = y + of_chroma[0] * u + of_chroma[1] * v
    return tl.where(seen, tl.minimum(tl.maximum(level, 0.0), 255.0), 0.0)


@triton.jit
def _read_window(
    frame: tl.tensor,
    matrix: tl.tensor,
    out: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    size: tl.tensor,
    samples: tl.tensor,
    scale: tl.tensor,
    offset: tl.tensor,
    of_y: tl.tensor,
    of_chroma: tl.tensor,
    PLANAR: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < size * size
    row = pixel // size
    column = pixel - row * size
    ax = tl.load(matrix).to(tl.float32)
    ay = tl.load(matrix + 1).to(tl.float32)
    a = tl.load(matrix + 2).to(tl.float32)
    bx = tl.load(matrix + 3).to(tl.float32)
    by = tl.load(matrix + 4).to(tl.float32)
    b = tl.load(matrix + 5).to(tl.float32)
    red = tl.zeros((PIXELS,), tl.float32)
    green = tl.zeros((PIXELS,), tl.float32)
    blue = tl.zeros((PIXELS,), tl.float32)
    for number in range(samples * samples):
        below = number // samples
        window_x = column + ((number - below * samples) + 0.5) / (samples * 1.0) - 0.5
        window_y = row + (below + 0.5) / (samples * 1.0) - 0.5
        x = ax * window_x + ay * window_y + a
        y = bx * window_x + by * window_y + b
        # What is far outside, or no number, reads nothing, and must not become a large index.
        x = tl.where((x > -2.0) & (x < width + 1.0), x, -2.0)
        y = tl.where((y > -2.0) & (y < height + 1.0), y, -2.0)
        left = tl.floor(x)
        upper = tl.floor(y)
        for i in tl.static_range(4):
            px = left.to(tl.int32) + i % 2
            py = upper.to(tl.int32) + i // 2
            seen = inside & (px >= 0) & (px < width) & (py >= 0) & (py < height)
            across = x - left if i % 2 == 1 else left + 1.0 - x
            down = y - upper if i // 2 == 1 else upper + 1.0 - y
            share = across * down
            if PLANAR:
                half = width // 2
                chroma = height * width + (py // 2) * half + px // 2
                luma = (_level(frame, py * width + px, seen) - 16.0) * of_y
                u = _level(frame, chroma, seen) - 128.0
                v = _level(frame, chroma + (height // 2) * half, seen) - 128.0
                red += _colour(luma, u, v, of_chroma[0], seen) * share
                green += _colour(luma, u, v, of_chroma[1], seen) * share
                blue += _colour(luma, u, v, of_chroma[2], seen) * share
            else:
                at = (py * width + px) * 3
                red += _level(frame, at, seen) * share
                green += _level(frame, at + 1, seen) * share
                blue += _level(frame, at + 2, seen) * share
    kind = out.dtype.element_ty
    tl.store(out + pixel, (red * scale + offset).to(kind), mask=inside)
    tl.store(out + size * size + pixel, (green * scale + offset).to(kind), mask=inside)
    tl.store(out + 2 * size * size + pixel, (blue * scale + offset).to(kind), mask=inside)
