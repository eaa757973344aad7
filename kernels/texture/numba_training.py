"""Texture sampling with gradients on a CPU: the Numba kernels behind autograd.

At the sizes of training (12 x 24 parts x 16 channels at 128x128) the reference writes and reads
300 MB of samples per step; here only pixels of a part's own weight are visited.
"""

from __future__ import annotations

from typing import Any

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
from bunraku.kernels.texture import numba_cpu


def sample_texture(
    atlas: Tensor, parts: Tensor, u: Tensor, v: Tensor, minimum_weight: float
) -> Tensor:
    """The reference's result and gradients, for CPU tensors up to float32.

    Weights up to ``minimum_weight`` count as nothing; at 0 the result and all gradients are exact:
    a part of weight 0 adds nothing to the gradients of the atlas, u and v, and the gradient of the
    weights themselves is computed at every pixel when they need one.
    """
    apply: Any = _SampleTexture.apply
    result: Tensor = apply(atlas.float(), parts.float(), u.float(), v.float(), minimum_weight)
    return result.to(atlas.dtype)


class _SampleTexture(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, atlas: Tensor, parts: Tensor, u: Tensor, v: Tensor, minimum_weight: float
    ) -> Tensor:
        ctx.save_for_backward(atlas, parts, u, v)
        ctx.minimum_weight = minimum_weight
        out = numba_cpu.sample_texture(
            *(tensor.detach().numpy() for tensor in (atlas, parts, u, v)),
            minimum_weight=minimum_weight,
            threads=torch.get_num_threads(),
        )
        return torch.from_numpy(out)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        atlas, parts, u, v = ctx.saved_tensors
        wants_atlas, wants_parts, wants_u, wants_v = ctx.needs_input_grad[:4]
        texels = atlas.permute(0, 1, 3, 4, 2).contiguous()
        # Arrays of one element stand in for the gradients that nobody asked for.
        d_texels = torch.zeros(texels.shape if wants_atlas else (1,) * 5)
        d_parts = torch.zeros(parts.shape if wants_parts else (1,) * 4)
        d_u = torch.zeros(parts.shape if wants_u or wants_v else (1,) * 4)
        d_v = torch.zeros(parts.shape if wants_u or wants_v else (1,) * 4)
        inputs = [
            tensor.numpy()
            for tensor in (
                texels,
                *(parts, u, v),
                gradient.permute(0, 2, 3, 1).contiguous(),
            )
        ]
        outputs = [tensor.numpy() for tensor in (d_texels, d_parts, d_u, d_v)]
        wants = (wants_atlas, wants_parts, wants_u or wants_v)

        def textures(first: int, step: int) -> None:
            _textures(*inputs, np.float32(ctx.minimum_weight), *outputs, *wants, first, step)

        share(textures, parts.shape[0] * parts.shape[1], torch.get_num_threads())
        return (
            d_texels.permute(0, 1, 4, 2, 3) if wants_atlas else None,
            d_parts if wants_parts else None,
            d_u if wants_u else None,
            d_v if wants_v else None,
            None,
        )


@kernel(
    (
        *(read_only(5), strided(4), strided(4), strided(4), read_only(4), FLOAT),
        *(written(5), written(4), written(4), written(4), FLAG, FLAG, FLAG, INDEX, INDEX),
    )
)
def _textures(
    texels: Any,
    parts: Any,
    u: Any,
    v: Any,
    gradient: Any,
    minimum_weight: Any,
    d_texels: Any,
    d_parts: Any,
    d_u: Any,
    d_v: Any,
    wants_texels: Any,
    wants_parts: Any,
    wants_uv: Any,
    first: Any,
    step: Any,
) -> None:
    """Gradients of every ``step``-th texture: a thread alone writes those of its own textures."""
    part_count, texture_height, texture_width, channels = texels.shape[1:]
    batch, _, height, width = parts.shape
    half = np.float32(0.5)
    last_x = np.float32(texture_width - 1)
    last_y = np.float32(texture_height - 1)
    for texture in range(first, batch * part_count, step):
        b = texture // part_count
        k = texture % part_count
        for i in range(height):
            for j in range(width):
                weight = parts[b, k, i, j]
                weightless = abs(weight) <= minimum_weight
                if weightless and not wants_parts:
                    continue
                free_x = u[b, k, i, j] * np.float32(texture_width) - half
                free_y = v[b, k, i, j] * np.float32(texture_height) - half
                x = clamped(free_x, last_x)
                y = clamped(free_y, last_y)
                x0, x1, right = between(x, last_x)
                y0, y1, lower = between(y, last_y)
                if wants_parts or wants_uv:
                    p00 = np.float32(0)
                    p01 = np.float32(0)
                    p10 = np.float32(0)
                    p11 = np.float32(0)
                    for c in range(channels):
                        pull = gradient[b, i, j, c]
                        p00 += pull * texels[b, k, y0, x0, c]
                        p01 += pull * texels[b, k, y0, x1, c]
                        p10 += pull * texels[b, k, y1, x0, c]
                        p11 += pull * texels[b, k, y1, x1, c]
                    top = p00 + (p01 - p00) * right
                    bottom = p10 + (p11 - p10) * right
                    if wants_parts:
                        d_parts[b, k, i, j] = top + (bottom - top) * lower
                    if wants_uv and not weightless:
                        across = (p01 - p00) + ((p11 - p10) - (p01 - p00)) * lower
                        # Beyond the border the sample stands still.
                        if x == free_x and 0 < x < last_x:
                            d_u[b, k, i, j] = weight * across * np.float32(texture_width)
                        if y == free_y and 0 < y < last_y:
                            d_v[b, k, i, j] = weight * (bottom - top) * np.float32(texture_height)
                if wants_texels and not weightless:
                    w01 = weight * (np.float32(1) - lower) * right
                    w00 = weight * (np.float32(1) - lower) - w01
                    w11 = weight * lower * right
                    w10 = weight * lower - w11
                    for c in range(channels):
                        pull = gradient[b, i, j, c]
                        d_texels[b, k, y0, x0, c] += w00 * pull
                        d_texels[b, k, y0, x1, c] += w01 * pull
                        d_texels[b, k, y1, x0, c] += w10 * pull
                        d_texels[b, k, y1, x1, c] += w11 * pull
