"""Where one finger of a photo's hand ends and the next begins: at the creases between them.

The hand's points say it to within a part of a finger's width only, and a sliver of a finger that
goes with its neighbour is seen as soon as the two part.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array

FINE = 3
"""Side of a photo's pixel in those in which creases are looked for."""
CONTRAST = 3.0
"""How much stronger edges are made first: what floods the fingers knows whole levels alone."""


def at_creases(whose: NDArray[np.int64], sure: Region, picture: Array) -> NDArray[np.int64]:
    """Which finger each pixel shows, ``[h, w]``: its borders moved to the picture's own edges.

    Source: F. Meyer, "Color image segmentation", 1992, by way of OpenCV's ``watershed``.

    :param whose: ``[h, w]``, the finger that each is nearest to; negative beside the hand.
    :param sure: ``[h, w]``, which are that finger's for sure.
    :param picture: ``[h, w, 3]`` in [0, 1].
    """
    there = whose >= 0
    if not (sure & there).any():
        return whose
    height, width = whose.shape
    size = (width * FINE, height * FINE)
    fine = cv2.resize(np.asarray(picture, np.float32), size, interpolation=cv2.INTER_CUBIC)
    middle = picture[sure & there].mean(0)
    levels = np.clip((fine - middle) * (255.0 * CONTRAST) + 128.0, 0.0, 255.0)
    known = np.where(sure & there, whose + 1, 0)
    known = np.where(there, known, whose.max() + 2).astype(np.int32)  # the rest is no finger's
    marks = np.ascontiguousarray(np.repeat(np.repeat(known, FINE, 0), FINE, 1))
    cv2.watershed(np.ascontiguousarray(levels.astype(np.uint8)), marks)
    found = marks[FINE // 2 :: FINE, FINE // 2 :: FINE] - 1
    told = there & (found >= 0) & (found <= whose.max())
    return np.where(told, found, whose)
