"""Colours as the eye tells them apart, for distances between them."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array


def in_lab(picture: NDArray[Any], light: float) -> Array:
    """A picture in Lab, ``[..., 3]``, in which one unit is a step that is just seen.

    :param picture: ``[h, w, 3]`` RGB in 0 to 255.
    :param light: what a step of lightness counts of that: things are lit unevenly.
    """
    colours = picture.astype(np.float32) / np.float32(255.0)
    lab = cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)
    return np.asarray(lab * np.array([light, 1.0, 1.0], np.float32), np.float32)
