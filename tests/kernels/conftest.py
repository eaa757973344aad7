"""The two operators once more, written a pixel at a time in float64: what all forms must equal."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float32]
Exact = NDArray[np.float64]
Naive = Callable[..., Exact]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20240229)


@pytest.fixture
def naive_texture() -> Naive:
    """``sample_texture`` as a loop over pixels and parts."""
    return _naive_texture


@pytest.fixture
def naive_warp() -> Naive:
    """``warp_occlude`` as a loop over pixels."""
    return _naive_warp


def _naive_texture(atlas: Array, parts: Array, u: Array, v: Array) -> Exact:
    batch, part_count, channels, texture_height, texture_width = atlas.shape
    height, width = parts.shape[2:]
    result = np.zeros((batch, channels, height, width))
    for b, k, i, j in product(range(batch), range(part_count), range(height), range(width)):
        x = float(u[b, k, i, j]) * texture_width - 0.5
        y = float(v[b, k, i, j]) * texture_height - 0.5
        result[b, :, i, j] += float(parts[b, k, i, j]) * _bilinear(atlas[b, k], x, y)
    return result


def _naive_warp(features: Array, flow: Array, occlusion: Array) -> Exact:
    batch, channels, source_height, source_width = features.shape
    height, width = flow.shape[2:]
    result = np.zeros((batch, channels, height, width))
    for b, i, j in product(range(batch), range(height), range(width)):
        # [-1, 1] units: own centre plus flow, then to the source's pixel coordinates.
        across = (j + 0.5) / width * 2 - 1 + float(flow[b, 0, i, j])
        down = (i + 0.5) / height * 2 - 1 + float(flow[b, 1, i, j])
        x = (across + 1) / 2 * source_width - 0.5
        y = (down + 1) / 2 * source_height - 0.5
        result[b, :, i, j] = float(occlusion[b, 0, i, j]) * _bilinear(features[b], x, y)
    return result


def _bilinear(picture: Array, x: float, y: float) -> Exact:
    height, width = picture.shape[1:]
    x = min(max(x, 0.0), width - 1.0)
    y = min(max(y, 0.0), height - 1.0)
    left, top = int(x), int(y)
    right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
    texels = picture.astype(np.float64)
    upper = texels[:, top, left] * (1 - (x - left)) + texels[:, top, right] * (x - left)
    lower = texels[:, bottom, left] * (1 - (x - left)) + texels[:, bottom, right] * (x - left)
    return np.asarray(upper * (1 - (y - top)) + lower * (y - top))
