"""What the eleven landmarks of a face say of a head: where it is, how it is turned, how large.

Convention: faces are ``[11, k]`` in the order of ``FACE``, x, y and, where k is 3, z.
"""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors, similarity
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD

FACE = list(HEAD)
"""Their indices among the 33: nose, eyes, ears, mouth."""
_WEIGHTS = np.array([2.0, 1, 1, 1, 1, 1, 1, 1, 1, 1.5, 1.5])
"""How much each says: nose and mouth are found best."""
_SHARE = _WEIGHTS / _WEIGHTS.sum()
HEAD_SCALE = 0.75, 1.33
"""By how much a head may look smaller or larger than in the photo."""


def face_middle(face: Vectors | Array) -> Vectors:
    """``[k]``: the middle of a face ``[11, k]``."""
    return np.asarray(_SHARE @ face)


def face_moved(start: Vectors, end: Vectors) -> tuple[float, Vectors, Vectors]:
    """Scale, rotation ``[3, 3]`` and shift ``[3]`` that take one face ``[11, 3]`` to another."""
    return similarity(start, end, _WEIGHTS)


def head_moved(photo: Vectors, now: Vectors) -> Vectors:
    """``[4, 4]``: where a head has gone since the photo, of its faces ``[11, 3]``."""
    scale, turn, _ = face_moved(photo, now)
    scale = min(max(scale, HEAD_SCALE[0]), HEAD_SCALE[1])
    moved = np.eye(4)
    moved[:3, :3] = scale * turn
    moved[:3, 3] = face_middle(now) - scale * turn @ face_middle(photo)
    return moved
