"""Whether thighs are raised: of who squats, bends or sits."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.few import length_of
from bunraku.spec.landmarks import HIPS, LEFT_HIP, LEFT_KNEE, SHOULDERS
from bunraku.spec.skeleton import SIDES

RAISED_DEG = 45.0
"""By how much a thigh is bent from the line of the trunk that counts as raised."""


def raised_thighs(points: NDArray[np.floating[Any]]) -> tuple[bool, bool]:
    """Whether the left and the right thigh are raised from the line of the trunk.

    :param points: ``[33 or more, 3]``, landmarks with depths of one scale.
    """
    shoulders, hips = (points[pair].mean(0) for pair in (SHOULDERS, HIPS))
    down = hips - shoulders
    left, right = (
        _is_bent(points[LEFT_KNEE + side] - points[LEFT_HIP + side], down) for side in range(SIDES)
    )
    return left, right


def _is_bent(thigh: NDArray[np.floating[Any]], down: NDArray[np.floating[Any]]) -> bool:
    long = length_of(thigh) * length_of(down)
    return bool(thigh @ down < np.cos(np.deg2rad(RAISED_DEG)) * long)
