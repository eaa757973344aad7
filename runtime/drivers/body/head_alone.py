"""A head that moves alone, where the photo or the driver's camera shows no shoulders.

Shoulders out of the picture are a guess that goes along with the face: a trunk that followed them
would tear off the photo's edges, and tremble. It stays as the photo has it, and the head moves
within what its neck allows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.body.keeping import Kept
from bunraku.runtime.drivers.body.rig import HEAD_SCALE
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD, LEFT_EYE, MOUTH, RIGHT_EYE

FARTHEST = np.array([0.65, 0.5])
"""How far the middle of a head moves at most, across and up or down, in lengths of the face from
the eyes to the mouth."""
NECK = 1.2
"""How far below that middle a head grows from when it comes near, likewise."""


def move_head_alone(kept: Kept, driver: Array, photo: Vectors, share: float) -> Kept:
    """What a photo's person does of whose driver, or of whom, only the head is seen.

    :param kept: what they would do by all landmarks.
    :param driver: ``[33, 4]``, the driver's in pixels of the photo's window.
    :param photo: ``[33 or more, 3]``, the photo's.
    :param share: in [0, 1], how far the head moves alone; with 0 all is ``kept``.
    """
    if share <= 0.0:
        return kept
    face = list(HEAD)
    before, now = photo[face, :3], driver[face, :3].astype(np.float64)
    mouth, eyes = photo[list(MOUTH)].mean(0), photo[[LEFT_EYE, RIGHT_EYE]].mean(0)
    length = max(float(np.linalg.norm(mouth - eyes)), 1.0)
    most = FARTHEST * length
    way = now[:, :2].mean(0) - before[:, :2].mean(0)
    spread, spreads = (float(np.linalg.norm(p - p.mean(0))) for p in (before, now))
    moved = before.mean(0)
    moved[:2] += way / np.sqrt(1.0 + (way / most) ** 2)
    low, high = HEAD_SCALE
    moved[1] -= NECK * length * (min(max(spreads / max(spread, 1.0), low), high) - 1.0)
    alone = photo[: len(kept.landmarks), :3].copy()
    alone[face] = now - now.mean(0) + moved
    landmarks = kept.landmarks.copy()
    landmarks[:, :3] += np.float32(share) * (alone - landmarks[:, :3]).astype(np.float32)
    return replace(
        kept,
        landmarks=landmarks,
        size=kept.size + share * (1.0 - kept.size),
        scale=kept.scale + share * (1.0 - kept.scale),
    )
