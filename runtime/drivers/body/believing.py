"""How far a driver's landmarks are believed: as they are seen, and within the frame.

An arm that the body hides is hardly seen, but where the pose network guesses it is better than
where the photo has its person's: it is some 0.15 trunks off, and a photo's arm may be raised.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.unseen import SURE, UNSURE
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped
from bunraku.spec.landmarks import (
    HIPS,
    LANDMARKS,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_WRIST,
    SHOULDERS,
)

NEAR, FAR = 0.02, 0.1
"""How far beyond the frame a landmark is believed, and from where not at all, in frames."""
INSIDE = 0.2
"""How far inside the frame hips and an arm lie for the body to be what hides the arm, in trunks:
what the frame's edge or a desk hides is guessed worse."""
_ARMS = [LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST, *LEFT_HAND, *RIGHT_HAND]


def belief(located: Located, shape: tuple[int, int]) -> Array:
    """``[33]`` in [0, 1]: how far the driver's landmarks are believed.

    :param shape: of the frame, height and width.
    """
    points = located.in_frame
    longer = float(max(shape))
    inside = clipped((FAR + _within(points, shape) / longer) / (FAR - NEAR), 0.0, 1.0)
    return np.asarray(inside * _seen(points), np.float32)


def hidden_by_body(located: Located, shape: tuple[int, int]) -> Array:
    """``[33]`` in [0, 1]: how far landmarks of arms are believed, whether they are seen or not.

    :param shape: of the frame, height and width.
    """
    points = located.in_frame
    shoulders, hips = (points[pair, :2].mean(0) for pair in (SHOULDERS, HIPS))
    trunk_px = float(np.linalg.norm(shoulders - hips))
    inside = clipped(_within(points, shape) / max(INSIDE * trunk_px, 1.0), 0.0, 1.0)
    result = np.zeros(LANDMARKS, np.float32)
    result[_ARMS] = inside[_ARMS] * (inside * _seen(points))[HIPS].min()
    return result


def _within(points: Array, shape: tuple[int, int]) -> Array:
    """``[33]`` pixels from the frame's edge, less than 0 beyond it."""
    last = np.array([shape[1] - 1.0, shape[0] - 1.0], np.float32)
    return np.asarray(np.minimum(points[:, :2], last - points[:, :2]).min(1))


def _seen(points: Array) -> Array:
    return np.asarray(clipped((points[:, 3] - UNSURE) / (SURE - UNSURE), 0.0, 1.0))
