"""Several looks of the landmark network at one still, put together.

One look errs by a few pixels, a little differently for each crop and in the mirror, and what the
photo's pose and the calibration's err stays in all that follows. The median of four looks took 5 %
off the whole error on filmed people; twenty-four took no more.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LANDMARKS, MIRRORED

MORE_LOOKS = ((0.9, False), (1.0, True), (1.1, True))
"""Beside the first: how much larger the crop, and whether in the mirror."""
_ORDER = [*MIRRORED, *range(LANDMARKS, LANDMARKS + 6)]  # those that place the crop have no side


def look_in_mirror(mirror: Picture, roi: Roi, landmarker: Landmarker) -> Landmarks:
    """What the network sees in a mirror, as it would be without.

    :param mirror: the picture, RGB u8 ``[H,W,3]``, left and right exchanged.
    :param roi: the crop, in pixels of the picture without the mirror; no mask is made of it.
    """
    last = mirror.shape[1] - 1
    seen = landmarker.run(mirror, replace(roi, x=last - roi.x, angle=-roi.angle), mask=False)
    points, world = seen.points[_ORDER], seen.world[list(MIRRORED)]
    points[:, 0] = last - points[:, 0]
    world[:, 0] = -world[:, 0]
    return replace(
        seen, points=points, world=world, visibility=seen.visibility[list(MIRRORED)], roi=roi
    )


def look_again(picture: Picture, first: Landmarks, landmarker: Landmarker) -> Landmarks:
    """A first look, bettered by others: the median of each landmark; presence and mask stay.

    :param picture: RGB u8 ``[H,W,3]``.
    """
    mirror = np.ascontiguousarray(picture[:, ::-1])
    looks = [first]
    for larger, mirrored in MORE_LOOKS:
        roi = replace(first.roi, side=first.roi.side * larger)
        if mirrored:
            looks.append(look_in_mirror(mirror, roi, landmarker))
        else:
            looks.append(landmarker.run(picture, roi, mask=False))
    return replace(
        first,
        points=np.median([look.points for look in looks], axis=0),
        world=np.median([look.world for look in looks], axis=0),
        visibility=np.median([look.visibility for look in looks], axis=0),
    )
