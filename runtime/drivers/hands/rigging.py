"""Hands on the posed body: the way they point, how they are turned, and how their fingers bend.

Convention: as in ``drivers.body.rig``; sides are left, then right.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors, cross, unit
from bunraku.runtime.drivers.hands.shape import HandPose, HandShape
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of
from bunraku.spec.skeleton import FINGERS, JOINTS, SIDES, BodyBone, finger_bone

HAND_BONES = BodyBone.HAND_L, BodyBone.HAND_R
FINGER_BONES = np.array(
    [[[finger_bone(s, f, j) for j in range(JOINTS)] for f in range(FINGERS)] for s in range(SIDES)]
)
"""``[2, 5, 3]``"""


class HandRig:
    """The template's two hands.

    :param wrists: ``[2, 3]``; :param fingers: ``[2, 5, 4, 3]``, as the template has them.
    :param along: ``[2, 3]`` unit, which way the hands' bones go at rest.
    :param across: ``[2, 3]`` unit, the first axis across them at rest.
    """

    def __init__(self, wrists: Array, fingers: Array, along: Vectors, across: Vectors) -> None:
        left, right = (HandShape.of(wrists[side], fingers[side]) for side in range(SIDES))
        self.shapes = left, right
        self._along, self._across = along, across

    def pointed(self, side: int, bone: Vectors, length: float, hand: HandPose) -> Vectors:
        """A hand's bone ``[3]`` the way that the hand goes, as far as it is believed.

        :param length: of the result, where it is believed wholly.
        """
        before = max(float(np.sqrt(bone @ bone)), 1e-6)
        way = self._turn(side, hand) @ self._along[side]
        mixed = unit(bone / before + (way - bone / before) * hand.belief)
        return np.asarray(mixed * (before + (length - before) * hand.belief))

    def twist(self, side: int, swung: Vectors, along: Vectors, hand: HandPose) -> float:
        """By how much a bone's rotation ``[3, 3]`` is to be turned about it, to lie as the hand.

        :param along: ``[3]`` unit, which way the bone goes now.
        """
        before, after = (
            unit(way - along * (way @ along))
            for way in (turn @ self._across[side] for turn in (swung, self._turn(side, hand)))
        )
        return float(np.arctan2(cross(before, after) @ along, before @ after))

    def bent(self, side: int, hand: HandPose) -> Vectors:
        """``[5, 3, 4, 4]``: where the fingers' bones have gone since rest, at a hand at rest.

        What is not believed of them is at ease.
        """
        shape = self.shapes[side]
        return fingers_moved(shape, shape.at_ease + (hand.bends - shape.at_ease) * hand.belief)

    def at_ease(self, side: int) -> Vectors:
        """The same for a hand of which nothing is known."""
        return fingers_moved(self.shapes[side], self.shapes[side].at_ease)

    def _turn(self, side: int, hand: HandPose) -> Vectors:
        """Rotation of a hand since the rest."""
        return np.asarray(hand.palm @ self.shapes[side].palm.T)


def fingers_moved(shape: HandShape, bends: Vectors) -> Vectors:
    """``[5, 3, 4, 4]``: where the bones of fingers with these bends have gone since rest, at a hand
    at rest."""
    turns = shape.palm @ shape.turns(bends) @ shape.palm.T
    result = np.zeros((FINGERS, JOINTS, 4, 4))
    result[..., :3, :3] = turns
    result[..., 3, 3] = 1.0
    start = shape.joints[:, 0]
    for joint in range(JOINTS):
        turn, rest = turns[:, joint], shape.joints[:, joint]
        result[:, joint, :3, 3] = start - (turn @ rest[..., None])[..., 0]
        bone = shape.joints[:, joint + 1] - rest
        start = start + (turn @ bone[..., None])[..., 0]
    return result


def tilt(one: HandPose, other: HandPose) -> float:
    """How far the side of a hand that the camera sees is turned away, in radians."""
    since = other.palm @ one.palm.T
    return math.acos(min(max(float(since[2, 2]), -1.0), 1.0))


def curl_apart(one: HandPose, other: HandPose) -> float:
    """How differently two hands bend their fingers: radians, in the mean over the fingers."""
    apart = one.bends[:, 1:].sum(1) - other.bends[:, 1:].sum(1)
    return length_of(apart) / math.sqrt(len(apart))


def bent_since(bends: Vectors) -> Vectors:
    """``[5]``: how far these bends ``[5, 4]`` turn each finger, in radians.

    Fingers lie side by side: one that is spread meets the next one in half the way.
    """
    further = np.abs(np.cumsum(bends[:, 1:], axis=1)).max(1)
    return np.asarray(np.maximum(further, 2.0 * np.abs(bends[:, 0])))


def fingers_apart(one: HandPose, other: HandPose) -> float:
    """How differently two hands hold the finger that they hold least alike, in radians."""
    return float(bent_since(one.bends - other.bends).max())
