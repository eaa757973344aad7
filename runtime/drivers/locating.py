"""Where the driver is: from camera frames to landmarks in the photo's window.

Shared by all drivers that see people by the pose networks: tracking, the calibration, and limb
lengths that settle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol
from weakref import WeakKeyDictionary

import numpy as np

from bunraku.runtime.drivers.easing import Easing
from bunraku.runtime.drivers.landmarks.calibration import Calibration, in_window
from bunraku.runtime.drivers.landmarks.retarget import EXACT, Proportions, Slack, proportions
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.looking import Looked
from bunraku.runtime.drivers.protocol import Subject
from bunraku.runtime.drivers.refining import Refiner
from bunraku.runtime.drivers.sight import clear, in_sight
from bunraku.runtime.drivers.unseen import Unseen
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import (
    Upright,
    observe_upright,
    turn_picture,
    turn_points,
    upright_by,
)
from bunraku.runtime.source.framing import pixels_per_metre
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import Bone

SETTLING = 30
"""Confident frames over which the driver's proportions are averaged after a calibration: one
frame's lengths are off by a tenth."""
STILL = 8
"""As many frames the still of the calibration counts as in that average: it is looked at several
times, as the photo is, and errs as the photo's lengths do."""
LOOK_AGAIN_S = 0.25
"""Time between attempts to calibrate: each looks at the frame as at a still, which takes longer
than a live frame has.
"""


class Tracker(Protocol):
    """Finds the driver in frames."""

    def observe(self, picture: Picture) -> Pose | None:
        """The largest person of a picture by itself, with a mask."""

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        """The person followed through frames; None while nobody is found.

        :param mask: whether the mask is wanted too.
        """

    def reset(self) -> None:
        """Forget the person that was followed."""


@dataclass(frozen=True, eq=False)
class Located:
    """The driver in one frame."""

    landmarks: Array
    """``[33, 4]`` in window units, with the source's limb lengths."""
    in_frame: Array
    """``[33, 4]`` in pixels of the frame, as the camera shows them."""
    mask: Array | None
    """``[n, n]`` in [0, 1], the driver's outline in the window, if it is to be used."""
    pose: Pose | None = None
    """In pixels of the frame turned upright, with the driver's own limb lengths."""
    looked: Looked | None = None
    """What the joints were aligned with, if they were: of that frame."""
    calibrated: bool = False
    """Whether by this frame; its pose has a mask then."""

    @cached_property
    def in_square(self) -> Array | None:
        """``[33, 4]``: the pose with the depths of ``metric_depth``, in pixels of the square that
        was looked at."""
        if self.looked is None or self.pose is None:
            return None
        return self.looked.landmarks(metric_depth(self.pose).landmarks)


