"""Some pixels of a window, and how far others are from them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Region = NDArray[np.bool_]
"""``[h, w]``: some pixels of a window."""


def distance_to(region: Region) -> NDArray[np.float32]:
    """``[h, w]`` in pixels, 0 within it."""
    return np.asarray(cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
