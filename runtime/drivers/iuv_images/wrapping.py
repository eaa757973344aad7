"""U and V that left the range of a byte when they were written, brought back to its edge.

A network's U or V may be a little below 0 or above 1 at the edge of a chart. Some of DensePose's
writers cast it to a byte all the same, so that -3 becomes 253: the neck shows the top of the head.
Over the pixels of a part U and V are nearly a plane, and what is half a chart off it has wrapped.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.surface import SCORES

MIN_PIXELS = 12
"""Pixels of a part that make a plane."""
_NEAR = 32
"""Wrapped values lie this near to the other end of the range."""
_HALF = 128


def unwrapped(
    iuv: NDArray[np.uint8], x: NDArray[np.intp], y: NDArray[np.intp]
) -> NDArray[np.uint8]:
    """Pixels ``[N, 3]`` at the places (x, y) ``[N]`` each, with U and V in order."""
    result = iuv.copy()
    for channel in (1, 2):
        values = iuv[:, channel].astype(np.float64)
        # Only a part that has both ends of the range can have wrapped.
        low, high = values <= _NEAR, values >= 255 - _NEAR
        both = set(iuv[low, 0].tolist()) & set(iuv[high, 0].tolist()) & set(range(1, SCORES))
        for part in both:
            own = np.flatnonzero(iuv[:, 0] == part)
            if len(own) < MIN_PIXELS:
                continue
            misfit = values[own] - _plane(x[own], y[own], values[own])
            result[own[high[own] & (misfit > _HALF)], channel] = 0
            result[own[low[own] & (misfit < -_HALF)], channel] = 255
    return result


def _plane(
    x: NDArray[np.intp], y: NDArray[np.intp], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The plane through values at (x, y), by the middle of what its first fit leaves."""
    design = np.stack([x, y, np.ones(len(x))], 1).astype(np.float64)
    weights = np.ones((len(values), 1))
    for _ in range(3):
        weighted = design * weights
        fitted = design @ np.linalg.lstsq(weighted.T @ design, weighted.T @ values, rcond=None)[0]
        misfit = np.abs(values - fitted)
        weights[:, 0] = misfit <= max(2.0 * float(np.median(misfit)), 8.0)
    return fitted