class Locator:
    """Follows one person, and fixes at calibration which square of the camera is the window.

    :param tracker: follows a person of this locator's own.
    :param size: side in pixels of the outline that it gives if the options ask for it.
    """

    def __init__(self, tracker: Tracker, size: int, options: PuppetOptions | None = None) -> None:
        self._tracker = tracker
        self._size = size
        self._options = options or PuppetOptions()
        self._unseen = Unseen()
        self._refiner = Refiner()
        self.reset()

    def reset(self) -> None:
        """Forget the driver; the next confident frame calibrates."""
        self._tracker.reset()
        self._unseen.reset()
        self._refiner.reset()
        self._shape: tuple[int, ...] = ()
        self._mirrored = False
        self._turned_deg = 0
        self._time_s = -np.inf
        self._person = 0
        self._calibration: Calibration | None = None
        self._windows: WeakKeyDictionary[Subject, Window] = WeakKeyDictionary()
        self._window: Window | None = None
        self._easing: Easing | None = None
        self.calibrate()

    def calibrate(self) -> None:
        """Fix the window anew at the next confident frame; until then the last one holds.

        May be called from another thread than ``locate``.
        """
        self._tried_s = -np.inf
        self._calibrate_asked = True

    @property
    def window(self) -> Window | None:
        """The last subject's window in pixels of the camera's frames, these turned so that the
        driver is upright; None until calibrated.
        """
        return self._window

    @property
    def turned_deg(self) -> int:
        """How far the driver was turned from upright at the calibration, clockwise: 0, 90, 180 or
        270. It holds until the next: who then lies down or stands on the hands does just that.
        """
        return self._turned_deg

    @property
    def person(self) -> int:
        """Of who was located last: another number once it is somebody else."""
        return self._person

    def locate(
        self,
        frame: Picture,
        time_s: float,
        subject: LandmarkSubject,
        *,
        mirrored: bool = False,
        metric: bool = False,
        slack: Slack = EXACT,
        eased: bool = False,
        refined: bool = False,
    ) -> Located | None:
        """The driver in this frame; None while nobody is found or nobody clearly enough.

        A frame of another shape, or one that lies before the last, starts anew. One of another size
        but the same shape, or one in a mirror, keeps the calibration. Somebody else than was
        followed before is calibrated anew.

        :param metric: whether the landmarks in the window have the depths of ``metric_depth``.
        :param slack: by which the source's limb lengths may differ unheeded.
        :param eased: whether tracked frames continue what the calibration saw; see ``easing``.
        :param refined: whether their joints are moved to where they are seen; see ``refining``.
        """
        if mirrored != self._mirrored:
            self._turned_deg = upright_by(self._turned_deg)
            self._refiner.reset()  # its pixels are on the other side
        frame = turn_picture(frame, upright_by(self._turned_deg))
        changed = (frame.shape, mirrored) != (self._shape, self._mirrored)
        if changed:
            self._look_anew(frame.shape[:2], mirrored)
        if changed or time_s < self._time_s:
            self._tracker.reset()
            self._unseen.reset()
            self._tried_s = -np.inf
            self._easing = None
        self._shape, self._mirrored, self._time_s = frame.shape, mirrored, time_s
        pose = self._tracker.track(frame, time_s, mask=self._options.driving_iuv_mask)
        if pose is None:
            return None
        if not in_sight(pose, frame.shape[:2]):
            return None
        if pose.person != self._person:
            self._meet(pose.person)
        started, asked = None, self._calibrate_asked or self._calibration is None
        if asked and time_s - self._tried_s >= LOOK_AGAIN_S:
            self._tried_s = time_s
            started = self._start(frame, time_s, eased, refined)
        if started is not None:
            pose = started
        else:
            if self._easing is not None:
                pose = self._easing.ease(pose)
            if not asked and self._frames < SETTLING:
                self._learn(pose)
        pose = self._unseen.keep(pose, time_s)
        if started is None:
            pose = self._refiner.refine(frame, pose)
        if self._calibration is None:
            return None
        seen = metric_depth(pose) if metric else pose
        located = self._in_window(seen, self._calibration, subject, slack)
        looked, calibrated = self._refiner.looked, started is not None
        located = replace(located, pose=pose, looked=looked, calibrated=calibrated)
        if not self._turned_deg:
            return located
        in_frame = turn_points(pose.landmarks, self._turned_deg, self._shape)
        return replace(located, in_frame=in_frame)

    def _meet(self, person: int) -> None:
        """Forget what is known of the last driver; their window holds until the calibration."""
        self._person = person
        self._refiner.reset()
        self._unseen.reset()
        self._easing = None
        self.calibrate()

    def _look_anew(self, shape: tuple[int, int], mirrored: bool) -> None:
        self._windows.clear()
        self._window = None
        if self._calibration is not None:
            self._calibration = self._calibration.seen_in(shape, mirrored)

    def _start(self, frame: Picture, time_s: float, eased: bool, refined: bool) -> Pose | None:
        """Calibrate with the frame as a still: as the photo was looked at, so that the photo
        itself as the driver is framed as the photo is. None if nobody is seen clearly.
        """
        self._calibrate_asked = False
        found = self._observe(frame)
        if found is None or not clear(found.pose, found.picture.shape[:2]):
            self._calibrate_asked = True
            return None
        frame, pose, turned_deg = found
        if turned_deg:
            self._turned_deg = (self._turned_deg + turned_deg) % 360
            self._shape = frame.shape
            self._tracker.reset()
            self._unseen.reset()
        tracked = self._tracker.track(frame, time_s, mask=False) if eased else None
        self._easing = None if tracked is None else Easing.between(tracked, pose)
        self._refiner.reset()
        if refined:
            self._refiner.learn(frame, pose)
        self._frames = 0
        self._sums: dict[Bone, tuple[float, int]] = {}
        self._learn(pose, STILL)
        self._windows.clear()
        self._calibration = Calibration(
            pose=replace(pose, mask=None),
            shape=(frame.shape[0], frame.shape[1]),
            mirrored=self._mirrored,
            proportions=self._proportions(),
            retarget=self._options.retarget,
        )
        return pose

    def _observe(self, frame: Picture) -> Upright | None:
        if self._options.upright:
            return observe_upright(frame, self._tracker.observe)
        pose = self._tracker.observe(frame)
        return None if pose is None else Upright(frame, pose, 0)

    def _learn(self, pose: Pose, weight: int = 1) -> None:
        self._frames += 1
        for bone, length in proportions(pose).items():
            if bone in (Bone.HEAD, Bone.NECK) and self._frames > 1:
                continue  # the still's: what they do from then on is their own, not an error
            total, count = self._sums.get(bone, (0.0, 0))
            self._sums[bone] = (total + weight * length, count + weight)

    def _proportions(self) -> Proportions:
        return {bone: total / count for bone, (total, count) in self._sums.items()}

    def _in_window(
        self, pose: Pose, calibration: Calibration, subject: LandmarkSubject, slack: Slack
    ) -> Located:
        window = self._windows.get(subject)
        if window is None:
            window = self._windows[subject] = calibration.window(subject, slack)
        self._window = window
        known = self._proportions() if self._options.retarget else None
        landmarks = in_window(pose, window, subject, known, slack)
        mask = None
        if self._options.driving_iuv_mask and pose.mask is not None:
            mask = np.asarray(crop(pose.mask, window, self._size), np.float32)
        return Located(landmarks, pose.landmarks, mask)


def metric_depth(pose: Pose) -> Pose:
    """The pose with depths that come from its metres, at the scale of its pixels.

    The z of BlazePose's pixels is some 2.4 times the depth: good for order, not for bones.
    """
    landmarks = pose.landmarks.copy()
    landmarks[:, 2] = pose.world[:, 2] * pixels_per_metre(pose)
    return replace(pose, landmarks=landmarks)
