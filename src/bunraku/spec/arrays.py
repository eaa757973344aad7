"""The kinds of array that walk through every room."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float32]
"""float32; tensors are ``[B, C, H, W]``, in the runtime with B = 1."""

Exact: TypeAlias = NDArray[np.float64]
"""float64, where sums or angles need it."""

Picture: TypeAlias = NDArray[np.uint8]
"""HWC uint8 RGB, values in [0, 255]."""

Tensors: TypeAlias = Mapping[str, Array]
"""Tensors by the names that the engines give them (spec/tensors.py)."""
