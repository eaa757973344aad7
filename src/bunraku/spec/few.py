"""Arithmetic of a few numbers, of which a frame needs some hundred: numpy's own functions take
several times as long on so few, in wrappers and checks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def mean_of(values: NDArray[Any]) -> NDArray[Any]:
    """``[...]``, of ``[n, ...]``: as ``values.mean(0)``."""
    return np.asarray(np.add.reduce(values, 0) / len(values))


def length_of(vector: NDArray[Any]) -> float:
    """Of ``[n]``: as ``np.linalg.norm``."""
    return math.sqrt(vector @ vector)


def median_of(values: NDArray[Any]) -> float:
    """Of ``[n]``: as ``np.median``."""
    line: list[float] = sorted(values.tolist())
    middle = len(line) // 2
    return 0.5 * (line[middle - 1 + len(line) % 2] + line[middle])


def clipped(values: NDArray[Any], low: Any, high: Any) -> NDArray[Any]:
    """As ``np.clip``."""
    return np.asarray(np.minimum(np.maximum(values, low), high))
