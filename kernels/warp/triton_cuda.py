"""Flow warp times occlusion on a GPU, forward and backward, in Triton: all scales in one launch.

A frame warps features at three scales, of which the coarse ones are too little work to fill a GPU:
in one launch their programs run beside those of the finest. Features are read in whatever layout
they have. Sums are in float32, also those of the features' gradient in half precision; in which
order programs add to a pixel of it changes from run to run, and with it the last bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import torch
import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch
from bunraku.kernels.triton_reading import neighbours

PIXELS, PULLED_PIXELS = 128, 64
"""A program's, forward and backward, as many as registers hold (tests/kernels compiles them)."""
CHANNELS, PULLED_CHANNELS = 8, 4
"""Likewise, at most; a backward program goes through all channels by as many at a time."""
WARPS = 4

Shapes: TypeAlias = tuple[tuple[int, int, int, int, int], ...]
"""Of each scale: channels, height and width of the features, height and width of the flow."""


def warp_occlude(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    out: Sequence[Tensor] | None = None,
) -> list[Tensor]:
    """As ``bunraku.kernels.warp_occlude_scales`` says, for tensors up to float32 of one device."""
    batch = flow[0].shape[0]
    flow, occlusion = _contiguous(flow), _contiguous(occlusion)
    shapes = _shapes(features, flow)
    if out is None:
        out = [f.new_empty(batch, s[0], *s[3:]) for f, s in zip(features, shapes, strict=True)]
    block = min(triton.next_power_of_2(max(shape[0] for shape in shapes)), CHANNELS)
    tiles = tuple(
        triton.cdiv(h * w, PIXELS) * triton.cdiv(channels, block) for channels, _, _, h, w in shapes
    )
    launch(
        _forward,
        (sum(tiles), batch),
        features[0],
        *(tuple(features), tuple(flow), tuple(occlusion), tuple(out)),
        *(shapes, tuple(f.stride() for f in features), tiles),
        SCALES=len(shapes),
        PIXELS=PIXELS,
        CHANNELS=block,
        num_warps=WARPS,
    )
    return list(out)


def gradients(
    features: Sequence[Tensor],
    flow: Sequence[Tensor],
    occlusion: Sequence[Tensor],
    pull: Sequence[Tensor],
) -> list[Tensor]:
    """What a change of features, flow and occlusion does to the results, along ``pull``.

    Of all features, then all flows, then all occlusions, in the dtype of each.
    """
    batch = flow[0].shape[0]
    flow, occlusion, pull = _contiguous(flow), _contiguous(occlusion), _contiguous(pull)
    shapes = _shapes(features, flow)
    block = min(triton.next_power_of_2(max(shape[0] for shape in shapes)), PULLED_CHANNELS)
    tiles = tuple(triton.cdiv(h * w, PULLED_PIXELS) for _, _, _, h, w in shapes)
    sums = [torch.zeros_like(f, dtype=torch.float32) for f in features]
    d_flow = [torch.empty_like(d) for d in flow]
    d_occlusion = [torch.empty_like(o) for o in occlusion]
    launch(
        _backward,
        (sum(tiles), batch),
        features[0],
        *(tuple(features), tuple(flow), tuple(occlusion), tuple(pull)),
        *(tuple(sums), tuple(d_flow), tuple(d_occlusion)),
        *(shapes, tuple(f.stride() for f in features), tuple(s.stride() for s in sums), tiles),
        SCALES=len(shapes),
        PIXELS=PULLED_PIXELS,
        CHANNELS=block,
        num_warps=WARPS,
    )
    d_features = [s.to(f.dtype) for s, f in zip(sums, features, strict=True)]
    return [*d_features, *d_flow, *d_occlusion]


def _contiguous(tensors: Sequence[Tensor]) -> list[Tensor]:
    return [tensor.contiguous() for tensor in tensors]


