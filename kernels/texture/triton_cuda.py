"""Texture sampling on a GPU, forward and backward, in Triton.

A program takes a run of pixels and some channels and goes through the parts. A part that none of
its pixels shows is left out whole: people are made of large parts, so that most programs see two or
three. Texels are read with the channels innermost, a pixel's as one line of memory; an atlas in
another layout is copied into this one, which is small beside what is read of it.

Sums are in float32, also those of gradients for half precision, which atomics of that width would
round at every step (and bfloat16 has none before compute capability 9.0). The order in which
programs add to a texel changes from run to run, and with it the last bits of the atlas's gradient.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch, planes
from bunraku.kernels.triton_reading import neighbours

PIXELS, PULLED_PIXELS = 64, 32
"""A program's, forward and backward, as many as registers hold (tests/kernels compiles them)."""
CHANNELS, PULLED_CHANNELS = 32, 16
"""Likewise, at most; a forward program has the sums of all of its channels at hand."""
WARPS = 4


def sample_texture(
    atlas: Tensor,
    parts: Tensor,
    u: Tensor,
    v: Tensor,
    minimum_weight: float,
    out: Tensor | None = None,
) -> Tensor:
    """As ``bunraku.kernels.sample_texture`` says, for tensors up to float32 of one device.

    Weights up to ``minimum_weight`` count as nothing; a weight of 0 does at any rate.
    """
    batch, count, channels, height, width = atlas.shape
    texels = _texels(atlas)
    parts, u, v = planes(parts), planes(u), planes(v)
    if out is None:
        out = atlas.new_empty(batch, channels, *parts.shape[2:])
    pixels = parts.shape[2] * parts.shape[3]
    block = min(int(triton.next_power_of_2(channels)), CHANNELS)
    launch(
        _forward,
        (triton.cdiv(pixels, PIXELS), triton.cdiv(channels, block), batch),
        atlas,
        *(texels, parts, u, v, out, count, channels, height, width, pixels),
        *(*parts.stride()[:2], *u.stride()[:2], *v.stride()[:2], minimum_weight),
        PIXELS=PIXELS,
        CHANNELS=block,
        num_warps=WARPS,
    )
    return out


def gradients(
    atlas: Tensor,
    parts: Tensor,
    u: Tensor,
    v: Tensor,
    pull: Tensor,
    minimum_weight: float,
    wanted: Sequence[bool],
) -> tuple[Tensor | None, ...]:
    """What a change of atlas, parts, u and v does to the result, along ``pull [B,C,H,W]``.

    In the dtype of each; None for what is not wanted. Parts that count as nothing add nothing to
    the gradients of the atlas, u and v; that of the weights is computed at every pixel.
    """
    batch, count, channels, height, width = atlas.shape
    texels = _texels(atlas)
    parts, u, v, pull = planes(parts), planes(u), planes(v), pull.contiguous()
    pixels = parts.shape[2] * parts.shape[3]
    wants_atlas, wants_parts, wants_uv = wanted[0], wanted[1], wanted[2] or wanted[3]
    nothing = parts.new_empty(0)
    d_texels = torch.zeros_like(texels, dtype=torch.float32) if wants_atlas else nothing
    d_parts = parts.new_empty(parts.shape) if wants_parts else nothing
    d_u = u.new_empty(u.shape) if wants_uv else nothing
    d_v = v.new_empty(v.shape) if wants_uv else nothing
    launch(
        _backward,
        (triton.cdiv(pixels, PULLED_PIXELS), count, batch),
        atlas,
        *(texels, parts, u, v, pull, d_texels, d_parts, d_u, d_v),
        *(count, channels, height, width, pixels),
        *(*parts.stride()[:2], *u.stride()[:2], *v.stride()[:2], minimum_weight),
        WANTS_TEXELS=wants_atlas,
        WANTS_PARTS=wants_parts,
        WANTS_UV=wants_uv,
        PIXELS=PULLED_PIXELS,
        CHANNELS=min(int(triton.next_power_of_2(channels)), PULLED_CHANNELS),
        num_warps=WARPS,
    )
    return (
        d_texels.permute(0, 1, 4, 2, 3).to(atlas.dtype) if wants_atlas else None,
        d_parts if wants_parts else None,
        d_u if wanted[2] else None,
        d_v if wanted[3] else None,
    )


