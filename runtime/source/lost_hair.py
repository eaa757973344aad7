"""Hair that the pose network's mask of half a body lacks: curls, a lock, the back of a crown.

The network expects a head, and of what stands off it has but a trace, where the segmentation, made
for such pictures, is sure. Left out it would stand in the air as the head moves away from it.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_EAR, LEFT_EYE, MOUTH, RIGHT_EAR, RIGHT_EYE

TRACE = 0.05
"""Of the pose network's mask: less of it is somebody else."""
HIGH = 2.2
"""How wide a head is that is seen from the side, in ways from the eyes to the mouth."""
REACH = 1.2
"""How far from the middle of the eyes hair is looked for, above the mouth, in widths of the
head."""


def lost_hair(
    body: Array,
    sure: Region,
    landmarks: Array,
    shown: tuple[float, float],
    far: Region,
    around: float,
) -> Region:
    """``[n, n]``: where it is.

    :param body: ``[n, n]`` in [0, 1], the pose network's mask.
    :param sure: ``[n, n]``, where the segmentation is sure of the person.
    :param landmarks: ``[33, 4]`` in units of the window.
    :param shown: from where to where its columns are the photo's, in units.
    :param far: ``[n, n]``, what is so far from the pose network's outline that the segmentation is
        not listened to there; nearer to it hair is no concern of this but beside such.
    :param around: so far beside it, in windows.
    """
    n = len(body)
    eyes, mouth = landmarks[[LEFT_EYE, RIGHT_EYE], :2].mean(0), landmarks[list(MOUTH), :2].mean(0)
    ears = landmarks[LEFT_EAR, :2] - landmarks[RIGHT_EAR, :2]
    wide = max(float(np.hypot(*ears)), HIGH * float(np.hypot(*(mouth - eyes))))
    y, x = (np.mgrid[:n, :n] + 0.5) / n
    near = (np.hypot(x - eyes[0], y - eyes[1]) < REACH * wide) & (y < mouth[1])
    hair = sure & (body > TRACE) & near & (x >= shown[0]) & (x < shown[1])
    lost = hair & far & (body <= 0.5)
    return np.asarray(hair & (distance_to(lost) <= around * n)) if lost.any() else lost
