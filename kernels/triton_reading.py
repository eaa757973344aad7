"""Reading between pixels, for the Triton kernels.

What is annotated as a tensor is a block of values or a number: Triton itself knows which.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def clamped(position: tl.tensor, last: tl.tensor) -> tl.tensor:
    """A position within [0, last]; NaN becomes 0, so that no read can leave the array."""
    return tl.minimum(tl.where(position > 0, position, 0.0), last)


@triton.jit
def neighbours(free: tl.tensor, size: tl.tensor) -> tl.tuple:
    """The pixel before a position, the one behind it (at the end the same), the share of the one
    behind, and whether the value there moves with the position: beyond the border it stands still.
    """
    last = size * 1.0 - 1.0
    position = clamped(free, last)
    before = position.to(tl.int32)
    moves = (free > 0) & (free < last)
    return before, tl.minimum(before + 1, size - 1), position - before.to(tl.float32), moves
