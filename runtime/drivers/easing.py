"""From how the calibration saw the driver to how the tracker does, without a jump.

The calibration looks at its frame as at a still, several times; the tracker's single look at the
same frame differs by a pixel or two, of a face that fills it by ten. While the driver stays as they
were then, it errs as it did in this frame, so the difference is known and taken out: who sits still
drifts nowhere. That of a joint goes as the joint does, for elsewhere it errs otherwise, and comes
back with it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, SHOULDERS, TRUNK

GOES = 0.07
"""Trunks by which a joint has moved beside the trunk's middle for a third of its difference to be
left."""
FAR = 0.15
"""Trunks by which a joint of it may differ: more is no error of a look, but another opinion."""


@dataclass(frozen=True, eq=False)
class Easing:
    """What one frame's still shows otherwise than the tracker's look at it."""

    landmarks: Array
    """``[33, 3]`` in pixels of the frame."""
    world: Array
    """``[33, 3]`` in metres."""
    beside: Array
    """``[33, 2]``: where the tracker saw them beside the middle of the trunk, in pixels."""
    trunk_px: float
    """How long the still's is."""

    @classmethod
    def between(cls, tracked: Pose, still: Pose) -> Easing | None:
        """Of two poses of one frame; None if they are of different minds about the trunk, as of a
        back that one takes for a front: the next frame errs otherwise.
        """
        landmarks = still.landmarks[:, :3] - tracked.landmarks[:, :3]
        shoulders, hips = (still.landmarks[pair, :2].mean(0) for pair in (SHOULDERS, HIPS))
        trunk_px = float(np.linalg.norm(shoulders - hips))
        if np.linalg.norm(landmarks[TRUNK, :2], axis=1).max() > FAR * trunk_px:
            return None
        beside = _beside_trunk(tracked.landmarks)
        return cls(landmarks, still.world - tracked.world, beside, trunk_px)

    def ease(self, pose: Pose) -> Pose:
        """A tracked pose, nearer to how stills are seen."""
        moved = np.linalg.norm(_beside_trunk(pose.landmarks) - self.beside, axis=1)
        gone = moved / max(GOES * self.trunk_px, 1e-6)
        share = np.exp(-gone * gone).astype(np.float32)[:, None]
        landmarks = pose.landmarks.copy()
        landmarks[:, :3] += self.landmarks * share
        return replace(pose, landmarks=landmarks, world=pose.world + self.world * share)


def _beside_trunk(landmarks: Array) -> Array:
    """``[33, 2]`` in pixels."""
    return np.asarray(landmarks[:, :2] - landmarks[TRUNK, :2].mean(0))
