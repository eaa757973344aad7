"""Where people are in a photo: nobody may be copied into a background."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.pose import Segmenter
from bunraku.runtime.pose.detector import tile_corners
from bunraku.spec.arrays import Array, Picture

PARTS = 2
"""Overlapping squares of the shorter side over this show who is too small in the whole photo."""
MOST_SQUARES = 24
"""A photo that needs more is a strip, and seen as a whole only."""


def everybody(photo: Picture, segmenter: Segmenter) -> Array:
    """The mask of all people, small ones as well.

    :param photo: HWC uint8.
    :return: ``[H, W]`` in [0, 1].
    :raises EngineError: the network failed.
    """
    mask = segmenter.segment(photo)
    height, width = photo.shape[:2]
    squares = tile_corners(height, width, PARTS)
    for y, x, side in squares if len(squares) <= MOST_SQUARES else ():
        part = mask[y : y + side, x : x + side]
        seen = segmenter.segment(np.ascontiguousarray(photo[y : y + side, x : x + side]))
        np.maximum(part, seen, out=part)
    return mask
