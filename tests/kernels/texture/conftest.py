"""Inputs of the texture operator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float32]
Inputs = tuple[Array, Array, Array, Array]


@pytest.fixture
def inputs(rng: np.random.Generator) -> Callable[..., Inputs]:
    """``inputs(b, k, c, h, w, height, width)``: atlas, soft parts, u and v also outside [0, 1]."""

    def make(
        b: int = 2, k: int = 5, c: int = 3, h: int = 7, w: int = 5, height: int = 6, width: int = 9
    ) -> Inputs:
        scores = np.exp(3 * rng.standard_normal((b, k + 1, height, width)))
        parts = (scores / scores.sum(1, keepdims=True))[:, 1:]
        u, v = rng.uniform(-0.2, 1.2, (2, b, k, height, width))
        atlas = rng.standard_normal((b, k, c, h, w))
        return (
            atlas.astype(np.float32),
            np.ascontiguousarray(parts, np.float32),
            u.astype(np.float32),
            v.astype(np.float32),
        )

    return make
