"""Where people are in a photo: nobody may be copied into a background.

In a part of a photo that shows nobody the segmentation takes a hedge, a crowd out of focus or a
wall for a person, as often as not. So what it sees in parts counts where it sees a trace of it in
the whole as well, or somebody was found there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bunraku.runtime.pose import Segmenter
from bunraku.runtime.pose.detector import tile_corners
from bunraku.spec.arrays import Array, Picture

PARTS = 2
"""Overlapping squares of the shorter side over this show who is too small in the whole photo."""
TRACE = 0.02
"""Of the belief in the whole photo, from which on its parts are asked."""
MOST_SQUARES = 24
"""A photo that needs more is a strip, and seen as a whole only."""


def everybody(photo: Picture, segmenter: Segmenter, others: Sequence[Array] = ()) -> Array:
    """The mask of all people, small ones as well.

    :param photo: HWC uint8.
    :param others: masks ``[H, W]`` in [0, 1] of who was found beside the photo's person.
    :return: ``[H, W]`` in [0, 1].
    :raises EngineError: the network failed.
    """
    mask = segmenter.segment(photo)
    trace = mask > TRACE
    height, width = photo.shape[:2]
    squares = tile_corners(height, width, PARTS)
    for y, x, side in squares if len(squares) <= MOST_SQUARES else ():
        part = mask[y : y + side, x : x + side]
        seen = segmenter.segment(np.ascontiguousarray(photo[y : y + side, x : x + side]))
        np.maximum(part, seen, out=part, where=trace[y : y + side, x : x + side])
    for other in others:
        np.maximum(mask, other, out=mask)
    return mask
