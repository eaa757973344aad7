"""The plain numpy forms of what streaks and tears leave, in float64: the yardsticks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array


def unstreaked(moved: Array, triangles: Any, unstretched: Array, streaks: Array) -> Array:
    """As ``bunraku.kernels.unstreaked`` says."""
    a, b, c = moved[triangles, :2].astype(np.float64).transpose(1, 0, 2)
    drawn = np.stack([b - a, c - a], -1) @ unstretched.astype(np.float64)
    longest = np.linalg.norm(drawn, ord=2, axis=(1, 2))
    start, end = streaks.astype(np.float64).T
    shown = np.clip((end - longest) / (end - start), 0.0, 1.0)
    corners = np.bincount(triangles.ravel(), minlength=len(moved))
    sums = np.bincount(triangles.ravel(), np.repeat(shown, 3), len(moved))
    return np.asarray(sums / np.maximum(corners, 1), np.float32)


def untorn(moved: Array, triangles: Any, limits: Array) -> NDArray[np.bool_]:
    """As ``bunraku.kernels.untorn`` says."""
    corners = moved[triangles, :2].astype(np.float64)
    sides = corners - corners[:, [1, 2, 0]]
    return np.asarray(~((sides * sides).sum(-1) > limits).any(1))
