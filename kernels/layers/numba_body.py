"""The body of a person under the photo's mesh, pixel by pixel on a CPU."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bunraku.kernels.jit import FLAG, FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.layers.terms import AROUND
from bunraku.kernels.raster.numba_cpu import carried

UNDER = 7
"""Numbers of what the body shows at a pixel."""
SHOWN, SURFACE, PLANE, SPOT, OTHER, MIX = 0, 1, 2, 3, 5, 6
"""How much of the pixel it fills, from which depth on it hides the photo, which plane, x and y,
which plane besides, and how much of that one."""
DOWN, RIGHT = np.array(AROUND, np.int64).T.copy()
_NUMBER = numba.int32


@kernel(
    (
        *(read_only(2), read_only(2, _NUMBER), read_only(3), read_only(2, FLAG), INDEX, INDEX),
        *(read_only(2, _NUMBER), read_only(2), read_only(2, _NUMBER), read_only(2), INDEX, FLOAT),
        *(INDEX, INDEX, written(3)),
    )
)
def show_body(
    depth: Any,
    number: Any,
    bary: Any,
    cover: Any,
    row: Any,
    column: Any,
    triangles: Any,
    place: Any,
    plane: Any,
    mix: Any,
    n: Any,
    behind: Any,
    top: Any,
    left: Any,
    under: Any,
) -> None:
    """What the body shows, its edges smoothed, and so a pixel beyond them.

    :param n: side of the window.
    :param cover: where it is, with two pixels around.
    :param row: of its first pixel in the window; :param column: of the same.
    :param top: row of ``under`` in the window; :param left: column.
    :param under: ``[h,w,7]``, zero; what the body shows.
    """
    for i in range(max(1 - row, 0), min(cover.shape[0] - 2, n + 1 - row)):
        y = row + i - 1
        for j in range(max(1 - column, 0), min(cover.shape[1] - 2, n + 1 - column)):
            x = column + j - 1
            filled = 0
            for k in range(3):
                for m in range(3):
                    filled += int(cover[i + k, j + m])
            if filled == 0:
                continue
            a, b = i - 1, j - 1
            if not cover[i + 1, j + 1]:
                for k in range(len(DOWN)):
                    if cover[i + 1 + DOWN[k], j + 1 + RIGHT[k]]:
                        a, b = a + DOWN[k], b + RIGHT[k]
                        break
            t = number[a, b]
            own = under[y - top, x - left]
            counted = (min(y + 2, n) - max(y - 1, 0)) * (min(x + 2, n) - max(x - 1, 0))
            own[SHOWN] = np.float32(filled) / np.float32(counted)
            own[SURFACE] = depth[a, b] + behind
            own[PLANE], own[OTHER] = plane[t, 0], plane[t, 1]
            own[MIX] = carried(bary, a, b, triangles, t, mix, 0)
            own[SPOT] = carried(bary, a, b, triangles, t, place, 0)
            own[SPOT + 1] = carried(bary, a, b, triangles, t, place, 1)
