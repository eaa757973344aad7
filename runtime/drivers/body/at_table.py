"""Arms of who is at a table, or has something large before them, that the photo takes for theirs.

Their legs are unseen though the photo goes on below, or all around the legs is far from these: the
pose network guesses knees, and is unsure of hands that hold, write or lie behind a laptop. Drawn by
themselves such arms would take pieces of table, books and plates along.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.let_out import between_deg
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_KNEE,
    RIGHT_WRIST,
)
from bunraku.spec.skeleton import SIDES

KNEE, WRIST = 0.75, 0.87
"""Visibility of knees up to which they are guessed, and of a wrist up to which it is doubted: legs
in a wide skirt are seen by more, and hands that gesture above a lectern."""
BENT_DEG = 45.0
"""How far an elbow is bent in the picture at least: arms that hang lie on nothing."""


def arms_at_table(landmarks: Array) -> bool:
    """Whether the arms lie on something, if the photo goes on below, or what is there is wide.

    :param landmarks: the photo's, ``[33, 4]``, x, y, z of one scale, and visibility.
    """
    flat, visibility = landmarks[:, :2].astype(np.float64), landmarks[:, 3]
    knees, wrists = visibility[[LEFT_KNEE, RIGHT_KNEE]], visibility[[LEFT_WRIST, RIGHT_WRIST]]
    bent = any(
        between_deg(
            flat[LEFT_ELBOW + side] - flat[LEFT_SHOULDER + side],
            flat[LEFT_WRIST + side] - flat[LEFT_ELBOW + side],
        )
        >= BENT_DEG
        for side in range(SIDES)
    )
    return bool(bent and knees.max() < KNEE and wrists.min() < WRIST)
