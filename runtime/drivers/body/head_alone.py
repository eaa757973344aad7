"""A head that moves alone, where the photo or the driver's camera shows no shoulders.

Shoulders out of the picture are a guess that goes along with the face: a trunk that followed them
would tear off the photo's edges, and tremble. It stays about where the photo has it, and the head
moves within what its neck allows. Of a driver whose shoulders the frame just cuts off the trunk is
seen all the same: as far as that has gone since the calibration, the photo's goes along.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.body.face_points import HEAD_SCALE
from bunraku.runtime.drivers.body.keeping import Kept, at_most
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.locating import Located
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.landmarks import HEAD, LEFT_EYE, MOUTH, RIGHT_EYE, SHOULDERS

FARTHEST = np.array([0.65, 0.5])
"""How far the middle of a head moves at most, across and up or down, in lengths of the face from
the eyes to the mouth."""
NECK = 1.2
"""How far below that middle a head grows from when it comes near, likewise."""
ALONG = 0.3
"""How far the trunk goes along at most, likewise."""
CUT, GONE = 0.6, 1.0
"""How far below the frame shoulders begin to be unseen, and from where on they are, likewise."""
GUESSED, CLEAR = 0.6, 0.9
"""Visibility of shoulders that are guessed, and of those that are known."""
EASE_S = 0.3
"""How long a head takes to go from moving with its trunk to moving alone, and back."""
_EYES, _MOUTH = [LEFT_EYE, RIGHT_EYE], list(MOUTH)


class TrunkSeen:
    """Sees how far the trunk of one driver has gone of whom the camera shows little of it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver."""
        self._stood: Vectors | None = None

    def follow(self, located: Located) -> Vectors:
        """How far it has gone since the calibration: x and y in pixels of the frame, upright.

        Nowhere as far as no shoulders are seen. What the clothes tell is not in it (``slipping``).
        """
        looked, landmarks = located.looked, located.in_square
        if looked is None or landmarks is None:
            return np.zeros(2)
        stands = mean_of(landmarks[SHOULDERS, :2].astype(np.float64))
        if located.calibrated:
            self._stood = stands
        if self._stood is None:
            return np.zeros(2)
        length = max(length_of(_middle(landmarks, _MOUTH) - _middle(landmarks, _EYES)), 1.0)
        rows = np.flatnonzero(looked.lines()[0])
        below = (stands[1] - rows[-1]) / length if len(rows) else GONE
        near = (GONE - below) / (GONE - CUT)
        known = (landmarks[SHOULDERS, 3].min() - GUESSED) / (CLEAR - GUESSED)
        share = min(max(near, 0.0), 1.0) * min(max(float(known), 0.0), 1.0)
        return np.asarray((stands - self._stood) * (looked.scale * share))


class Alone:
    """How far the head of one driver moves alone: shoulders come and go from frame to frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the driver: the next frame is taken as it is."""
        self._share, self._time_s = 0.0, -np.inf

    def lost(self, time_s: float) -> None:
        """The driver is not found at this time: what was shown stays."""
        if self._time_s > -np.inf:
            self._time_s = time_s

    def follow(self, wanted: float, time_s: float) -> float:
        """The share in [0, 1] at a time, on its way to what this frame alone says."""
        step = (time_s - self._time_s) / EASE_S if time_s >= self._time_s else np.inf
        self._share += min(max(wanted - self._share, -step), step)
        self._time_s = time_s
        return self._share


def move_head_alone(kept: Kept, driver: Array, photo: Vectors, share: float, gone: Vectors) -> Kept:
    """What a photo's person does of whose driver, or of whom, only the head is seen.

    :param kept: what they would do by all landmarks.
    :param driver: ``[33, 4]``, the driver's in pixels of the photo's window.
    :param photo: ``[33 or more, 3]``, the photo's.
    :param share: in [0, 1], how far the head moves alone; with 0 all is ``kept``.
    :param gone: how far the driver's trunk has gone, x and y, likewise in pixels of the window.
    """
    if share <= 0.0:
        return kept
    face = list(HEAD)
    before, now = photo[face, :3], driver[face, :3].astype(np.float64)
    length = max(length_of(_middle(photo, _MOUTH) - _middle(photo, _EYES)), 1.0)
    spread, spreads = (float(np.linalg.norm(p - p.mean(0))) for p in (before, now))
    moved = before.mean(0)
    moved[:2] += at_most(now[:, :2].mean(0) - before[:, :2].mean(0), FARTHEST * length)
    low, high = HEAD_SCALE
    moved[1] -= NECK * length * (min(max(spreads / max(spread, 1.0), low), high) - 1.0)
    alone = photo[: len(kept.landmarks), :3].copy()
    alone[:, :2] += at_most(gone, np.full(2, ALONG * length))
    alone[face] = now - now.mean(0) + moved
    landmarks = kept.landmarks.copy()
    landmarks[:, :3] += np.float32(share) * (alone - landmarks[:, :3]).astype(np.float32)
    return replace(
        kept,
        landmarks=landmarks,
        size=kept.size + share * (1.0 - kept.size),
        scale=kept.scale + share * (1.0 - kept.scale),
    )


def _middle(points: Array | Vectors, which: list[int]) -> Vectors:
    return np.asarray(mean_of(points[which, :3].astype(np.float64)))
