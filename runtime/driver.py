"""The driving side: from camera frames to landmarks in the source's window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.calibration import Calibration, in_window
from bunraku.runtime.densepose import CONFIDENT, DensePose, DensePoseEstimator
from bunraku.runtime.framing import Window, crop
from bunraku.runtime.identity import Identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import (
    Upright,
    observe_upright,
    turn_picture,
    turn_points,
    upright_by,
)
from bunraku.runtime.retarget import Proportions, proportions
from bunraku.runtime.skeleton import LEFT_SHOULDER, RIGHT_SHOULDER, VISIBLE, Bone

SETTLING = 30
"""Confident frames over which the driver's proportions are averaged after a calibration: one
frame's lengths are off by a tenth."""
LOOK_AGAIN_S = 0.25
"""Time between attempts to calibrate: each looks at the frame as at a still, which takes longer
than a live frame has.
"""


@dataclass(frozen=True, eq=False)
class Driving:
    """All that one frame says of the driver, for one source."""

    densepose: Array
    """P_d, ``[1, 73, n, n]``."""
    landmarks: Array
    """``[33, 4]``: x, y, z in pixels of the frame, visibility; as the camera shows the driver."""
    head: Array | None
    """The head's own map (runtime/head.py), ``[7]``; None to do without."""
    turned_deg: int = 0
    """How far the driver was turned from upright at the calibration, clockwise: 0, 90, 180, 270.
    """


@dataclass(frozen=True, eq=False)
class Located:
    """The driver in one frame."""

    landmarks: Array
    """``[33, 4]`` in window units, with the source's limb lengths."""
    in_frame: Array
    """``[33, 4]`` in pixels of the frame, as the camera shows them."""
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
        self._shape: tuple[int, ...] = ()
        self._mirrored = False
        self._turned_deg = 0
        self._time_s = -np.inf
        self._calibration: Calibration | None = None
        self._windows: WeakKeyDictionary[Identity, Window] = WeakKeyDictionary()
        self._window: Window | None = None
        self.calibrate()

    def calibrate(self) -> None:
        """Fix the window anew at the next confident frame; until then the last one holds.

        May be called from another thread than ``locate``.
        """
        self._tried_s = -np.inf
        self._calibrate_asked = True

    @property
    def window(self) -> Window | None:
        """The last identity's window in pixels of the camera's frames, these turned so that the
        driver is upright; None until calibrated.
        """
        return self._window

    @property
    def turned_deg(self) -> int:
        """How far the driver was turned from upright at the calibration, clockwise: 0, 90, 180 or
        270. It holds until the next: who then lies down or stands on the hands does just that.
        """
        return self._turned_deg

    def locate(
        self, frame: Picture, time_s: float, identity: Identity, *, mirrored: bool = False
    ) -> Located | None:
        """The driver in this frame; None while nobody is found or nobody clearly enough.

        A frame of another shape, or one that lies before the last, starts anew. One of another size
        but the same shape, or one in a mirror, keeps the calibration.
        """
        if mirrored != self._mirrored:
            self._turned_deg = upright_by(self._turned_deg)
        frame = turn_picture(frame, upright_by(self._turned_deg))
        changed = (frame.shape, mirrored) != (self._shape, self._mirrored)
        if changed:
            self._look_anew(frame.shape[:2], mirrored)
        if changed or time_s < self._time_s:
            self._estimator.reset()
            self._tried_s = -np.inf
        self._shape, self._mirrored, self._time_s = frame.shape, mirrored, time_s
        pose = self._estimator.track(frame, time_s)
        if pose is None:
            return None
        if self._calibrate_asked or self._calibration is None:
            if time_s - self._tried_s >= LOOK_AGAIN_S:
                self._tried_s = time_s
                pose = self._start(frame, mirrored) or pose
        elif self._frames < SETTLING:
            self._learn(pose)
        if self._calibration is None:
            return None
        located = self._in_window(pose, self._calibration, identity)
        if not self._turned_deg:
            return located
        in_frame = turn_points(pose.landmarks, self._turned_deg, self._shape)
        return replace(located, in_frame=in_frame)

    def densepose(self, located: Located) -> DensePose:
        """The IUV map of the driver in the window."""
        return self._estimator.estimate(located.landmarks, located.mask, located.confidence)

    def _look_anew(self, shape: tuple[int, int], mirrored: bool) -> None:
        self._windows.clear()
        self._window = None
        if self._calibration is not None:
            self._calibration = self._calibration.seen_in(shape, mirrored)

    def _start(self, frame: Picture, mirrored: bool) -> Pose | None:
        """Calibrate with the frame as a still: as the photo was looked at, so that the photo
        itself as the driver is framed as the photo is. None if nobody is seen clearly.
        """
        self._calibrate_asked = False
        found = self._observe(frame)
        if found is None or not _clear(found.pose):
            self._calibrate_asked = True
            return None
        frame, pose, turned_deg = found
        if turned_deg:
            self._turned_deg = (self._turned_deg + turned_deg) % 360
            self._shape = frame.shape
            self._estimator.reset()
        self._frames = 0
        self._sums: dict[Bone, tuple[float, int]] = {}
        self._learn(pose)
        self._windows.clear()
        self._calibration = Calibration(
            pose=replace(pose, mask=None),
            shape=(frame.shape[0], frame.shape[1]),
            mirrored=mirrored,
            proportions=self._proportions(),
            retarget=self._options.retarget,
        )
        return pose

    def _observe(self, frame: Picture) -> Upright | None:
        if self._options.upright:
            return observe_upright(frame, self._estimator.observe)
        pose = self._estimator.observe(frame)
        return None if pose is None else Upright(frame, pose, 0)

    def _learn(self, pose: Pose) -> None:
        self._frames += 1
        for bone, length in proportions(pose).items():
            total, count = self._sums.get(bone, (0.0, 0))
            self._sums[bone] = (total + length, count + 1)

    def _proportions(self) -> Proportions:
        return {bone: total / count for bone, (total, count) in self._sums.items()}

    def _in_window(self, pose: Pose, calibration: Calibration, identity: Identity) -> Located:
        window = self._windows.get(identity)
        if window is None:
            window = self._windows[identity] = calibration.window(identity)
        self._window = window
        known = self._proportions() if self._options.retarget else None
        landmarks = in_window(pose, window, identity, known)
        mask = None
        if self._options.driving_iuv_mask and pose.mask is not None:
            mask = np.asarray(crop(pose.mask, window, self._size), np.float32)
        return Located(landmarks, pose.landmarks, mask, pose.presence)


def _clear(pose: Pose) -> bool:
    shoulders = pose.landmarks[[LEFT_SHOULDER, RIGHT_SHOULDER], 3]
    return pose.presence >= CONFIDENT and bool((shoulders >= VISIBLE).any())
