"""The flow warp with gradients on a CPU: Numba kernels behind autograd.

torch's own gather and its gradients take three times as long at the sizes of training, and leave
the channels outermost, so that the convolution which follows has to transpose them.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from bunraku.kernels.jit import (
    FLAG,
    FLOAT,
    INDEX,
    between,
    clamped,
    kernel,
    read_only,
    share,
    strided,
    written,
)

FEATURES = 8
"""Channels from which on they are innermost: with fewer, what follows computes plane by plane."""


def warp_occlude(features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor:
    """The reference's result and gradients, for CPU tensors up to float32.

    Returns:
        ``[B,C,H,W]`` in the features' dtype: features, for a convolution, with the channels
        innermost in memory, and what has less than ``FEATURES`` channels, pictures, as planes.
    """
    apply: Any = _Warp.apply
    result: Tensor = apply(features.float(), flow.float(), occlusion.float())
    return result.to(features.dtype)


class _Warp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, features: Tensor, flow: Tensor, occlusion: Tensor) -> Tensor:
        pixels = _innermost(features)
        flow, occlusion = flow.contiguous(), occlusion.contiguous()
        ctx.save_for_backward(pixels, flow, occlusion)
        batch, _, height, width = flow.shape
        channels = features.shape[1]
        if channels >= FEATURES:
            made = torch.empty(batch, height, width, channels).permute(0, 3, 1, 2)
        else:
            made = torch.empty(batch, channels, height, width)
        out = made.permute(0, 2, 3, 1)
        arrays = [tensor.detach().numpy() for tensor in (pixels, flow, occlusion, out)]
        run = _warped if out.is_contiguous() else _warped_planes

        def rows(first: int, step: int) -> None:
            run(*arrays, first, step)

        share(rows, batch * height, torch.get_num_threads())
        return made

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        pixels, flow, occlusion = ctx.saved_tensors
        wants = wants_pixels, wants_flow, wants_occlusion = ctx.needs_input_grad
        # Arrays of one element stand in for the gradients that nobody asked for.
        d_pixels = torch.zeros(pixels.shape if wants_pixels else (1,) * 4)
        d_flow = torch.empty(flow.shape if wants_flow else (1,) * 4)
        d_occlusion = torch.empty(occlusion.shape if wants_occlusion else (1,) * 4)
        pull = gradient.permute(0, 2, 3, 1)
        if pixels.shape[3] >= FEATURES:
            pull = pull.contiguous()
        tensors = pixels, flow, occlusion, pull, d_pixels, d_flow, d_occlusion
        arrays = [tensor.detach().numpy() for tensor in tensors]
        run = _pulled if pull.is_contiguous() else _pulled_planes

        def pictures(first: int, step: int) -> None:
            run(*arrays, *wants, first, step)

        share(pictures, flow.shape[0], torch.get_num_threads())
        return (
            d_pixels.permute(0, 3, 1, 2) if wants_pixels else None,
            d_flow if wants_flow else None,
            d_occlusion if wants_occlusion else None,
        )


def _innermost(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1).contiguous()


def _warp(pixels: Any, flow: Any, occlusion: Any, out: Any, first: Any, step: Any) -> None:
    source_height, source_width, channels = pixels.shape[1:]
    batch, _, height, width = flow.shape
    half = np.float32(0.5)
    scale_x = np.float32(source_width) / np.float32(width)
    scale_y = np.float32(source_height) / np.float32(height)
    last_x = np.float32(source_width - 1)
    last_y = np.float32(source_height - 1)
    for row in range(first, batch * height, step):
        b = row // height
        i = row % height
        for j in range(width):
            shift_x = flow[b, 0, i, j] * half * np.float32(source_width)
            shift_y = flow[b, 1, i, j] * half * np.float32(source_height)
            x = clamped((np.float32(j) + half) * scale_x - half + shift_x, last_x)
            y = clamped((np.float32(i) + half) * scale_y - half + shift_y, last_y)
            x0, x1, right = between(x, last_x)
            y0, y1, down = between(y, last_y)
            lower = occlusion[b, 0, i, j] * down
            upper = occlusion[b, 0, i, j] - lower
            w01 = upper * right
            w00 = upper - w01
            w11 = lower * right
            w10 = lower - w11
            for c in range(channels):
                out[b, i, j, c] = (
                    w00 * pixels[b, y0, x0, c]
                    + w01 * pixels[b, y0, x1, c]
                    + w10 * pixels[b, y1, x0, c]
                    + w11 * pixels[b, y1, x1, c]
                )


_INPUTS = read_only(4), read_only(4), read_only(4)
_warped = kernel((*_INPUTS, written(4), INDEX, INDEX))(_warp)
_warped_planes = kernel((*_INPUTS, numba.types.Array(FLOAT, 4, "A"), INDEX, INDEX))(_warp)


def _pull(
    pixels: Any,
    flow: Any,
    occlusion: Any,
    gradient: Any,
    d_pixels: Any,
    d_flow: Any,
    d_occlusion: Any,
    wants_pixels: Any,
    wants_flow: Any,
    wants_occlusion: Any,
    first: Any,
    step: Any,
) -> None:
    """Gradients of every ``step``-th picture: a thread alone writes those of its own pictures."""
    source_height, source_width, channels = pixels.shape[1:]
    batch, _, height, width = flow.shape
    half = np.float32(0.5)
    unit_x = half * np.float32(source_width)
    unit_y = half * np.float32(source_height)
    scale_x = np.float32(source_width) / np.float32(width)
    scale_y = np.float32(source_height) / np.float32(height)
    last_x = np.float32(source_width - 1)
    last_y = np.float32(source_height - 1)
    for b in range(first, batch, step):
        for i in range(height):
            for j in range(width):
                free_x = (np.float32(j) + half) * scale_x - half + flow[b, 0, i, j] * unit_x
                free_y = (np.float32(i) + half) * scale_y - half + flow[b, 1, i, j] * unit_y
                x = clamped(free_x, last_x)
                y = clamped(free_y, last_y)
                x0, x1, right = between(x, last_x)
                y0, y1, down = between(y, last_y)
                share_of = occlusion[b, 0, i, j]
                if wants_flow or wants_occlusion:
                    p00 = np.float32(0)
                    p01 = np.float32(0)
                    p10 = np.float32(0)
                    p11 = np.float32(0)
                    for c in range(channels):
                        pull = gradient[b, i, j, c]
                        p00 += pull * pixels[b, y0, x0, c]
                        p01 += pull * pixels[b, y0, x1, c]
                        p10 += pull * pixels[b, y1, x0, c]
                        p11 += pull * pixels[b, y1, x1, c]
                    top = p00 + (p01 - p00) * right
                    bottom = p10 + (p11 - p10) * right
                    if wants_occlusion:
                        d_occlusion[b, 0, i, j] = top + (bottom - top) * down
                    if wants_flow:
                        across = (p01 - p00) + ((p11 - p10) - (p01 - p00)) * down
                        # Beyond the border the sample stands still.
                        moves_x = x == free_x and 0 < x < last_x
                        moves_y = y == free_y and 0 < y < last_y
                        pull_x = share_of * across * unit_x
                        pull_y = share_of * (bottom - top) * unit_y
                        d_flow[b, 0, i, j] = pull_x if moves_x else np.float32(0)
                        d_flow[b, 1, i, j] = pull_y if moves_y else np.float32(0)
                if wants_pixels:
                    lower = share_of * down
                    upper = share_of - lower
                    w01 = upper * right
                    w00 = upper - w01
                    w11 = lower * right
                    w10 = lower - w11
                    for c in range(channels):
                        pull = gradient[b, i, j, c]
                        d_pixels[b, y0, x0, c] += w00 * pull
                        d_pixels[b, y0, x1, c] += w01 * pull
                        d_pixels[b, y1, x0, c] += w10 * pull
                        d_pixels[b, y1, x1, c] += w11 * pull


_OUTPUTS = written(4), written(4), written(4), FLAG, FLAG, FLAG, INDEX, INDEX
_pulled = kernel((*_INPUTS, read_only(4), *_OUTPUTS))(_pull)
_pulled_planes = kernel((*_INPUTS, strided(4), *_OUTPUTS))(_pull)
