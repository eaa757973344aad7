"""Shrinking: its checks, and where its form is chosen.

numpy uint8     numba_cpu

It runs for every frame and never in training, so that it has no tensor form; its yardstick,
``reference``, is plain numpy.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, shape_text

Grey = NDArray[np.uint8]


def shrink(picture: Grey, size: int) -> Grey:
    """A square picture with fewer pixels, each the mean of the area that it covers, rounded: what
    OpenCV's ``INTER_AREA`` gives, in two fifths of its time.

    :param picture: ``[n,n]`` uint8.
    :param size: of the result, more than n / 2 and less than n: where each of its pixels covers
        two or three rows and columns.
    :return: ``[size,size]``.
    :raises ValueError: shapes that do not fit. :raises TypeError: an array of another type.
    """
    from bunraku.kernels.shrinking import numba_cpu

    check_arrays(np.uint8, picture=picture)
    if picture.ndim != 2 or picture.shape[0] != picture.shape[1]:
        raise ValueError(f"picture must be [n,n], not {shape_text(picture)}")
    if not size < len(picture) < 2 * size:
        raise ValueError(f"{len(picture)} pixels are not shrunk to {size} here")
    return numba_cpu.shrink(picture, size)
