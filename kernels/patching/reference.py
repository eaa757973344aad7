"""The plain numpy form of patching: the yardstick."""

from __future__ import annotations

import numpy as np

from bunraku.kernels.pasting.terms import PREMULTIPLIED, Box
from bunraku.kernels.patching.terms import AROUND, Looked, Rectangle
from bunraku.spec.arrays import Array


def look_for(flow: Array, box: Box, patch: Rectangle, size: tuple[int, int]) -> Looked:
    """As ``bunraku.kernels.look_for`` says."""
    n, (left, top, side), (rows, columns) = flow.shape[3], box, size
    centre = (np.arange(n, dtype=np.float32) + np.float32(0.5)) * np.float32(side / n)
    x, y = flow[0] * np.float32(side / 2)
    x += centre[None, :] + np.float32(left - patch.left)
    y += centre[:, None] + np.float32(top - patch.top)
    wide, high = patch.width / columns, patch.height / rows
    there = (x >= np.float32(-wide)) & (x <= np.float32(patch.width + wide))
    there &= (y >= np.float32(-high)) & (y <= np.float32(patch.height + high))
    found = np.argwhere(there)
    (low, first), (past, last) = (0, 0), (1, 1)
    if len(found):
        low, first = (max(int(value) - AROUND, 0) for value in found.min(0))
        past, last = (min(int(value) + 1 + AROUND, n) for value in found.max(0))
    part = slice(low, past), slice(first, last)
    x = x[part] * np.float32(columns / patch.width) - np.float32(0.5)
    y = y[part] * np.float32(rows / patch.height) - np.float32(0.5)
    return Looked((low, first), x, y)


def show_through(
    image: Array, trust: Array, warped: Array, share: Array, corner: tuple[int, int]
) -> None:
    """As ``bunraku.kernels.show_through`` says."""
    (top, left), (height, width) = corner, share.shape
    part = (0, slice(None), slice(top, top + height), slice(left, left + width))
    shown = warped[part]
    one, trace = np.float32(1.0), np.float32(PREMULTIPLIED)
    more = np.maximum(np.minimum(shown[3], one) - trust[part][0], np.float32(0.0))
    share = share * more / (one - trust[part][0] + trace)
    colour = np.clip(shown[:3] / (shown[3:4] + trace), 0.0, 1.0)
    image[part] += (colour - image[part]) * share
    trust[part] += (one - trust[part]) * share