def _shapes(features: Sequence[Tensor], flow: Sequence[Tensor]) -> Shapes:
    return tuple((*f.shape[1:], *d.shape[2:]) for f, d in zip(features, flow, strict=True))


@triton.jit
def _place(
    flow: tl.tensor, b: tl.tensor, pixel: tl.tensor, inside: tl.tensor, shape: tl.tensor
) -> tl.tuple:
    """Where pixels of the flow are read in the features: their neighbours, across and down."""
    source_height, source_width, height, width = shape[1], shape[2], shape[3], shape[4]
    pixels = height * width
    row = pixel // width
    column = pixel - row * width
    flow += b * 2 * pixels
    shift_x = tl.load(flow + pixel, mask=inside, other=0.0).to(tl.float32)
    shift_y = tl.load(flow + pixels + pixel, mask=inside, other=0.0).to(tl.float32)
    # Own centre plus flow, from [-1, 1] units to the source's pixel coordinates.
    scale_x = source_width / (width * 1.0)
    scale_y = source_height / (height * 1.0)
    x = (column + 0.5) * scale_x - 0.5 + shift_x * (source_width * 0.5)
    y = (row + 0.5) * scale_y - 0.5 + shift_y * (source_height * 0.5)
    x0, x1, right, moves_x = neighbours(x, source_width)
    y0, y1, lower, moves_y = neighbours(y, source_height)
    return x0, x1, right, moves_x, y0, y1, lower, moves_y


