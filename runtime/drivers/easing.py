"""From how the calibration saw the driver to how the tracker does, without a jump.

The calibration looks at its frame as at a still, several times; the tracker's single look at the
same frame differs by a pixel or two. In the next frames it errs as it did in this one, so the
difference is known and taken out, less and less: limbs soon move and err otherwise, head and trunk
go on looking the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    HEAD,
    LANDMARKS,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

LIMBS_S, TRUNK_S = 0.4, 3.0
"""After which a third of the difference is left, of limbs and of head and trunk."""
FAR = 0.15
"""Trunks by which a joint of it may differ: more is no error of a look, but another opinion."""
_SHOULDERS, _HIPS = [LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP]
_TIMES_S = np.full((LANDMARKS, 1), LIMBS_S, np.float32)
_TIMES_S[[*HEAD, *_SHOULDERS, *_HIPS]] = TRUNK_S


@dataclass(frozen=True, eq=False)
class Easing:
    """What one frame's still shows otherwise than the tracker's look at it."""

    landmarks: Array
    """``[33, 3]`` in pixels of the frame."""
    world: Array
    """``[33, 3]`` in metres."""
    since_s: float
    """The frame's time."""

    @classmethod
    def between(cls, tracked: Pose, still: Pose, time_s: float) -> Easing | None:
        """Of two poses of one frame; None if they are of different minds about the trunk, as of a
        back that one takes for a front: the next frame errs otherwise.
        """
        landmarks = still.landmarks[:, :3] - tracked.landmarks[:, :3]
        shoulders, hips = (still.landmarks[pair, :2].mean(0) for pair in (_SHOULDERS, _HIPS))
        far = FAR * float(np.linalg.norm(shoulders - hips))
        if np.linalg.norm(landmarks[[*_SHOULDERS, *_HIPS], :2], axis=1).max() > far:
            return None
        return cls(landmarks, still.world - tracked.world, time_s)

    def ease(self, pose: Pose, time_s: float) -> Pose:
        """A pose that was tracked at or after the frame, nearer to how stills are seen."""
        share = np.exp(np.float32(self.since_s - time_s) / _TIMES_S)
        landmarks = pose.landmarks.copy()
        landmarks[:, :3] += self.landmarks * share
        return replace(pose, landmarks=landmarks, world=pose.world + self.world * share)
