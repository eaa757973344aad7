"""A picture with a hole at smaller and smaller sizes, for filling it coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import REACH
from bunraku.spec.arrays import Array

COARSEST = 24
"""The pyramid ends before a side is less than this, in pixels."""


@dataclass(frozen=True, eq=False)
class Size:
    """One size of the pyramid; h × w with a rim around it."""

    picture: Array
    """``[h, w, CHANNELS]``, colours and gradients."""
    hole: NDArray[np.uint8]
    clear: NDArray[np.uint8]
    """What may be copied."""


def pyramid(finest: Size) -> list[Size]:
    """The finest size first, halved until the hole is as thin as a patch, or the picture small."""
    sizes = [finest]
    while min(sizes[-1].hole.shape) >= 2 * COARSEST:
        last = sizes[-1]
        if cv2.distanceTransform(last.hole, cv2.DIST_L2, 3).max() <= REACH + 1:
            break
        known = _halved(1.0 - last.hole)
        trusted = _halved(last.picture * (1.0 - last.hole)[..., None])
        own = trusted / np.maximum(known, 1e-6)[..., None]
        picture = np.where((known >= 0.5)[..., None], own, _halved(last.picture))
        clear = _halved(last.clear) > 0.8
        hole = known < 0.5
        sizes.append(
            Size(picture.astype(np.float32), hole.astype(np.uint8), clear.astype(np.uint8))
        )
    return sizes


def _halved(values: NDArray[np.generic]) -> Array:
    """Means of 2 × 2 pixels; an odd last row or column counts twice."""
    even = np.pad(
        np.asarray(values, np.float32),
        [(0, n % 2) for n in values.shape[:2]] + [(0, 0)] * (values.ndim - 2),
        mode="edge",
    )
    top, bottom = even[::2], even[1::2]
    return np.asarray(
        0.25 * (top[:, ::2] + top[:, 1::2] + bottom[:, ::2] + bottom[:, 1::2]), np.float32
    )
