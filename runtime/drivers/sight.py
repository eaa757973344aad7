"""Whether a driver is seen well enough to be followed, and to calibrate by."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.landmarks import PRESENT
from bunraku.runtime.source.framing import head_seen
from bunraku.spec.landmarks import HEAD, HIPS, SHOULDERS, VISIBLE


def in_sight(pose: Pose, shape: tuple[int, int]) -> bool:
    """Whether the middle of head, shoulders or hips is in the frame: of whom it shows no more than
    an arm all else is guessed.

    :param shape: of the frame, height and width.
    """
    last = np.array(shape[::-1]) - 1.0
    middles = (pose.landmarks[part, :2].mean(0) for part in (list(HEAD), SHOULDERS, HIPS))
    return any(bool(((middle >= 0.0) & (middle <= last)).all()) for middle in middles)


def clear(pose: Pose, shape: tuple[int, int]) -> bool:
    """Whether a driver is seen well enough to calibrate; who sits so close that the frame shows
    none of the shoulders, by the head.

    :param shape: of the frame, height and width.
    """
    shoulders = pose.landmarks[SHOULDERS]
    shown = bool((shoulders[:, 3] >= VISIBLE).any())
    if (shoulders[:, 1] > shape[0] - 1.0).all():
        shown |= head_seen(pose.landmarks, shape)
    return pose.presence >= PRESENT and shown
