"""The driving side: from camera frames to landmarks in the source's window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.densepose import CONFIDENT, DensePose, DensePoseEstimator
from bunraku.runtime.framing import Window, crop, driving_window, feet_seen, hips_seen
from bunraku.runtime.identity import Identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.retarget import Proportions, proportions, ratios, retarget
from bunraku.runtime.skeleton import FEET, LEFT_SHOULDER, RIGHT_SHOULDER, VISIBLE, Bone

LIFT_MAX = 0.08
"""How far, in windows, the driver is lifted or lowered to stand on the source's ground."""
SETTLING = 30
"""Confident frames over which the driver's proportions are averaged after a calibration: one
frame's lengths are off by a tenth."""


@dataclass(frozen=True, eq=False)
class Located:
    """The driver in one frame."""

    landmarks: Array
    """``[33, 4]`` in window units, with the source's limb lengths."""
    mask: Array | None
    """``[n, n]`` in [0, 1], the driver's outline in the window, if it is to be used."""
    confidence: float


class Driver:
    """Follows the driver, and fixes at calibration which square of the camera is the window.

    :param size: side of the IUV map, in pixels.
    """

    def __init__(self, estimator: DensePoseEstimator, options: PuppetOptions, size: int) -> None:
        self._estimator = estimator
        self._options = options
        self._size = size
        self.reset()

    def reset(self) -> None:
        """Forget the driver; the next confident frame calibrates."""
        self._estimator.reset()
        self._shape: tuple[int, ...] | None = None
        self._time_s = -np.inf
        self.calibrate()

    def calibrate(self) -> None:
        """Fix the window anew at the next confident frame."""
        self._window: Window | None = None

    @property
    def window(self) -> Window | None:
        """The camera's window in pixels of its frames; None until calibrated."""
        return self._window

    def locate(self, frame: Picture, time_s: float, identity: Identity) -> Located | None:
        """The driver in this frame; None while nobody is found or nobody clearly enough.

        A frame of another size, or one that lies before the last, starts anew.
        """
        if frame.shape != self._shape or time_s < self._time_s:
            self._estimator.reset()
            if frame.shape != self._shape:
                self.calibrate()
        self._shape, self._time_s = frame.shape, time_s
        pose = self._estimator.track(frame, time_s)
        if pose is None:
            return None
        if self._window is None:
            pose = self._start(frame, identity)
            if pose is None:
                return None
        elif self._frames < SETTLING:
            self._learn(pose)
        return self._in_window(pose, identity)

    def densepose(self, located: Located) -> DensePose:
        """The IUV map of the driver in the window."""
        return self._estimator.estimate(located.landmarks, located.mask, located.confidence)

    def _start(self, frame: Picture, identity: Identity) -> Pose | None:
        """Calibrate with the frame as a still: as the photo was looked at, so that the photo
        itself as the driver is framed as the photo is.
        """
        pose = self._estimator.observe(frame)
        if pose is None or not _clear(pose):
            return None
        unit = identity.framing.unit
        if not hips_seen(pose.landmarks, frame.shape[:2]):
            unit = Bone.SHOULDERS
        self._window = driving_window(identity.pose, identity.framing.window, pose, unit)
        self._frames = 0
        self._sums: dict[Bone, tuple[float, int]] = {}
        self._learn(pose)
        self._window = self._grounded(self._window, frame.shape[0], pose, identity)
        return pose

    def _grounded(
        self, window: Window, frame_height: int, pose: Pose, identity: Identity
    ) -> Window:
        """The window moved up or down so that the driver stands on the source's ground.

        Only where both show their feet; by little, as one of them may be sitting or in the air.
        """
        shown = feet_seen(identity.pose.landmarks, identity.photo.shape[0])
        if not shown or not feet_seen(pose.landmarks, frame_height):
            return window
        ground = identity.framing.window.to_units(identity.pose.landmarks)[list(FEET), 1].max()
        feet = self._in_window(pose, identity).landmarks[list(FEET), 1].max()
        lift = min(max(float(ground - feet), -LIFT_MAX), LIFT_MAX)
        return Window(window.cx, window.cy - lift * window.side, window.side)

    def _learn(self, pose: Pose) -> None:
        self._frames += 1
        for bone, length in proportions(pose).items():
            total, count = self._sums.get(bone, (0.0, 0))
            self._sums[bone] = (total + length, count + 1)

    def _proportions(self) -> Proportions:
        return {bone: total / count for bone, (total, count) in self._sums.items()}

    def _in_window(self, pose: Pose, identity: Identity) -> Located:
        assert self._window is not None, "calibrated above"
        landmarks = self._window.to_units(pose.landmarks)
        if self._options.retarget:
            stretch = ratios(identity.proportions, self._proportions())
            landmarks = retarget(landmarks, stretch)
        mask = None
        if self._options.driving_iuv_mask and pose.mask is not None:
            mask = np.asarray(crop(pose.mask, self._window, self._size), np.float32)
        return Located(landmarks, mask, pose.presence)


def _clear(pose: Pose) -> bool:
    shoulders = pose.landmarks[[LEFT_SHOULDER, RIGHT_SHOULDER], 3]
    return pose.presence >= CONFIDENT and bool((shoulders >= VISIBLE).any())
