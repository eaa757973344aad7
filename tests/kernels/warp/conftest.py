"""Inputs of the warp operator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float32]
Inputs = tuple[Array, Array, Array]


@pytest.fixture
def inputs(rng: np.random.Generator) -> Callable[..., Inputs]:
    """``inputs(b, c, h, w, height, width)``: features, a flow that also leaves them, occlusion."""

    def make(
        b: int = 2, c: int = 3, h: int = 7, w: int = 5, height: int = 6, width: int = 19
    ) -> Inputs:
        return (
            rng.standard_normal((b, c, h, w), np.float32),
            rng.uniform(-1.1, 1.1, (b, 2, height, width)).astype(np.float32),
            rng.random((b, 1, height, width), np.float32),
        )

    return make
