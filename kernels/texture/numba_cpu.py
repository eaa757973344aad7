"""Texture sampling on a CPU: one pass over the parts, parts of no weight skipped.

The atlas is read channel-last, so that the four texels of a sample are four contiguous rows and
the loop over channels fills the vector registers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels.jit import (
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
from bunraku.kernels.layout import channels_last_view, is_channels_last
from bunraku.spec.arrays import Array


def sample_texture(
    atlas: Array,
    parts: Array,
    u: Array,
    v: Array,
    *,
    minimum_weight: float,
    threads: int | None,
    out: Array | None = None,
) -> Array:
    """As ``bunraku.kernels.sample_texture`` says, for arrays that have passed its checks."""
    texels = _texels(atlas, threads)
    batch, _, height, width = parts.shape
    if out is None:
        out = np.empty((batch, texels.shape[4], height, width), np.float32)

    def rows(first: int, step: int) -> None:
        _rows(texels, parts, u, v, np.float32(minimum_weight), out, first, step)

    share(rows, batch * height, threads)
    return out


def _texels(atlas: Array, threads: int | None) -> Array:
    """The atlas as contiguous ``[B,K,h,w,C]``."""
    if is_channels_last(atlas):
        return channels_last_view(atlas)
    batch, count, channels, height, width = atlas.shape
    planes = np.ascontiguousarray(atlas).reshape(batch * count, channels, height * width)
    turned = np.empty((batch * count, height * width, channels), np.float32)
    share(lambda first, step: _turn(planes, turned, first, step), batch * count, threads)
    return turned.reshape(batch, count, height, width, channels)


@kernel((read_only(3), written(3), INDEX, INDEX))
def _turn(planes: Any, turned: Any, first: Any, step: Any) -> None:
    charts, channels, texels = planes.shape
    for chart in range(first, charts, step):
        for texel in range(texels):
            for c in range(channels):
                turned[chart, texel, c] = planes[chart, c, texel]


@kernel((read_only(5), strided(4), strided(4), strided(4), FLOAT, written(4), INDEX, INDEX))
def _rows(
    texels: Any,
    parts: Any,
    u: Any,
    v: Any,
    minimum_weight: Any,
    out: Any,
    first: Any,
    step: Any,
) -> None:
    part_count, texture_height, texture_width, channels = texels.shape[1:]
    batch, _, height, width = parts.shape
    half = np.float32(0.5)
    last_x = np.float32(texture_width - 1)
    last_y = np.float32(texture_height - 1)
    total = np.empty((width, channels), np.float32)
    for row in range(first, batch * height, step):
        b = row // height
        i = row % height
        total[:] = 0
        for k in range(part_count):
            for j in range(width):
                weight = parts[b, k, i, j]
                if abs(weight) <= minimum_weight:
                    continue
                x = clamped(u[b, k, i, j] * np.float32(texture_width) - half, last_x)
                y = clamped(v[b, k, i, j] * np.float32(texture_height) - half, last_y)
                x0, x1, right = between(x, last_x)
                y0, y1, down = between(y, last_y)
                lower = weight * down
                upper = weight - lower
                w01 = upper * right
                w00 = upper - w01
                w11 = lower * right
                w10 = lower - w11
                for c in range(channels):
                    total[j, c] += (
                        w00 * texels[b, k, y0, x0, c]
                        + w01 * texels[b, k, y0, x1, c]
                        + w10 * texels[b, k, y1, x0, c]
                        + w11 * texels[b, k, y1, x1, c]
                    )
        for c in range(channels):
            for j in range(width):
                out[b, c, i, j] = total[j, c]
