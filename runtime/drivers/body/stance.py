"""How a photo's person stands: where their bones are, and how these are turned and bent.

Convention: points are in pixels of the photo's window, x right, y down, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.spec.arrays import Array


@dataclass(frozen=True, eq=False)
class Stance:
    """How the photo's person stands."""

    points: Vectors
    """``[35, 3]`` (``with_hands``)."""
    size: float
    """Pixels a metre of the template."""
    frames: Vectors
    """``[15, 4, 4]``, from a bone's own axes to the window."""
    inverse: Vectors
    turns: Vectors
    """``[15, 3, 3]``, each bone's rotation since the rest, without twist."""
    twists: Vectors
    """``[12]`` radians from the rest's front to the camera, of ``LIMBS``."""
    facing: Vectors
    """``[12]`` how much that means, the sine of the bone against the line of sight."""
    twisted: Vectors
    """``[12]`` radians by which the frames are turned about their bones: hands that are seen."""
    fingers: Vectors
    """``[2, 5, 3, 4, 4]``: where the body's finger bones are bent to since the rest, at hands at
    rest: nowhere, or to where they are at ease if the photo does not tell."""

    @cached_property
    def unbent(self) -> Vectors:
        """``[2, 5, 3, 4, 4]``, the inverse of ``fingers``."""
        return np.asarray(np.linalg.inv(self.fingers))

    def placed(self, bones: Vectors) -> Array:
        """``[len(BodyBone), 3, 4]``: bones ``[15, 4, 4]`` of the body at rest that have been moved
        to the photo, with the fingers as they are bent there."""
        result = bones[POSED_BY]
        for side, hand in enumerate(HAND_BONES):
            result[FINGER_BONES[side]] = bones[hand] @ self.fingers[side]
        return np.ascontiguousarray(result[:, :3], np.float32)
