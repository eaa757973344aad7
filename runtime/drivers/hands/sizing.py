"""Hands as large as they look: one that is held out to the camera is larger than in the photo."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.spec.arrays import Array

LEAST, MOST = 0.85, 1.35
"""How much smaller or larger a hand may be than the photo's: an arm is not longer."""


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
