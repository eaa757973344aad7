"""What a hanging arm seems to gain of the trunk's clothes, because they have its colour."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import Region, distance_to, nearest

AT_END_PX = 1.5
"""As near to a band's end nothing beyond can be told from what is in it."""
HANGS = 0.9
"""Cosine of the angle to the trunk from which on an arm hangs along it."""


def without_endless(
    arm: Region, fitted: tuple[Region, Region], joints: Vectors, down: Vectors, band_px: float
) -> Region:
    """An arm without what it gains where that goes on to the band's end, ``[n, n]``: no edge parts
    it from the trunk there. Only of what hangs: an arm before the trunk has clothes on both sides.

    :param arm: as it was found. :param fitted: upper arm and forearm as the body has them.
    :param joints: ``[3, 3]``: shoulder, elbow and wrist. :param down: ``[3]``, along the trunk.
    """
    upper, fore = fitted
    gained = arm & ~(upper | fore)
    if not gained.any() or not (upper | fore).any():
        return arm
    hanging = np.where(upper, hangs(joints[:2], down), hangs(joints[1:], down))
    gained &= nearest(hanging, upper | fore)
    to_its_end = gained & (distance_to(upper | fore) > band_px - AT_END_PX)
    if not to_its_end.any():
        return arm
    return arm & ~(gained & (distance_to(to_its_end) <= band_px))


def hangs(bone: Vectors, down: Vectors) -> bool:
    """Whether a bone ``[2, 3]`` lies along the trunk in the picture.

    :param down: ``[3]``, along the trunk.
    """
    along = (bone[1] - bone[0])[:2]
    long = float(np.hypot(*along) * np.hypot(*down[:2]))
    return bool(along @ down[:2] > HANGS * long)
