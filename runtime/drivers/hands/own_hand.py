"""A hand of the photo that moves finger by finger: its own pixels, each on the bone it shows.

Convention: pixels of the photo's window, x right, y down, z away from the camera. Bones are counted
in the hand: 0 for the palm, then three a finger, the thumb first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.finger_mesh import BONES, FingerMesh
from bunraku.runtime.drivers.hands.landmarks import WRIST
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.rigging import bent_since
from bunraku.runtime.drivers.hands.shape import HandPose, HandShape
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, JOINTS

GOES_OVER = -0.05, 0.4
"""From where to where beyond the wrist a hand goes over into what it is on, if that is made anew,
in lengths from wrist to knuckles."""
REACH = math.radians(25.0)
"""How far a finger is turned from how the photo has it at most: one sees the side of a finger that
it does not show from there on, and what is behind."""


@dataclass(frozen=True, eq=False)
class OwnHand:
    """The pixels of one hand, and how its bones move them."""

    mesh: FingerMesh
    """x and y of its vertices are where the photo is read."""
    beyond: Array
    """``[t]`` in [0, 1]: how far each lies beyond the wrist, where one sees it from the side."""
    points: Vectors
    """``[5, 4, 3]``: where each finger's bones begin, and its tip."""
    shape: HandShape
    pose: HandPose
    """As the photo holds it."""

    @classmethod
    def of(
        cls,
        pixels: Region,
        place: HandPlace,
        picture: Array,
        wrist_z: float,
        shape: HandShape,
        pose: HandPose,
    ) -> OwnHand:
        """A hand by its points.

        :param pixels: ``[n, n]``, which may be read of it; some must be.
        :param picture: ``[n, n, 3]``, the photo's colours in [0, 1].
        :param wrist_z: the depth of its wrist.
        """
        placed = np.asarray(place.points, np.float64).copy()
        placed[:, 2] += wrist_z - placed[WRIST, 2]
        fingers = placed[1:].reshape(FINGERS, 1 + JOINTS, 3)
        mesh = FingerMesh.of(pixels, placed[WRIST], fingers, place.length, picture)
        middles = mesh.vertices[mesh.triangles, :2].mean(1).astype(np.float64)
        return cls(
            mesh,
            _beyond(middles, place),
            fingers,
            shape,
            pose,
        )

    def held(self, turn: Array, pose: HandPose | None) -> HandPose:
        """How the hand is held when its palm has gone so far.

        :param turn: ``[3, 3]``, how the palm has been turned since the photo, and stretched.
        :param pose: the driver's, None if it is not seen.
        """
        across, _, along = np.linalg.svd(turn.astype(np.float64))
        bends = self.pose.bends
        if pose is not None:
            bends = bends + (pose.bends - bends) * pose.belief
        return HandPose(across @ along @ self.pose.palm, bends)

    def bent(self, bends: Vectors) -> Vectors:
        """Bends ``[5, 4]`` like these as far as the photo's pixels can be bent and stay whole."""
        since = bends - self.pose.bends
        far = np.maximum(1e-6, bent_since(since))
        return self.pose.bends + since * (REACH * (1.0 - np.exp(-far / REACH)) / far)[:, None]

    def transforms(self, hand: Array, pose: HandPose) -> Array:
        """``[16, 3, 4]``: where each bone of the hand has gone since the photo.

        :param hand: ``[3, 4]``, where the palm has. :param pose: of ``held``.
        """
        palm, before = self.pose.palm, self.shape.turns(self.pose.bends)
        turns = palm @ self.shape.turns(self.bent(pose.bends)) @ before.swapaxes(-1, -2) @ palm.T
        moved = np.zeros((BONES, 3, 4))
        moved[0, :, :3] = np.eye(3)
        start = self.points[:, 0]
        for joint in range(JOINTS):
            turn, rest = turns[:, joint], self.points[:, joint]
            moved[1 + joint :: JOINTS, :, :3] = turn
            moved[1 + joint :: JOINTS, :, 3] = start - (turn @ rest[..., None])[..., 0]
            if joint + 1 < JOINTS:
                bone = self.points[:, joint + 1] - rest
                start = start + (turn @ bone[..., None])[..., 0]
        result = hand[:, :3] @ moved
        result[:, :, 3] += hand[:, 3]
        return np.ascontiguousarray(result, np.float32)


def _beyond(at: Vectors, place: HandPlace) -> Array:
    """``OwnHand.beyond`` of points ``[t, 2]``."""
    low, high = GOES_OVER
    along = place.along(at) / place.length
    return np.asarray(np.clip((along - low) / (high - low), 0.0, 1.0), np.float32)
