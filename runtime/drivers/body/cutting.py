"""A limb and what is beside it parted by their colours and the picture's edges."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.source.cutting_out import cut_out
from bunraku.runtime.source.mask import fineness
from bunraku.runtime.source.region import nearest
from bunraku.spec.arrays import Picture

STRAND_PX = 2
"""What is not wider than twice as much, in the networks' pixels, is no part of its own."""


def part_anew(
    own: NDArray[np.bool_],
    other: NDArray[np.bool_],
    window: Picture,
    unsure: NDArray[np.bool_],
    near: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """A limb and what is beside it parted anew where that is unsure, ``[n, n]``.

    :param near: the surroundings that tell how both look.
    """
    where = np.argwhere(near)
    low, high = where.min(0), where.max(0) + 1
    part = (slice(low[0], high[0]), slice(low[1], high[1]))
    labels = np.where(own, cv2.GC_FGD, cv2.GC_BGD)
    labels = np.where(unsure, np.where(own, cv2.GC_PR_FGD, cv2.GC_PR_BGD), labels)
    labels = np.ascontiguousarray(labels[part], np.uint8)
    if not np.isin([cv2.GC_BGD, cv2.GC_FGD], labels).all() or not unsure.any():
        return own
    # Behind the person there may be any colour; it tells nothing of what is beside the limb.
    beside = window.reshape(-1, 3)[nearest_reached(other)]
    picture = np.ascontiguousarray(np.where((own | other)[..., None], window, beside)[part])
    cv2.setRNGSeed(0)  # its colour models start from random ones: alike for alike photos
    found = _without_strands(cut_out(picture, labels), (own | other)[part], fineness(len(own)))
    result = own.copy()
    result[part] = np.where(unsure[part], found, own[part])
    return result


def _without_strands(
    limb: NDArray[np.bool_], both: NDArray[np.bool_], fine: float
) -> NDArray[np.bool_]:
    """The limb without its threads, and with those of the other side."""
    strand = round(STRAND_PX * fine)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * strand + 1,) * 2)
    core, rest = (
        cv2.morphologyEx(one.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
        for one in (limb, both & ~limb)
    )
    known = core | rest
    return nearest(limb, known) & both if known.any() else limb
