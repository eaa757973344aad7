"""Numbers of fewer bits, as arrays: numpy knows no bfloat16."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

PRECISIONS: Sequence[str] = ("f32", "f16", "bf16")
"""What an operator's inputs may be of."""


def rounded_to(precision: str, array: Any) -> Any:
    """An array of float32 whose values this precision has too; other arrays as they are."""
    if precision == "f32" or array.dtype != np.float32:
        return array
    if precision == "f16":
        return array.astype(np.float16).astype(np.float32)
    bits = array.view(np.uint32)
    odd = (bits >> 16) & 1  # of two as near, the even one
    return ((bits + (0x7FFF + odd)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def stored_as(precision: str, array: Any) -> Any:
    """The array in as many bytes as it takes in this precision; float16 stands for bfloat16."""
    narrow = precision != "f32" and array.dtype == np.float32
    return array.astype(np.float16) if narrow else array
