"""The plain numpy form of what streaks leave, in float64: the yardstick."""

from __future__ import annotations

from typing import Any

import numpy as np

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
