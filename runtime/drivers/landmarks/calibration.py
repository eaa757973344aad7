"""How the driver stood when they were matched to the source, and the windows that follow from it.

The calibration is the driver's own: each photo's window is derived from it, so that another photo
can be driven at the very next frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bunraku.runtime.drivers.landmarks.retarget import EXACT, Proportions, Slack, ratios, retarget
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.thighs import raised_thighs
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import (
    LIFT_MAX,
    SAME_SHAPE,
    SQUAT_MAX,
    driving_window,
    feet_seen,
    hips_seen,
    shoulders_seen,
)
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import FEET, HEAD, MIRRORED, Bone


@dataclass(frozen=True, eq=False)
class Calibration:
    """The driver in one frame, by whom all photos are matched."""

    pose: Pose
    """In pixels of the frame."""
    shape: tuple[int, int]
    """The frame's height and width."""
    mirrored: bool
    """Whether left and right were exchanged in it."""
    proportions: Proportions
    """Of this pose alone, so that every photo's window is the same whenever it is derived."""
    retarget: bool
    """Whether the driver gets the source's limb lengths."""

    def seen_in(self, shape: tuple[int, int], mirrored: bool) -> Calibration | None:
        """The same in frames of another size, or in a mirror; None where they are of another shape.

        A browser sends smaller frames while its connection is poor: the driver is where they were.
        """
        if (shape, mirrored) == (self.shape, self.mirrored):
            return self
        across, down = shape[1] / self.shape[1], shape[0] / self.shape[0]
        if abs(across / down - 1.0) > SAME_SHAPE:
            return None
        landmarks, world = self.pose.landmarks.copy(), self.pose.world.copy()
        landmarks[:, 0] = (landmarks[:, 0] + 0.5) * across - 0.5
        landmarks[:, 1] = (landmarks[:, 1] + 0.5) * down - 0.5
        landmarks[:, 2] *= across
        if mirrored != self.mirrored:
            landmarks[:, 0] = shape[1] - 1 - landmarks[:, 0]
            world[:, 0] = -world[:, 0]
            landmarks, world = landmarks[list(MIRRORED)], world[list(MIRRORED)]
        pose = replace(self.pose, landmarks=landmarks, world=world, roi=None)
        return replace(self, pose=pose, shape=shape, mirrored=mirrored)

    def window(self, subject: LandmarkSubject, slack: Slack = EXACT) -> Window:
        """The camera's window, in pixels of its frames, in which the driver is as the source is.

        :param slack: see ``ratios``.
        """
        source = subject.source
        unit = source.framing.unit
        if not hips_seen(self.pose.landmarks, self.shape):
            unit = Bone.SHOULDERS if unit is Bone.TORSO else unit
        if not shoulders_seen(self.pose.landmarks, self.shape):
            unit = Bone.HEAD
        window = driving_window(source.pose, source.framing.window, self.pose, unit)
        if unit is Bone.HEAD:
            return self._headed(window, subject, slack)
        return self._grounded(window, subject, slack)

    def _headed(self, window: Window, subject: LandmarkSubject, slack: Slack) -> Window:
        """The window moved so that the driver's head is where the source's is: the source's limb
        lengths move it, on a neck of which one end is a guess."""
        driver, head = self._in_window(window, subject, slack), list(HEAD)
        away = driver[head, :2].mean(0) - subject.source.landmarks[head, :2].mean(0)
        x, y = (away * window.side).tolist()
        return Window(window.cx + x, window.cy + y, window.side)

    def _grounded(self, window: Window, subject: LandmarkSubject, slack: Slack) -> Window:
        """The window moved up or down so that the driver stands on the source's ground.

        Only where both show their feet; by little, as one of them may be in the air, but as far as
        it takes where only one of them squats.
        """
        source = subject.source
        shown = feet_seen(source.pose.landmarks, source.photo.shape[0])
        if not shown or not feet_seen(self.pose.landmarks, self.shape[0]):
            return window
        ground = source.landmarks[list(FEET), 1].max()
        driver = self._in_window(window, subject, slack)
        low, other = (all(raised_thighs(pose.world)) for pose in (source.pose, self.pose))
        most = LIFT_MAX if low == other else SQUAT_MAX
        lift = min(max(float(ground - driver[list(FEET), 1].max()), -most), most)
        return Window(window.cx, window.cy - lift * window.side, window.side)

    def _in_window(self, window: Window, subject: LandmarkSubject, slack: Slack) -> Array:
        known = self.proportions if self.retarget else None
        return in_window(self.pose, window, subject, known, slack)


def in_window(
    pose: Pose,
    window: Window,
    subject: LandmarkSubject,
    proportions: Proportions | None,
    slack: Slack = EXACT,
) -> Array:
    """A driver's landmarks ``[33, 4]`` in window units.

    :param proportions: the driver's, to give them the source's limb lengths; None to leave theirs.
    :param slack: see ``ratios``.
    """
    landmarks = window.to_units(pose.landmarks)
    if proportions is None:
        return landmarks
    stretch = ratios(subject.proportions, proportions, slack)
    return np.asarray(retarget(landmarks, stretch), np.float32)
