"""Faults forced into what drives: the paper's failure cases, a missing or flickering DensePose.

The first frame stays whole, so that the calibration is fair; from the next on each frame is broken
anew. What is random depends on a frame's time alone: every candidate meets the same faults.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    LANDMARKS,
    LEFT_ARM,
    LEFT_HIP,
    LEFT_LEG,
    LEFT_SHOULDER,
    RIGHT_ARM,
    RIGHT_HIP,
    RIGHT_LEG,
    RIGHT_SHOULDER,
    VISIBLE,
)
from bunraku.spec.surface import BACKGROUND

SHARE = 0.2
"""Of the surface, or of the landmarks, that is missing with ``Fault.HOLES``."""
ASTRAY = 0.1
"""How far a landmark that is missing is put from its place, in lengths of the person."""
TREMBLE = 0.02
"""Standard deviation of ``Fault.JITTER``, likewise."""
LIMB_S = 0.4
"""How long the same limb is missing."""

_LIMBS = (
    (LEFT_SHOULDER, LEFT_ARM),
    (RIGHT_SHOULDER, RIGHT_ARM),
    (LEFT_HIP, LEFT_LEG),
    (RIGHT_HIP, RIGHT_LEG),
)
_SQUARE = 16  # a hole's side is the surface's by this


class Fault(StrEnum):
    """What is wrong with what drives."""

    HOLES = "holes"
    """A fifth of the surface is background; where landmarks drive alone, a fifth of them is
    invisible and astray."""
    LIMBS = "limbs"
    """One arm or leg after another is not there: its landmarks lie invisible in its root."""
    JITTER = "jitter"
    """All landmarks tremble."""


class FaultyTracker:
    """Breaks the landmarks of another tracker (``drivers.locating.Tracker``)."""

    def __init__(self, tracker: Tracker, fault: Fault) -> None:
        self._tracker, self._fault = tracker, fault
        self._first_s: float | None = None

    def observe(self, picture: Picture) -> Pose | None:
        """Stills calibrate, and stay whole."""
        return self._tracker.observe(picture)

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        """As the other tracker has it, broken from the second frame on."""
        pose = self._tracker.track(frame, time_s, mask=mask)
        if self._first_s is None or pose is None:
            self._first_s = time_s
        if pose is None or time_s == self._first_s:
            return pose
        return replace(pose, landmarks=broken(pose.landmarks, self._fault, time_s))

    def reset(self) -> None:
        """Forget the person; the next frame stays whole."""
        self._tracker.reset()
        self._first_s = None


def broken(landmarks: Array, fault: Fault, time_s: float) -> Array:
    """Landmarks ``[33, 4]`` with a fault; the given ones stay."""
    rng = _random(time_s)
    result = landmarks.copy()
    size = length(landmarks)
    if fault is Fault.JITTER:
        result[:, :3] += rng.normal(0.0, TREMBLE * size, (LANDMARKS, 3))
    elif fault is Fault.HOLES:
        missing = rng.permutation(LANDMARKS)[: round(SHARE * LANDMARKS)]
        result[missing, :3] += rng.normal(0.0, ASTRAY * size, (len(missing), 3))
        result[missing, 3] = 0.0
    else:
        root, missing_limb = _LIMBS[int(_random(time_s // LIMB_S).integers(len(_LIMBS)))]
        result[list(missing_limb), :3] = landmarks[root, :3]
        result[list(missing_limb), 3] = 0.0
    return result


def length(landmarks: Array) -> float:
    """The person's larger side in pixels, over what is visible, or over all of it."""
    seen = landmarks[landmarks[:, 3] > VISIBLE]
    places = (seen if len(seen) else landmarks)[:, :2]
    return float((places.max(0) - places.min(0)).max())


def punch(driving: Driving, time_s: float) -> Driving:
    """The same with holes in its surface."""
    surface = driving.surface.copy()
    holes = hole_mask(surface[0, 0] < VISIBLE, time_s)
    surface[0, :, holes] = 0.0
    surface[0, BACKGROUND, holes] = 1.0
    return replace(driving, surface_later=Later.of(surface), surface_on_device=None)


def hole_mask(body: npt.NDArray[np.bool_], time_s: float) -> npt.NDArray[np.bool_]:
    """Squares that hold ``SHARE`` of the body's pixels, ``[n, n]``.

    Args:
        body: whether a pixel is the body's, likewise.
        time_s: decides where they are.
    """
    rng = _random(time_s)
    n = len(body)
    side = max(n // _SQUARE, 1)
    places = np.argwhere(body)
    rng.shuffle(places)
    holes = np.zeros_like(body)
    for y, x in places - side // 2:
        if (holes & body).sum() >= SHARE * len(places):
            break
        holes[max(y, 0) : y + side, max(x, 0) : x + side] = True
    return holes


def _random(time_s: float) -> np.random.Generator:
    return np.random.default_rng(abs(round(time_s * 1000)))
