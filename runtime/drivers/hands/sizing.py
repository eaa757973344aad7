"""Hands as large as they look: one that is held out to the camera is larger than in the photo, and
one that is drawn anew as large as the photo's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPoses, HandShape
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, JOINTS
from bunraku.spec.smoothstep import smoothstep

LEAST, MOST = 0.85, 1.35
"""How much smaller or larger a hand may be than the photo's: an arm is not longer."""

SMALLEST, LARGEST = 0.72, 1.25
"""How much smaller or larger than the body's a photo's own hand may be."""
AT_WRIST, WHOLLY = -0.1, 0.6
"""From where to where beyond the wrist a hand goes over from its arm's size into its own, in
lengths to the knuckles."""
_INDEX, _LITTLE = 1, 4


@dataclass(frozen=True, eq=False)
class HandSize:
    """How large a hand of the body's is drawn."""

    bone: int
    """The hand's."""
    wrist: Array
    """``[4]``: where it is in the photo, and 1."""
    times: float
    """How many times as large as the body's the hand is,"""
    grown: Array
    """and each vertex ``[v]``, seen from the wrist."""

    @classmethod
    def by(cls, bone: int, wrist: Vectors, along: Array, times: float) -> HandSize:
        """A hand so many times as large.

        :param along: ``[v]``, how far beyond the wrist each vertex lies, in lengths of the palm.
        """
        beyond = np.clip((along - AT_WRIST) / (WHOLLY - AT_WRIST), 0.0, 1.0)
        grown = 1.0 + (times - 1.0) * smoothstep(beyond.astype(np.float32))
        return cls(bone, np.append(wrist, 1.0).astype(np.float32), times, grown)

    def of(self, moved: Array, transforms: Array) -> Array:
        """Vertices ``[v, 3]`` of the body's hand where they are in its own size.

        :param transforms: ``[bones, 3, 4]``, which moved them.
        """
        return self._about(transforms[self.bone] @ self.wrist, moved)

    def in_photo(self, vertices: Array) -> Array:
        """Likewise ``[v, 3]``, as the photo holds it."""
        return self._about(self.wrist[:3], vertices)

    def _about(self, wrist: Array, vertices: Array) -> Array:
        return np.asarray(wrist + (vertices - wrist) * self.grown[:, None], np.float32)

    def hidden(self, palm: Array) -> Array:
        """A palm's transform ``[3, 4]``, of one that is no larger than the hand before it."""
        less = min(self.times, 1.0)
        stays = (1.0 - less) * (palm @ self.wrist)
        return np.column_stack([less * palm[:, :3], less * palm[:, 3] + stays])


def times_larger(
    poses: HandPoses, shapes: tuple[HandShape, HandShape], knuckles: Sequence[Array]
) -> float:
    """How many times as large as the body's a photo's own hands are, in the mean: what a network
    says of two differs more than they do.

    By what is largest of each, for it makes too little of depth: how wide the palm is, and how long
    the longest finger.

    :param poses: as the photo holds them; None for one that does not tell.
    :param shapes: the body's.
    :param knuckles: ``[5, 3]`` each, where these are as the photo holds them, in the same pixels.
    """
    logs = []
    for pose, shape, at in zip(poses, shapes, knuckles, strict=True):
        if pose is not None and pose.place is not None:
            points = np.asarray(pose.place.points, np.float64)
            seen = _width_and_length(points[1:].reshape(FINGERS, 1 + JOINTS, 3))
            known = _width_and_length(shape.joints)
            known = known * float(np.linalg.norm(at[_INDEX] - at[_LITTLE])) / known[0]
            logs.append(np.log((seen / known).max()))
    return float(np.clip(np.exp(np.mean(logs)), SMALLEST, LARGEST)) if logs else 1.0


def _width_and_length(fingers: Vectors) -> Vectors:
    """``[2]``: between the outer knuckles, and of the longest finger, the thumb aside.

    :param fingers: ``[5, 4, 3]``, their joints.
    """
    wide = np.linalg.norm(fingers[_INDEX, 0] - fingers[_LITTLE, 0])
    long = np.linalg.norm(np.diff(fingers[_INDEX:], axis=1), axis=2).sum(1).max()
    return np.array([wide, long])


def sized(
    transforms: Array, wrists: Vectors, hands: HandPoses, photo: HandPoses, scale: float
) -> Array:
    """Transforms with the driver's hands as large as they are seen, as far as both are believed.

    Only hands that the photo shows too: how large the network takes a hand to be is its own.

    :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
    :param wrists: ``[33 or more, 3]``, the photo's landmarks.
    :param photo: its hands.
    :param scale: pixels of the window, of a figure as large as the photo's, to one of the frame.
    """
    result = transforms
    for side, (hand, other) in enumerate(zip(hands, photo, strict=True)):
        if hand is None or other is None or min(hand.per_metre, other.per_metre) <= 0.0:
            continue
        larger = min(max(scale * hand.per_metre / other.per_metre, LEAST), MOST)
        larger = 1.0 + (larger - 1.0) * hand.belief * other.belief
        bones = [HAND_BONES[side], *FINGER_BONES[side].ravel()]
        palm = transforms[HAND_BONES[side]]
        wrist = palm[:, :3] @ wrists[WRISTS[side]] + palm[:, 3]
        if result is transforms:
            result = transforms.copy()
        result[bones] *= np.float32(larger)
        result[bones, :, 3] += (np.float32(1.0 - larger) * wrist).astype(np.float32)
    return result