@triton.jit
def _forward_tile(
    features: tl.tensor,
    flow: tl.tensor,
    occlusion: tl.tensor,
    out: tl.tensor,
    shape: tl.tensor,
    strides: tl.tensor,
    tile: tl.tensor,
    b: tl.tensor,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    channels, pixels = shape[0], shape[3] * shape[4]
    runs = tl.cdiv(channels, CHANNELS)
    pixel = (tile // runs) * PIXELS + tl.arange(0, PIXELS)
    channel = (tile % runs) * CHANNELS + tl.arange(0, CHANNELS)
    inside = pixel < pixels
    x0, x1, right, _x, y0, y1, lower, _y = _place(flow, b, pixel, inside, shape)
    shown = tl.load(occlusion + b * pixels + pixel, mask=inside, other=0.0).to(tl.float32)
    written = (channel < channels)[:, None] & inside[None, :]
    features += b * strides[0]
    total = tl.zeros((CHANNELS, PIXELS), tl.float32)
    for corner in tl.static_range(4):
        row = y0 if corner < 2 else y1
        column = x0 if corner % 2 == 0 else x1
        down = 1.0 - lower if corner < 2 else lower
        across = 1.0 - right if corner % 2 == 0 else right
        at = (channel * strides[1])[:, None] + (row * strides[2] + column * strides[3])[None, :]
        value = tl.load(features + at, mask=written, other=0.0).to(tl.float32)
        total += value * (down * across)[None, :]
    out += b * channels * pixels
    at = (channel * pixels)[:, None] + pixel[None, :]
    tl.store(out + at, (total * shown[None, :]).to(out.dtype.element_ty), mask=written)


@triton.jit
def _forward(
    features: tl.tensor,
    flow: tl.tensor,
    occlusion: tl.tensor,
    out: tl.tensor,
    shapes: tl.tensor,
    strides: tl.tensor,
    tiles: tl.tensor,
    SCALES: tl.constexpr,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    tile = tl.program_id(0)
    b = tl.program_id(1).to(tl.int64)
    for i in tl.static_range(SCALES):
        if (tile >= 0) & (tile < tiles[i]):
            _forward_tile(
                *(features[i], flow[i], occlusion[i], out[i]),
                *(shapes[i], strides[i], tile, b, PIXELS, CHANNELS),
            )
        tile -= tiles[i]


@triton.jit
def _backward_tile(
    features: tl.tensor,
    flow: tl.tensor,
    occlusion: tl.tensor,
    pull: tl.tensor,
    d_features: tl.tensor,
    d_flow: tl.tensor,
    d_occlusion: tl.tensor,
    shape: tl.tensor,
    strides: tl.tensor,
    d_strides: tl.tensor,
    tile: tl.tensor,
    b: tl.tensor,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    channels, pixels = shape[0], shape[3] * shape[4]
    pixel = tile * PIXELS + tl.arange(0, PIXELS)
    inside = pixel < pixels
    x0, x1, right, moves_x, y0, y1, lower, moves_y = _place(flow, b, pixel, inside, shape)
    shown = tl.load(occlusion + b * pixels + pixel, mask=inside, other=0.0).to(tl.float32)
    features += b * strides[0]
    d_features += b * d_strides[0]
    pull += b * channels * pixels
    # The pull along the feature at each corner, summed over the channels.
    p00 = tl.zeros((PIXELS,), tl.float32)
    p01 = tl.zeros((PIXELS,), tl.float32)
    p10 = tl.zeros((PIXELS,), tl.float32)
    p11 = tl.zeros((PIXELS,), tl.float32)
    for first in range(0, channels, CHANNELS):
        channel = first + tl.arange(0, CHANNELS)
        read = (channel < channels)[:, None] & inside[None, :]
        at = (channel * pixels)[:, None] + pixel[None, :]
        pulled = tl.load(pull + at, mask=read, other=0.0).to(tl.float32)
        for corner in tl.static_range(4):
            row = y0 if corner < 2 else y1
            column = x0 if corner % 2 == 0 else x1
            at = (channel * strides[1])[:, None]
            at += (row * strides[2] + column * strides[3])[None, :]
            value = tl.load(features + at, mask=read, other=0.0).to(tl.float32)
            told = tl.sum(pulled * value, 0)
            if corner == 0:
                p00 += told
            elif corner == 1:
                p01 += told
            elif corner == 2:
                p10 += told
            else:
                p11 += told
            down = 1.0 - lower if corner < 2 else lower
            across = 1.0 - right if corner % 2 == 0 else right
            at = (channel * d_strides[1])[:, None]
            at += (row * d_strides[2] + column * d_strides[3])[None, :]
            share = (shown * down * across)[None, :]
            tl.atomic_add(d_features + at, pulled * share, mask=read, sem="relaxed")
    top = p00 + (p01 - p00) * right
    bottom = p10 + (p11 - p10) * right
    across = (p01 - p00) + ((p11 - p10) - (p01 - p00)) * lower
    along_x = tl.where(moves_x, shown * across * (shape[2] * 0.5), 0.0)
    along_y = tl.where(moves_y, shown * (bottom - top) * (shape[1] * 0.5), 0.0)
    tl.store(d_occlusion + b * pixels + pixel, top + (bottom - top) * lower, mask=inside)
    tl.store(d_flow + b * 2 * pixels + pixel, along_x, mask=inside)
    tl.store(d_flow + (b * 2 + 1) * pixels + pixel, along_y, mask=inside)


@triton.jit
def _backward(
    features: tl.tensor,
    flow: tl.tensor,
    occlusion: tl.tensor,
    pull: tl.tensor,
    d_features: tl.tensor,
    d_flow: tl.tensor,
    d_occlusion: tl.tensor,
    shapes: tl.tensor,
    strides: tl.tensor,
    d_strides: tl.tensor,
    tiles: tl.tensor,
    SCALES: tl.constexpr,
    PIXELS: tl.constexpr,
    CHANNELS: tl.constexpr,
) -> None:
    tile = tl.program_id(0)
    b = tl.program_id(1).to(tl.int64)
    for i in tl.static_range(SCALES):
        if (tile >= 0) & (tile < tiles[i]):
            _backward_tile(
                *(features[i], flow[i], occlusion[i], pull[i]),
                *(d_features[i], d_flow[i], d_occlusion[i], shapes[i], strides[i], d_strides[i]),
                *(tile, b, PIXELS, CHANNELS),
            )
        tile -= tiles[i]
