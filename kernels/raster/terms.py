"""What every form of rasterising gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Raster:
    """What a mesh looks like, pixel by pixel."""

    depth: Array
    """``[h,w]``: z of the nearest triangle, +inf where there is none."""
    triangle: NDArray[np.int32]
    """``[h,w]``: its number, -1 where there is none."""
    bary: Array
    """``[h,w,2]``: weights of its first two corners, in [0, 1]; the third's is the rest to 1."""
    origin: tuple[int, int] = (0, 0)
    """Row and column of the picture that the first pixel is."""


@dataclass(frozen=True, eq=False)
class TensorRaster:
    """The same of tensors, of all the picture; of groups ``[g,…]``, one after the other."""

    depth: Tensor
    """``[h,w]`` float32."""
    triangle: Tensor
    """``[h,w]`` int32."""
    bary: Tensor
    """``[h,w,2]`` float32."""
