"""What a face does, as a few numbers in its own frame: the head's rotation is taken out first.

All but the lids' openings are lengths in face units (the distance between the outer corners of the
eyes, in space), along the face's own axes: a head that nods or turns changes none of them, as far
as the network's depth is right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face import mesh
from bunraku.spec.arrays import Exact
from bunraku.spec.few import length_of, mean_of


class Measure(IntEnum):
    """The numbers, by their place in the array."""

    UPPER_LIP = 0
    """How far the upper lip's inner edge lies below the nose."""
    LOWER_LIP = 1
    """How far the lower lip's inner edge lies below the upper's."""
    WIDTH = 2
    """Of the mouth, from corner to corner."""
    RIGHT_CORNER = 3
    """How far the corner lies below the nose."""
    LEFT_CORNER = 4
    RIGHT_LID = 5
    """Height of the eye's opening against its length."""
    LEFT_LID = 6
    RIGHT_BROW = 7
    """How far the brow lies above the corners of its eye."""
    LEFT_BROW = 8
    GAZE_X = 9
    """Of the irises from the middles of the eyes, towards the person's left."""
    GAZE_Y = 10
    """The same, downwards."""
    KNIT = 11
    """How near to the middle of the face the brows' inner ends are: the less the distance."""
    MOUTH_X = 12
    """Of the corners' middle from the nose, towards the person's left."""


MEASURES = len(Measure)
_NOSE = [2, 94, 98, 327]
_UPPER, _LOWER = list(mesh.UPPER_INNER_LIP[4:7]), list(mesh.LOWER_INNER_LIP[4:7])
_LID_MIDDLE = slice(2, 7)


@dataclass(frozen=True)
class HeadTurn:
    """How a head is turned against the camera."""

    yaw_deg: float
    pitch_deg: float


def head_turn(points: npt.NDArray[np.floating]) -> HeadTurn:
    """The turn of the face with these points ``[478, 3]``."""
    away = mesh.face_axes(points)[2]
    return HeadTurn(
        math.degrees(math.atan2(away[0], away[2])), math.degrees(math.atan2(away[1], away[2]))
    )


def face_frame(points: npt.NDArray[np.floating]) -> Exact:
    """The points ``[478, 3]`` in face units along the face's axes, from the middle of the eyes."""
    p = points.astype(np.float64)
    p = (p - (p[33] + p[263]) / 2.0) @ mesh.face_axes(points).T
    return np.asarray(p / max(mesh.face_unit(points), 1e-6))


def measure(points: npt.NDArray[np.floating]) -> Exact:
    """The numbers of one face, ``[13]`` by ``Measure``, from its points ``[478, 3]``."""
    p = face_frame(points)
    values = np.zeros(MEASURES)
    nose = mean_of(p[_NOSE, 1])
    upper = mean_of(p[_UPPER, 1])
    lower = mean_of(p[_LOWER, 1])
    right, left = (p[number] for number in mesh.MOUTH_CORNERS)
    values[Measure.UPPER_LIP] = upper - nose
    values[Measure.LOWER_LIP] = lower - upper
    values[Measure.WIDTH] = left[0] - right[0]
    values[Measure.MOUTH_X] = (left[0] + right[0]) / 2.0 - mean_of(p[_NOSE, 0])
    values[Measure.RIGHT_CORNER] = right[1] - nose
    values[Measure.LEFT_CORNER] = left[1] - nose
    for side, lid, brow in (
        ("right", Measure.RIGHT_LID, Measure.RIGHT_BROW),
        ("left", Measure.LEFT_LID, Measure.LEFT_BROW),
    ):
        above, below = p[list(mesh.UPPER_LID[side])], p[list(mesh.LOWER_LID[side])]
        corners = above[[0, -1]]
        arch, middle = p[list(mesh.BROW[side])], mean_of(corners)
        length = max(length_of(corners[1] - corners[0]), 1e-6)
        opening = below[_LID_MIDDLE, 1] - above[_LID_MIDDLE, 1]
        values[lid] = mean_of(opening) / length
        values[brow] = middle[1] - mean_of(arch[:, 1])
        inner = p[[mesh.BROW[side][-1], mesh.LOWER_BROW[side][-1]], 0]
        values[Measure.KNIT] -= abs(mean_of(inner)) / 2.0
        pupil = p[mesh.PUPIL[side]]
        values[Measure.GAZE_X] += (pupil[0] - middle[0]) / 2.0
        values[Measure.GAZE_Y] += (pupil[1] - middle[1]) / 2.0
    return values
