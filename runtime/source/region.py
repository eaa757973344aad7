"""Some pixels of a window, and how far others are from them."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)
Region = NDArray[np.bool_]
"""``[h, w]``: some pixels of a window."""


def distance_to(region: Region) -> NDArray[np.float32]:
    """``[h, w]`` in pixels, 0 within it."""
    return np.asarray(cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5), np.float32)


def nearest(values: NDArray[T], wanted: Region) -> NDArray[T]:
    """``[h, w, ...]``: of each pixel the value of the nearest wanted one; some must be."""
    _, label = cv2.distanceTransformWithLabels(
        (~wanted).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    of_label = np.zeros((int(label.max()) + 1, *values.shape[2:]), values.dtype)
    of_label[label[wanted]] = values[wanted]
    return np.asarray(of_label[label])
