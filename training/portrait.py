"""A face cut out of a picture, its eyes, nose and mouth always in the same places."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face.mesh import MOUTH_CORNERS, UPPER_LID
from bunraku.spec.arrays import Picture

SIDE = 112
PLACES = np.array(
    [[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]], np.float64
)
"""Of eyes, nose and corners of the mouth, in pixels, left in the picture first: where networks for
faces are trained to have them (Deng et al., "ArcFace", 2019)."""

_EYES = tuple((UPPER_LID[side][0], UPPER_LID[side][-1]) for side in ("right", "left"))  # corners
_NOSE = 1
_FINEST = 8  # times the portrait's own pixels, from which a large face is averaged


def portrait(picture: Picture, points: npt.NDArray[np.float32]) -> Picture:
    """The face as a picture of ``SIDE`` pixels.

    Args:
        picture: HWC uint8.
        points: ``[478, 3]``, the face in its pixels (runtime/drivers/face/mesh.py).
    """
    marks = [points[list(eye), :2].mean(0) for eye in _EYES]
    marks += [points[_NOSE, :2], points[MOUTH_CORNERS[0], :2], points[MOUTH_CORNERS[1], :2]]
    matrix = similarity(np.asarray(marks, np.float64), PLACES)
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    finer = min(max(math.ceil(1.0 / max(scale, 1e-6)), 1), _FINEST)
    matrix *= finer
    matrix[:, 2] += (finer - 1) / 2  # pixel centres are whole numbers
    side = SIDE * finer
    cut = cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def similarity(
    points: npt.NDArray[np.float64], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The turn, scale and shift that bring points closest to places, as ``[2, 3]``.

    Args:
        points: ``[N, 2]``, not all the same.
        places: likewise.
    """
    centre, goal = points.mean(0), places.mean(0)
    a, b = points - centre, places - goal
    size = max(float((a * a).sum()), 1e-12)
    along = float((a * b).sum()) / size
    across = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
    turn = np.array([[along, -across], [across, along]])
    return np.column_stack([turn, goal - turn @ centre])
