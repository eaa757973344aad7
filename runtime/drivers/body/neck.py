"""How far a head stands before and above its shoulders.

The pose network has it too far before them, as if all stooped. Seen from the front that changes
nothing. Where the person turns the neck would lean, and a hump stand out behind it. And where hands
or the frame hide a driver's shoulders or chin, it has the head too high: no neck grows longer.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.trunk import counted, middle_of, trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of
from bunraku.spec.landmarks import HEAD, HIPS, LEFT_EAR, RIGHT_EAR, SHOULDERS

USUAL = 0.04
"""How far before the shoulders ears are, in trunks, of who stands upright,"""
STOOPED = 0.12
"""and how much farther for half of it to count: a head that is bent keeps nearly all."""
LONGER = 0.06, 0.06
"""By how much of the photo's a neck may look longer unheeded, and how much of what is more
counts at most."""
_LEVEL = np.array([1.0, 0.0, 1.0])
_EARS = [LEFT_EAR, RIGHT_EAR]


def hold_head(landmarks: Array) -> Array:
    """Landmarks with a head that is as far before the shoulders as it is known to be.

    Only depths change: what a picture shows of a head that is seen from the side is true.

    :param landmarks: ``[33, 4]`` in pixels, depths of the same scale; of photo and driver alike.
    """
    points = landmarks[:, :3].astype(np.float64)
    ears, shoulders, hips = (middle_of(points, pair) for pair in (_EARS, SHOULDERS, HIPS))
    trunk = max(length_of(hips - shoulders), 1.0)
    away = trunk_frames(points)[0][:, 2] * _LEVEL  # how far a trunk leans is but guessed
    away /= max(length_of(away), 1e-6)
    more = float((shoulders - ears) @ away) / trunk - USUAL
    excess = more * (1.0 - counted(more, STOOPED))
    result = landmarks.copy()
    result[list(HEAD), 2] += excess * trunk * away[2]
    return result


def hold_neck(landmarks: Array, photo: Vectors, size: float) -> Array:
    """A driver's landmarks with a neck about as long as the photo's, but as short as it likes.

    :param landmarks: ``[33, 4]`` in pixels of the photo's window, of ``hold_head``.
    :param photo: ``[33 or more, 3]``, the photo's, likewise.
    :param size: how much larger the driver is than the photo's person.
    """
    before, now = (neck_of(points) for points in (photo, landmarks))
    length = max(length_of(before) * size, 1.0)
    free, most = LONGER
    more = length_of(now) / length - 1.0 - free
    if more <= 0.0:
        return landmarks
    kept = (1.0 + free + most * more / (most + more)) / (1.0 + free + more)
    result = landmarks.copy()
    result[list(HEAD), :3] += (now * (kept - 1.0)).astype(np.float32)
    return result


def neck_of(points: Array | Vectors) -> Vectors:
    """From the middle of the shoulders to that of the ears, ``[3]``."""
    ears, shoulders = (middle_of(points, pair) for pair in (_EARS, SHOULDERS))
    return np.asarray(ears - shoulders, np.float64)
