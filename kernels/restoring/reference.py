"""The plain form of restoring, in numpy: the yardstick."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.pasting.terms import TRACE, Box, inside
from bunraku.spec.arrays import Array, Picture


def restore(picture: Picture, photo: Picture, share: Array, box: Box) -> None:
    """As ``bunraku.kernels.restore`` says."""
    left, top, side = box
    x0, y0, x1, y1 = inside(box, picture.shape)
    (row, down), (column, right) = (
        _places(np.arange(begin, end) - start, side, len(share))
        for begin, end, start in ((y0, y1, top), (x0, x1, left))
    )
    lines = share[row] * (1 - down)[:, None] + share[row + 1] * down[:, None]
    weight = (lines[:, column] * (1 - right) + lines[:, column + 1] * right)[..., None]
    below, own = picture[y0:y1, x0:x1], photo[y0:y1, x0:x1]
    mixed = (below + (own.astype(np.float32) - below) * weight + 0.5).astype(np.uint8)
    below[:] = np.where(weight >= TRACE, mixed, below)


def _places(pixels: NDArray[np.int64], side: int, n: int) -> tuple[Any, Any]:
    """The window's pixel before each of the photo's, and how far beyond it that lies."""
    position = np.clip((pixels + 0.5) * (n / side) - 0.5, 0, n - 1)
    first = np.minimum(position.astype(np.int64), n - 2)
    return first, (position - first).astype(np.float32)
