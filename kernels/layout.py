"""Memory layout of numpy arrays: many of the CPU kernels read channels innermost.

Tensors keep the layout they have: their kernels read every one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np

from bunraku.spec.arrays import Array

if TYPE_CHECKING:
    from torch import Tensor


@overload
def channels_last(array: Array) -> Array: ...
@overload
def channels_last(array: Tensor) -> Tensor: ...
def channels_last(array: Any) -> Any:
    """The same values at the same indices ``[…,C,h,w]``, with the channels innermost in memory.

    For what is used many times, such as a source's features: the kernels take it as it is instead
    of transposing it at every call, and warping it takes half the time. A tensor is returned as it
    is.
    """
    if not isinstance(array, np.ndarray):
        return array
    return np.moveaxis(channels_last_view(array), -1, -3)


def channels_last_view(array: Array) -> Array:
    """The array as contiguous ``[…,h,w,C]``: a view where memory is so already, else a copy."""
    return np.ascontiguousarray(np.moveaxis(array, -3, -1))


def is_channels_last(array: Array) -> bool:
    """Whether the channels of ``[…,C,h,w]`` are innermost in memory, and only so."""
    return not array.flags.c_contiguous and np.moveaxis(array, -3, -1).flags.c_contiguous
