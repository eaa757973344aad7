"""Hands before a face, by the pose: what is behind them says nothing.

The face's network takes fingers for lips. The pose gives a hand as a wrist and three knuckles; it
reaches beyond them by the length of the fingers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.spec.arrays import Array, Exact
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.landmarks import LEFT_HAND, LEFT_WRIST, RIGHT_HAND, RIGHT_WRIST

_FINGERS = 0.9  # reach beyond the knuckles, in lengths from wrist to knuckles
_PALM = 0.45  # half its width, likewise
_SOFT = 0.12  # in face units: how gradually what a hand comes near is given up
_SEEN = 0.3  # visibility of a wrist from which its hand is looked at
_LIPS = [Measure.UPPER_LIP, Measure.LOWER_LIP, Measure.WIDTH]
_LIPS += [Measure.RIGHT_CORNER, Measure.LEFT_CORNER, Measure.MOUTH_X]
_BOTH_EYES = [Measure.GAZE_X, Measure.GAZE_Y, Measure.KNIT]
_RIGHT_EYE = [Measure.RIGHT_LID, Measure.RIGHT_BROW]
_LEFT_EYE = [Measure.LEFT_LID, Measure.LEFT_BROW]


@dataclass(frozen=True)
class _Hand:
    wrist: Exact
    tip: Exact
    half: float

    def away(self, points: Exact) -> float:
        """From the hand's edge to the nearest of ``[n, 2]``, in pixels; negative inside."""
        along, apart = self.tip - self.wrist, points - self.wrist
        share = apart @ along / max(float(along @ along), 1e-6)
        apart -= np.minimum(np.maximum(share, 0.0), 1.0)[:, None] * along
        return float(np.sqrt((apart * apart).sum(1).min())) - self.half


def unhidden(face: Face, pose: Array) -> Exact:
    """``[13]`` by ``Measure``, in [0, 1]: how much of what tells it no hand is before.

    :param pose: ``[33, 4]``: x and y in pixels of the same picture, z, visibility.
    """
    seen = np.ones(MEASURES)
    points = face.points[:, :2].astype(np.float64)
    unit = max(mesh.face_unit(face.points), 1e-6)
    lips = points[list(mesh.LOWER_INNER_LIP + mesh.MOUTH_CORNERS)]
    eyes = [points[list(mesh.UPPER_LID[side])] for side in ("right", "left")]
    for wrist, knuckles in ((LEFT_WRIST, LEFT_HAND), (RIGHT_WRIST, RIGHT_HAND)):
        if pose[wrist, 3] < _SEEN:
            continue
        start = pose[wrist, :2].astype(np.float64)
        palm = mean_of(pose[list(knuckles), :2]) - start
        length = length_of(palm)
        hand = _Hand(start, start + palm * (1.0 + _FINGERS), length * _PALM)
        for part, numbers in ((lips, _LIPS), (eyes[0], _RIGHT_EYE), (eyes[1], _LEFT_EYE)):
            near = hand.away(part) / unit
            seen[numbers] = np.minimum(seen[numbers], min(max(near / _SOFT, 0.0), 1.0))
    seen[_BOTH_EYES] = seen[[*_RIGHT_EYE, *_LEFT_EYE]].min()
    return seen
