"""The driver's trunk, without what the pose network only guesses of it from what the arms do.

How far it leans towards the camera: wrong by a few degrees where the whole body is seen, by up to
25 where the legs are not, as at a desk; it would carry the clothes' front up and down over the
body. How far it turns to the side, by up to ten degrees: from side to side. And, without legs,
where the hips are: wrong by a few hundredths of the trunk.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.kernels.limbs.terms import NOTHING
from bunraku.runtime.drivers.body.turning import Vectors, cross, dot, unit
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.landmarks import (
    HIPS,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    SHOULDERS,
)

SHORTEST = 0.5
"""Shoulders and hips count as at least this wide, in rest widths: a frame must have an inverse."""
LEAN_DEG = 15.0
"""How much the lean in depth changes since the photo for half of it to count: a bow is several
times as much, and keeps nearly all."""
TURN = 0.2
"""How much farther away one shoulder, or hip, is than the other since the photo, in distances of
the two, for half of it to count: who turns to the side has several times as much."""
GUESSED = 0.07
"""How far the hips stray from where they hang below the shoulders, in trunks of the photo, for half
of it to count: a lean is several times as much, and keeps nearly all."""
_STEEPEST = math.radians(75.0)  # beyond, the picture shows next to nothing of the trunk
_ABOVE = slice(0, LEFT_HIP)
PAIRS = np.array([SHOULDERS, HIPS])
_HANGING = (
    (slice(LEFT_SHOULDER, LEFT_HIP, 2), slice(RIGHT_SHOULDER, LEFT_HIP, 2)),
    (slice(LEFT_HIP, None, 2), slice(RIGHT_HIP, None, 2)),
)
"""Landmarks of the limbs that hang on each of them."""
_AWAY = np.array([0.0, 0.0, 1.0])


def trunk_frames(points: Vectors) -> Vectors:
    """Rotations ``[2, 3, 3]`` whose columns are across, down and away, of chest and pelvis.

    :param points: ``[33 or more, 3]``; down is from the shoulders' middle to the hips'.
    """
    pairs = points[PAIRS]
    middles = 0.5 * (pairs[:, 0] + pairs[:, 1])
    wide = pairs[:, 0] - pairs[:, 1]
    wide[np.sqrt(dot(wide, wide)) < NOTHING] = _AWAY * NOTHING
    down = unit(middles[1] - middles[0])
    away = unit(cross(wide, down))
    result = np.empty((len(PAIRS), 3, 3))
    result[..., 0], result[..., 1], result[..., 2] = cross(down, away), down, away
    return result


def trunk_axes(points: Vectors, frames: Vectors, size: float, widths: Vectors) -> Vectors:
    """Frames of chest and pelvis ``[2, 3, 4]``, affine: shoulders and hips are where their
    landmarks are.

    :param points: ``[33 or more, 3]``. :param frames: ``trunk_frames`` of them.
    :param size: pixels a metre of the template.
    :param widths: ``[2]``, of its shoulders and hips at rest, in metres.
    """
    pairs = points[PAIRS]
    wide = pairs[:, 0] - pairs[:, 1]
    length = np.sqrt(dot(wide, wide))
    wide[length < NOTHING] = _AWAY * NOTHING
    least = SHORTEST * widths * size
    wide *= np.maximum(1.0, least / np.maximum(length, NOTHING))[:, None]
    middles = 0.5 * (pairs[:, 0] + pairs[:, 1])
    result = np.empty((len(PAIRS), 3, 4))
    result[..., 0], result[..., 1] = wide, middles[1] - middles[0]
    result[..., 2], result[..., 3] = frames[..., 2] * size, middles
    return result


def keep_hips(points: Vectors, photo: Vectors, believed: Vectors) -> None:
    """Hips of a driver ``[33 or more, 3]`` put where the photo has them below the shoulders, as far
    as they are not believed.

    :param believed: ``[33 or more]`` in [0, 1].
    """
    shift = middle_of(points, SHOULDERS) - middle_of(photo, SHOULDERS)
    kept = photo[HIPS] + shift
    points[HIPS] = kept + (points[HIPS] - kept) * min(believed[HIPS].tolist())


def hold_trunk(landmarks: Array, photo: Vectors, legs: float) -> Array:
    """A driver's landmarks with a trunk that leans in depth and turns as far as it is known.

    :param landmarks: ``[33, 4]`` in pixels of the photo's window, depths of the same scale.
    :param photo: ``[33 or more, 3]``, the photo's, likewise.
    :param legs: in [0, 1], how far legs are seen: with 0 the lean is the photo's, and hips that
        hang nearly below the shoulders do so; sideways a trunk may always lean.
    """
    result = landmarks.copy()
    stood, stands = _axis(photo), _axis(landmarks)
    leaned, leans = _lean(stood), _lean(stands)
    more = leans - leaned
    known = leaned + legs * more * counted(more, np.deg2rad(LEAN_DEG))
    length = math.hypot(stands[0], stands[1])
    result[_ABOVE, 2] += length * (math.tan(leans) - math.tan(known))
    for (left, right), (lefts, rights) in zip(PAIRS, _HANGING, strict=True):
        width = max(length_of(photo[left, :3] - photo[right, :3]), 1.0)
        turned = float(landmarks[left, 2] - landmarks[right, 2] - photo[left, 2] + photo[right, 2])
        unknown = 0.5 * turned * (1.0 - counted(turned / width, TURN))
        result[lefts, 2] -= unknown
        result[rights, 2] += unknown
    hanging = photo[HIPS, :2] + mean_of(landmarks[SHOULDERS, :2] - photo[SHOULDERS, :2])
    strays = landmarks[HIPS, :2] - hanging
    far = length_of(mean_of(strays))
    counts = counted(far, GUESSED * max(math.hypot(stood[0], stood[1]), 1.0))
    result[HIPS, :2] -= strays * ((1.0 - legs) * (1.0 - counts))
    return result


def hang_legs(landmarks: Array, edge: float) -> Array:
    """A photo's landmarks with legs that hang as the trunk does, where its lower edge cuts them:
    how deep their knees are is guessed, and would stand out where the person turns.

    :param landmarks: ``[33, 4]`` in pixels of the window. :param edge: its last row in the photo.
    """
    result = landmarks.copy()
    if landmarks[[LEFT_KNEE, RIGHT_KNEE], 1].min() < edge:
        return result
    axis = _axis(landmarks)
    steep = axis[2] / max(float(axis[1]), 1.0)
    for side in (0, 1):
        below = landmarks[LEFT_KNEE + side :: 2, 1] - landmarks[LEFT_HIP + side, 1]
        result[LEFT_KNEE + side :: 2, 2] = landmarks[LEFT_HIP + side, 2] + steep * below
    return result


def counted(size: float, half: float) -> float:
    """The share of a change that is believed, from 0 by a half at ``half`` towards 1."""
    return size**2 / (size**2 + half**2)


def _lean(axis: Vectors) -> float:
    """How steeply a trunk stands out of the picture, in radians."""
    angle = math.atan2(axis[2], math.hypot(axis[0], axis[1]))
    return min(max(angle, -_STEEPEST), _STEEPEST)


def _axis(points: Array | Vectors) -> Vectors:
    """From the middle of the shoulders to that of the hips, ``[3]``."""
    return np.asarray(middle_of(points, HIPS) - middle_of(points, SHOULDERS), np.float64)


def middle_of(points: Array | Vectors, pair: list[int]) -> Array | Vectors:
    """Between two of the points, ``[3]``: numpy's own mean takes several times as long."""
    one, other = pair
    return 0.5 * (points[one, :3] + points[other, :3])