def _texels(atlas: Tensor) -> Tensor:
    """``[B,K,h,w,C]``, contiguous: a view where the channels are innermost already."""
    return atlas.permute(0, 1, 3, 4, 2).contiguous()


@triton.jit
def sample(
    texels: tl.tensor,
    parts: tl.tensor,
    u: tl.tensor,
    v: tl.tensor,
    out: tl.tensor,
    count: tl.tensor,
    channels: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    pixels: tl.tensor,
    parts_part: tl.tensor,
    u_part: tl.tensor,
    v_part: tl.tensor,
    minimum_weight: tl.tensor,
    texel_step: tl.tensor,
    channel_step: tl.tensor,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    """A program's share of one entry of the batch, at which the pointers stand.

    :param texel_step: from a texel to the next; :param channel_step: from a channel to the next.
    """
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    channel = tl.program_id(1) * CHANNELS + tl.arange(0, CHANNELS)
    inside = pixel < pixels
    total = tl.zeros((PIXELS, CHANNELS), tl.float32)
    # Moved on from part to part instead of multiplied: a large batch of large maps has more
    # elements than 32 bits can count.
    for _ in range(count):
        weight = tl.load(parts + pixel, mask=inside, other=0.0).to(tl.float32)
        counted = inside & ~(tl.abs(weight) <= minimum_weight)  # NaN counts, and shows
        if tl.max(counted.to(tl.int32), 0) > 0:
            x = tl.load(u + pixel, mask=counted, other=0.0).to(tl.float32) * width - 0.5
            y = tl.load(v + pixel, mask=counted, other=0.0).to(tl.float32) * height - 0.5
            x0, x1, right, _x = neighbours(x, width)
            y0, y1, lower, _y = neighbours(y, height)
            read = counted[:, None] & (channel < channels)[None, :]
            for corner in tl.static_range(4):
                row = y0 if corner < 2 else y1
                column = x0 if corner % 2 == 0 else x1
                down = 1.0 - lower if corner < 2 else lower
                across = 1.0 - right if corner % 2 == 0 else right
                at = (row * width + column)[:, None] * texel_step
                at += channel[None, :] * channel_step
                texel = tl.load(texels + at, mask=read, other=0.0).to(tl.float32)
                total += texel * (weight * down * across)[:, None]
        parts += parts_part
        u += u_part
        v += v_part
        texels += height * width * channels
    at = (channel * pixels)[None, :] + pixel[:, None]
    written = inside[:, None] & (channel < channels)[None, :]
    tl.store(out + at, total.to(out.dtype.element_ty), mask=written)


@triton.jit
def _forward(
    texels: tl.tensor,
    parts: tl.tensor,
    u: tl.tensor,
    v: tl.tensor,
    out: tl.tensor,
    count: tl.tensor,
    channels: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    pixels: tl.tensor,
    parts_batch: tl.tensor,
    parts_part: tl.tensor,
    u_batch: tl.tensor,
    u_part: tl.tensor,
    v_batch: tl.tensor,
    v_part: tl.tensor,
    minimum_weight: tl.tensor,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    b = tl.program_id(2).to(tl.int64)
    sample(
        texels + b * count * height * width * channels,
        parts + b * parts_batch,
        u + b * u_batch,
        v + b * v_batch,
        out + b * channels * pixels,
        *(count, channels, height, width, pixels),
        *(parts_part, u_part, v_part, minimum_weight),
        channels,
        1,
        PIXELS,
        CHANNELS,
    )


@triton.jit
def _backward(
    texels: tl.tensor,
    parts: tl.tensor,
    u: tl.tensor,
    v: tl.tensor,
    pull: tl.tensor,
    d_texels: tl.tensor,
    d_parts: tl.tensor,
    d_u: tl.tensor,
    d_v: tl.tensor,
    count: tl.tensor,
    channels: tl.tensor,
    height: tl.tensor,
    width: tl.tensor,
    pixels: tl.tensor,
    parts_batch: tl.tensor,
    parts_part: tl.tensor,
    u_batch: tl.tensor,
    u_part: tl.tensor,
    v_batch: tl.tensor,
    v_part: tl.tensor,
    minimum_weight: tl.tensor,
    WANTS_TEXELS: tl.constexpr,
    WANTS_PARTS: tl.constexpr,
    WANTS_UV: tl.constexpr,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    b = tl.program_id(2).to(tl.int64)
    k = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    weight = tl.load(parts + b * parts_batch + k * parts_part + pixel, mask=inside, other=0.0)
    weight = weight.to(tl.float32)
    counted = inside & ~(tl.abs(weight) <= minimum_weight)
    visited = inside if WANTS_PARTS else counted
    x = tl.load(u + b * u_batch + k * u_part + pixel, mask=visited, other=0.0)
    y = tl.load(v + b * v_batch + k * v_part + pixel, mask=visited, other=0.0)
    x0, x1, right, moves_x = neighbours(x.to(tl.float32) * width - 0.5, width)
    y0, y1, lower, moves_y = neighbours(y.to(tl.float32) * height - 0.5, height)
    texels += (b * count + k) * height * width * channels
    d_texels += (b * count + k) * height * width * channels
    pull += b * channels * pixels
    # The pull along the texel at each corner, summed over the channels.
    p00 = tl.zeros((PIXELS,), tl.float32)
    p01 = tl.zeros((PIXELS,), tl.float32)
    p10 = tl.zeros((PIXELS,), tl.float32)
    p11 = tl.zeros((PIXELS,), tl.float32)
    if tl.max(visited.to(tl.int32), 0) > 0:
        for first in range(0, channels, CHANNELS):
            channel = first + tl.arange(0, CHANNELS)
            read = visited[:, None] & (channel < channels)[None, :]
            at = (channel * pixels)[None, :] + pixel[:, None]
            pulled = tl.load(pull + at, mask=read, other=0.0).to(tl.float32)
            for corner in tl.static_range(4):
                row = y0 if corner < 2 else y1
                column = x0 if corner % 2 == 0 else x1
                at = (row * width + column)[:, None] * channels + channel[None, :]
                if WANTS_PARTS or WANTS_UV:
                    texel = tl.load(texels + at, mask=read, other=0.0).to(tl.float32)
                    along = tl.sum(pulled * texel, 1)
                    if corner == 0:
                        p00 += along
                    elif corner == 1:
                        p01 += along
                    elif corner == 2:
                        p10 += along
                    else:
                        p11 += along
                if WANTS_TEXELS:
                    down = 1.0 - lower if corner < 2 else lower
                    across = 1.0 - right if corner % 2 == 0 else right
                    tl.atomic_add(
                        d_texels + at,
                        pulled * (weight * down * across)[:, None],
                        mask=read & counted[:, None],
                        sem="relaxed",
                    )
    top = p00 + (p01 - p00) * right
    bottom = p10 + (p11 - p10) * right
    if WANTS_PARTS:
        # The gradients are contiguous, whatever the strides of what they are gradients of.
        at = (b * count + k) * pixels + pixel
        tl.store(d_parts + at, top + (bottom - top) * lower, mask=inside)
    if WANTS_UV:
        at = (b * count + k) * pixels + pixel
        across = (p01 - p00) + ((p11 - p10) - (p01 - p00)) * lower
        along_u = tl.where(moves_x & counted, weight * across * width, 0.0)
        along_v = tl.where(moves_y & counted, weight * (bottom - top) * height, 0.0)
        tl.store(d_u + at, along_u, mask=inside)
        tl.store(d_v + at, along_v, mask=inside)
