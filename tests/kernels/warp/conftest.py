"""Inputs of the warp operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.kernels.operators import WARP


@pytest.fixture
def inputs(rng: np.random.Generator) -> Callable[..., Any]:
    """``inputs(b, c, h, w, height, width)``: features, a flow that also leaves them, occlusion."""

    def make(
        b: int = 2, c: int = 3, h: int = 7, w: int = 5, height: int = 6, width: int = 19
    ) -> Any:
        return WARP.call(rng, (b, c, h, w, height, width)).arrays

    return make
