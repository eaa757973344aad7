"""Whether what a caller gives is a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.errors import InputError
from bunraku.spec.arrays import Picture


def check_picture(picture: Any, what: str) -> Picture:
    """``picture`` itself, once it is known to be a picture.

    :param picture: anything.
    :param what: how the message calls it: "A frame", "The photo".
    :raises InputError: unless it is a non-empty HWC uint8 array with three channels.
    """
    if not isinstance(picture, np.ndarray):
        raise InputError(
            f"{what} must be an HWC uint8 RGB array, not {type(picture).__name__}.",
            "Convert it with numpy.asarray first.",
        )
    if picture.ndim != 3 or picture.shape[2] != 3 or 0 in picture.shape:
        raise InputError(
            f"{what} must have the shape [height, width, 3], not {list(picture.shape)}.",
            "Convert it to RGB first.",
        )
    if picture.dtype != np.uint8:
        raise InputError(
            f"{what} must hold uint8 values in [0, 255], not {picture.dtype}.",
            "Scale it and convert it with astype('uint8') first.",
        )
    return picture
