"""Shrinking on a CPU: rows are added up first, which a processor does several pixels at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.jit import BYTE, FUSED, INDEX, kernel, read_only, written
from bunraku.spec.arrays import Array

REACH = 3
"""Rows and columns that a pixel covers at most, where a picture shrinks by less than half."""


def shrink(picture: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """As ``bunraku.kernels.shrink`` says, for an array that has passed its checks."""
    out = np.empty((size, size), np.uint8)
    _shrink(np.ascontiguousarray(picture), *_covered(len(picture), size), out)
    return out


@lru_cache(maxsize=8)
def _covered(side: int, size: int) -> tuple[NDArray[np.int64], Array]:
    """``[size]``: the first row or column that each pixel covers, and ``[size,3]``: how much of it
    lies in that and in the next ones."""
    edges = np.arange(size + 1) * (side / size)
    first = np.floor(edges[:-1]).astype(np.int64)
    pixels = first[:, None] + np.arange(REACH)
    low, high = np.maximum(edges[:-1, None], pixels), np.minimum(edges[1:, None], pixels + 1)
    return first, np.asarray(np.maximum(high - low, 0.0) * (size / side), np.float32)


@kernel((read_only(2, BYTE), read_only(1, INDEX), read_only(2), written(2, BYTE)), FUSED)
def _shrink(picture: Any, first: Any, share: Any, out: Any) -> None:
    """:param first: of ``_covered``; :param share: of the same."""
    size, side = len(first), len(picture)
    line = np.zeros(side + REACH, np.float32)  # beyond the last column there is nothing
    one, two = np.uint64(1), np.uint64(2)
    for i in range(size):
        top = first[i]
        for x in range(side):
            line[x] = share[i, 0] * np.float32(picture[top, x])
        for k in range(1, REACH):
            weight = share[i, k]
            if weight > np.float32(0) and top + k < side:
                for x in range(side):
                    line[x] += weight * np.float32(picture[top + k, x])
        for j in range(size):
            # Without a sign: of others each is looked at for whether it counts from the end.
            at = np.uint64(first[j])
            mean = share[j, 0] * line[at] + share[j, 1] * line[at + one]
            mean += share[j, 2] * line[at + two]
            out[i, j] = np.uint8(np.rint(mean))
