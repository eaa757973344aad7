"""Regions of a picture cut out by its colours and edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Picture

ROUNDS = 3
"""Of cutting out."""


def cut_out(picture: Picture, labels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """What stands before the rest by its colours and the picture's edges.

    The colour models start from random ones: seed OpenCV's numbers, for alike results.

    Source: C. Rother, V. Kolmogorov, A. Blake, "GrabCut", 2004, by way of OpenCV.

    :param picture: ``[h, w, 3]``. :param labels: ``[h, w]``, OpenCV's ``GC_...``; written to.
    """
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(picture, labels, (0, 0, 0, 0), *models, ROUNDS, cv2.GC_INIT_WITH_MASK)
    return np.isin(labels, [cv2.GC_FGD, cv2.GC_PR_FGD])
