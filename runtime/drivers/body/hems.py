"""Which pixels of the photo are whose, softly; the pieces of an arm go on beneath each other."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.groups import GROUPS, LEFT_ARM
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.source.region import nearest
from bunraku.spec.arrays import Array

HEM_PX = 2
"""How far a piece of an arm goes on beneath the next, in pixels of the window."""
SOFT_PX = 1.3
"""How softly one goes over into the next, in pixels of the window."""


def members_of(binding: Binding) -> Array:
    """``Textures.members``."""
    group = nearest(binding.group, binding.reached)
    soft = [cv2.GaussianBlur(own.astype(np.float32), (0, 0), SOFT_PX) for own in hemmed(group)]
    return np.ascontiguousarray(np.concatenate(soft), np.float32)


def hemmed(group: NDArray[np.integer]) -> list[NDArray[np.bool_]]:
    """``[n, n]`` of each group: its pixels, and of an arm's pieces a hem that goes on beneath the
    next one of the same arm: where these turn a little one would see between them.

    :param group: ``[n, n]``, to which each pixel belongs.
    """
    result = [group == number for number in range(GROUPS)]
    for side in (0, 1):
        pieces = [one + side for one in LEFT_ARM]
        arm = np.isin(group, pieces)
        for piece in pieces:
            result[piece] = arm & grown(result[piece], HEM_PX)
    return result
