"""Wrists and knuckles of a pose where the hand network says they are: it sees them better."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.hands.landmarks import HANDS, KNUCKLES, WRIST, WRISTS
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.few import length_of, mean_of
from bunraku.spec.skeleton import SIDES

PINNED = tuple([WRISTS[side], HANDS[side][0], HANDS[side][1]] for side in range(SIDES))
"""Landmarks of the left and the right hand: its wrist, and the knuckles of little finger and
index."""
USUAL = 0.4
"""How far the hand network's points usually are from the pose network's, in lengths of the palm.
From twice as much on the pose is mistaken about the hand."""
_POINTS = [WRIST, KNUCKLES[-1], KNUCKLES[0]]


def apart_from_pose(points: Array, pose: Array, side: int) -> Array:
    """How far a hand's points ``[21, 2 or more]`` are from a pose's: ``[3, 2]``, of ``PINNED``.

    :param pose: ``[33, 2 or more]`` in the same pixels.
    """
    return np.asarray(points[_POINTS, :2] - pose[PINNED[side], :2], np.float32)


def pin_photo(landmarks: Array, hands: HandPoses) -> Array:
    """A photo's landmarks ``[33, 4]`` in pixels of its window, with its hands where they are."""
    result = landmarks.copy()
    for side, hand in enumerate(hands):
        if hand is not None and hand.place is not None:
            apart = apart_from_pose(hand.place.points, landmarks, side)
            result[PINNED[side], :2] += np.float32(hand.belief) * apart
    return result


def pin_driver(landmarks: Array, hands: HandPoses, photo: HandPoses, scale: float) -> Array:
    """A driver's landmarks ``[33, 4]`` with the hands where they are, as far as they are believed.

    The two networks do not mean quite the same by a wrist. That is of no account where the photo's
    hand is pinned too; else a hand is pinned only as far as it is off by more than they differ,
    and wholly from twice as much on.

    :param photo: the hands of ``pin_photo``. :param scale: pixels of the landmarks to one of the
        frame.
    """
    result = landmarks.copy()
    for side, (hand, other) in enumerate(zip(hands, photo, strict=True)):
        if hand is None or hand.apart is None:
            continue
        apart = np.float32(scale) * hand.apart
        if other is None or other.place is None:
            apart = _beyond_usual(apart, landmarks[PINNED[side], :2])
        result[PINNED[side], :2] += np.float32(hand.belief) * apart
    return result


def _beyond_usual(apart: Array, pose: Array) -> Array:
    """``[3, 2]``: what counts of ``apart``: nothing of a usual difference of the two networks, all
    of twice as much.

    :param pose: ``[3, 2]``, of ``PINNED``.
    """
    hand = pose + apart
    length = length_of(mean_of(hand[1:]) - hand[0])
    off = float(mean_of(np.hypot(*apart.T)))
    beyond = max(1.0 - USUAL * length / max(off, 1e-6), 0.0)
    return apart * np.float32(min(2.0 * beyond, 1.0))
