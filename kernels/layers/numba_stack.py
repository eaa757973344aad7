"""What the groups of a photo show at each pixel, piled up on a CPU."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import BYTE, FLAG, INDEX, clamped, kernel, read_only, written
from bunraku.kernels.layers.terms import ALIKE_PX, STEEPNESS
from bunraku.kernels.raster.numba_cpu import carried

FRAGMENT = 4
"""Numbers of what a group shows at a pixel."""
DEPTH, PLACE, PART = 0, 1, 3
"""Its depth, x and y in the photo, and how much of the pixel is its."""
_NUMBER = numba.int32


@kernel(
    (
        *(read_only(2), read_only(2, _NUMBER), read_only(3), INDEX, INDEX),
        *(read_only(2, _NUMBER), read_only(2), read_only(1, FLAG), read_only(1), read_only(2)),
        *(written(4), written(2, BYTE)),
    )
)
def lay(
    depth: Any,
    number: Any,
    bary: Any,
    row: Any,
    column: Any,
    triangles: Any,
    place: Any,
    cut: Any,
    share: Any,
    members: Any,
    stack: Any,
    count: Any,
) -> None:
    """Put a sheet's pixels onto the stack, whose fragments lie near before far."""
    height, width = number.shape
    last = np.float32(members.shape[0] - 1)
    zero, half, one = np.float32(0), np.float32(0.5), np.float32(1)
    for i in range(height):
        for j in range(width):
            t = number[i, j]
            if t < 0:
                continue
            x = carried(bary, i, j, triangles, t, place, 0)
            y = carried(bary, i, j, triangles, t, place, 1)
            part = share[t]
            if part <= zero:
                continue
            if cut[t]:
                own = members[int(np.rint(clamped(y, last))), int(np.rint(clamped(x, last)))]
                part *= min(max((own - half) * np.float32(STEEPNESS) + half, zero), one)
            near = depth[i, j]
            at = stack[row + i, column + j]
            k = np.int64(count[row + i, column + j])
            count[row + i, column + j] = k + 1
            while k > 0 and near < at[k - 1, 0]:
                for c in range(FRAGMENT):
                    at[k, c] = at[k - 1, c]
                k -= 1
            at[k, 0], at[k, 1], at[k, 2], at[k, 3] = near, x, y, part


@numba.njit(inline="always")
def alike(one: Any, other: Any) -> Any:
    """Whether two fragments read the same place of the photo."""
    apart = max(abs(one[PLACE] - other[PLACE]), abs(one[PLACE + 1] - other[PLACE + 1]))
    return apart < np.float32(ALIKE_PX)
