"""Random fields, as ``redraw`` takes them."""

from __future__ import annotations

import numpy as np

from bunraku.kernels.redraw.terms import CHANNELS, Channel
from bunraku.spec.arrays import Array


def random_field(rng: np.random.Generator, height: int, width: int) -> Array:
    field = rng.normal(0.0, 8.0, (height, width, CHANNELS)).astype(np.float32)
    weights = rng.dirichlet(np.ones(3), (height, width)).astype(np.float32)
    field[..., Channel.OVER], field[..., Channel.INSIDE] = weights[..., 0], weights[..., 1]
    field[..., Channel.RED :] = weights[..., 1:2] * rng.uniform(0, 255, 3).astype(np.float32)
    field[: height // 3] = 0.0
    field[height // 3 : height // 2, :, Channel.OVER :] = 0.0
    return field
