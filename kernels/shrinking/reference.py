"""The plain form of shrinking, in numpy and float64: the yardstick."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def shrink(picture: NDArray[np.uint8], size: int) -> NDArray[np.float64]:
    """As ``bunraku.kernels.shrink`` says, before it is rounded."""
    side = len(picture)
    edges, pixels = np.arange(size + 1) * (side / size), np.arange(side)
    low, high = np.maximum(edges[:-1, None], pixels), np.minimum(edges[1:, None], pixels + 1)
    share = np.maximum(high - low, 0.0) * (size / side)
    return np.asarray(share @ picture.astype(np.float64) @ share.T)
