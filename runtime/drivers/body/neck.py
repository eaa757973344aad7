"""How far a head stands before its shoulders: the pose network has it too far, as if all stooped.

Seen from the front that changes nothing. Where the person turns the neck would lean, and a hump
stand out behind it.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.trunk import counted, trunk_frames
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LEFT_EAR,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_EAR,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

USUAL = 0.04
"""How far before the shoulders ears are, in trunks, of who stands upright,"""
STOOPED = 0.12
"""and how much farther for half of it to count: a head that is bent keeps nearly all."""
_LEVEL = np.array([1.0, 0.0, 1.0])
_EARS, _SHOULDERS = [LEFT_EAR, RIGHT_EAR], [LEFT_SHOULDER, RIGHT_SHOULDER]
_HIPS = [LEFT_HIP, RIGHT_HIP]


def hold_head(landmarks: Array) -> Array:
    """Landmarks with a head that is as far before the shoulders as it is known to be.

    Only depths change: what a picture shows of a head that is seen from the side is true.

    :param landmarks: ``[33, 4]`` in pixels, depths of the same scale; of photo and driver alike.
    """
    points = landmarks[:, :3].astype(np.float64)
    ears, shoulders, hips = (points[pair].mean(0) for pair in (_EARS, _SHOULDERS, _HIPS))
    trunk = max(float(np.linalg.norm(hips - shoulders)), 1.0)
    away = trunk_frames(points)[0][:, 2] * _LEVEL  # how far a trunk leans is but guessed
    away /= max(float(np.linalg.norm(away)), 1e-6)
    more = float((shoulders - ears) @ away) / trunk - USUAL
    excess = more * (1.0 - counted(more, STOOPED))
    result = landmarks.copy()
    result[list(HEAD), 2] += excess * trunk * away[2]
    return result
