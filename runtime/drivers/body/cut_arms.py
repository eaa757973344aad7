"""Arms of a driver whom the camera cuts: believed as far as the frame shows them.

Of head and shoulders before a camera the pose network still gives two arms, often raised before the
chest, and is half sure of them. What lies well inside the frame is seen, and so is what the network
is sure of, or an arm whose hand the hand network has found. The rest is a guess: it comes and goes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
    RIGHT_SHOULDER,
)
from bunraku.spec.skeleton import SIDES

INSIDE = {LEFT_ELBOW: (0.1, 0.3), LEFT_WRIST: (0.1, 0.4)}
"""By joint: how far inside the frame it is doubted, and from where it is seen, in widths of the
shoulders."""
DOUBTFUL, CLEAR = 0.8, 0.95
"""Visibility up to which a joint at the frame's edge is doubted, and from where it is seen."""
FOLLOWED = 0.5
"""Belief in an elbow from which its hand is followed as far as that is seen."""
EASE_S = 0.25
"""In which an arm that is seen at last is followed, and one that is not is given up."""


class CutArms:
    """How far the arms of one driver are seen, frame after frame."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Take the next frame for the first: at that, nothing is eased."""
        self._time_s = np.inf
        self._shares = np.ones((SIDES, len(INSIDE)))

    def believe(
        self, belief: Array, pose: Array, shape: tuple[int, int], hands: HandPoses, time_s: float
    ) -> Array:
        """``[33]`` in [0, 1]: how far the driver's landmarks are believed now.

        :param belief: ``[33]`` in [0, 1], how far they would be.
        :param pose: ``[33, 4]`` in pixels of the frame, with visibility.
        :param shape: of the frame, height and width.
        :param hands: the driver's, as far as they are found.
        :param time_s: the frame's; one before the last starts anew.
        """
        wanted = np.stack([_seen(pose, shape, side, hands) for side in range(SIDES)])
        most = (time_s - self._time_s) / EASE_S if time_s >= self._time_s else 1.0
        self._time_s = time_s
        self._shares += np.clip(wanted - self._shares, -most, most)
        result = belief.copy()
        for side, (elbow, wrist) in enumerate(self._shares):
            result[LEFT_ELBOW + side] *= elbow
            result[[LEFT_WRIST + side, *(LEFT_HAND, RIGHT_HAND)[side]]] *= wrist
        return result


def on_their_arms(hands: HandPoses, seen: Array) -> HandPoses:
    """A driver's hands as far as their arms follow: on one that stays as the photo has it a hand
    stays as well, for turned by itself it would be torn off at the wrist.

    :param seen: ``[33]`` in [0, 1], how far the driver's landmarks are believed.
    """
    left, right = (
        _on_arm(hand, min(float(seen[LEFT_ELBOW + side]) / FOLLOWED, 1.0))
        for side, hand in enumerate(hands)
    )
    return left, right


def _on_arm(hand: HandPose | None, share: float) -> HandPose | None:
    if hand is None or share <= 0.0:
        return None
    return replace(hand, belief=hand.belief * share, lately=hand.lately * share)


def _seen(pose: Array, shape: tuple[int, int], side: int, hands: HandPoses) -> Array:
    """``[2]``: how far an elbow and its wrist are seen."""
    across = pose[LEFT_SHOULDER, :2] - pose[RIGHT_SHOULDER, :2]
    wide = max(float(np.linalg.norm(across)), 1.0)
    hand = hands[side]
    joints = []
    for joint, (doubted, seen) in INSIDE.items():
        x, y, _, visibility = pose[joint + side].tolist()
        inside = min(x, y, shape[1] - 1.0 - x, shape[0] - 1.0 - y) / wide
        shares = (inside - doubted) / (seen - doubted), (visibility - DOUBTFUL) / (CLEAR - DOUBTFUL)
        joints.append(max(*shares, 0.0 if hand is None else hand.lately))
    return np.asarray(np.clip(joints, 0.0, 1.0), np.float32)
