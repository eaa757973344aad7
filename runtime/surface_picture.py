"""Surfaces for the eye."""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Array, Picture
from bunraku.spec.surface import PARTS, SCORE, U, V


def iuv_colours(surface: Array, side: int | None = None) -> Picture:
    """A surface as DensePose's own pictures show it: red is V, green is U, blue is the part.

    :param surface: P, ``[1, 73, n, n]``.
    :param side: of the result, ``[side, side, 3]``; None for n.
    """
    n = surface.shape[-1]
    side = side or n
    nearest = (np.arange(side) * n) // side
    scores = surface[0, SCORE]
    part = (scores if side == n else scores[:, nearest[:, None], nearest]).argmax(0)
    rows, columns = np.nonzero(part)
    own = part[rows, columns]
    y, x = nearest[rows], nearest[columns]
    u, v = surface[0, U][own - 1, y, x], surface[0, V][own - 1, y, x]
    colours = np.zeros((side, side, 3), np.uint8)
    shares = np.stack([v, u, own / PARTS], 1).clip(0.0, 1.0)
    colours[rows, columns] = (shares * 255.0).round().astype(np.uint8)
    return colours
