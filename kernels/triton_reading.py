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


@triton.jit
def cell(x: tl.tensor, y: tl.tensor, width: tl.tensor, height: tl.tensor) -> tl.tuple:
    """The pixel before a place, and how far beyond it the place is: column, row, shares.

    Of a picture of at least 2 × 2; the pixel has one behind it on both axes.
    """
    x = clamped(x, width * 1.0 - 1.0)
    y = clamped(y, height * 1.0 - 1.0)
    column = tl.minimum(x.to(tl.int32), width - 2)
    row = tl.minimum(y.to(tl.int32), height - 2)
    return column, row, x - column.to(tl.float32), y - row.to(tl.float32)


@triton.jit
def between(
    picture: tl.tensor, at: tl.tensor, width: tl.tensor, channels: tl.tensor, seen: tl.tensor
) -> tl.tensor:
    """A channel's value at a place of ``cell``, of a picture with channels innermost.

    :param picture: its first value of that channel.
    """
    corner = picture + (at[1] * width + at[0]) * channels
    v00 = tl.load(corner, mask=seen, other=0).to(tl.float32)
    v01 = tl.load(corner + channels, mask=seen, other=0).to(tl.float32)
    v10 = tl.load(corner + width * channels, mask=seen, other=0).to(tl.float32)
    v11 = tl.load(corner + (width + 1) * channels, mask=seen, other=0).to(tl.float32)
    above = v00 + (v01 - v00) * at[2]
    below = v10 + (v11 - v10) * at[2]
    return above + (below - above) * at[3]
