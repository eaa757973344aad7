"""How things go over from one to another."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", float, NDArray[np.float32], NDArray[np.float64])


def smoothstep(share: T) -> T:
    """A share within [0, 1] that begins and ends gently: 3t² - 2t³."""
    return share * share * (3.0 - 2.0 * share)
