"""Inputs of the texture operator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.kernels.operators import TEXTURE


@pytest.fixture
def inputs(rng: np.random.Generator) -> Callable[..., Any]:
    """``inputs(b, k, c, h, w, height, width)``: atlas, soft parts, u and v also outside [0, 1]."""

    def make(
        b: int = 2, k: int = 5, c: int = 3, h: int = 7, w: int = 5, height: int = 6, width: int = 9
    ) -> Any:
        return TEXTURE.call(rng, (b, k, c, h, w, height, width)).arrays

    return make
