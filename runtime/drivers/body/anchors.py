"""How far the body has gone where its shadow hangs on it."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.shade import ANCHORS
from bunraku.spec.arrays import Array
from bunraku.spec.few import mean_of
from bunraku.spec.skeleton import BodyBone

_BONES = BodyBone.FOOT_L, BodyBone.FOOT_R, BodyBone.CHEST
"""That carry ``shade.ANCHORS``."""


def anchor_moves(photo: Stance, transforms: Array, n: int) -> Array:
    """``[3, 2]`` in [-1, 1] units of the window: how far ``shade.ANCHORS`` have gone.

    :param photo: how the photo's person stands.
    :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
    :param n: pixels of the window.
    """
    places = np.array([mean_of(photo.points[list(ids)]) for ids in ANCHORS])
    carried = transforms[list(_BONES)]
    now = np.einsum("bij,bj->bi", carried[:, :, :3], places) + carried[:, :, 3]
    return np.asarray((now - places)[:, :2] * (2.0 / n), np.float32)
