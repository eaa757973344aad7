"""Arms that the photo hides behind the trunk or behind what the other hand holds, or cuts off.

The pose network guesses where they are. What the photo shows there is not theirs: a ball would be
torn in two when they move, a collar carried away by a hand.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.cutting import part_anew
from bunraku.runtime.drivers.body.groups import FOREARMS, HANDS, Group, Groups
from bunraku.runtime.drivers.body.parting import AROUND, BAND
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.runtime.source.region import Region, distance_to, nearest
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HIPS,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_HAND,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_EYE,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    VISIBLE,
)
from bunraku.spec.skeleton import BodyBone

SOFT_PX = 1.5
"""Colours are compared without their grain."""
LOW, LEVEL = 0.5, 0.1
"""How near the photo's lower edge an elbow is whose forearm is doubted to be raised, as it is where
the wrist is not seen, and how far below the elbow a wrist counts as raised, in widths of the
shoulders."""
CLEAR = 0.9
"""Visibility of a wrist from which it is seen, however low its elbow is."""
FOREARM, UPPER_ARM = 0.7, 0.8
"""Their lengths, in such widths."""
BESIDE = 0.5
"""The share of an upper arm's line that lies in the person's outline at least, if it is seen."""
_HOLDING = (*FOREARMS, *HANDS)


def unseen_forearms(landmarks: Array, hands: HandPoses) -> tuple[BodyBone, ...]:
    """Forearms with their hands of which it is only guessed where they are.

    :param landmarks: ``[33, 4]``, with visibility. :param hands: those that were found are seen.
    """
    result: list[BodyBone] = []
    for side, hand in enumerate(hands):
        if landmarks[LEFT_ELBOW + side, 3] < VISIBLE and (hand is None or hand.place is None):
            result += [BodyBone(BodyBone.FOREARM_L + side), BodyBone(BodyBone.HAND_L + side)]
    return tuple(result)


def hang_arms(landmarks: Array, edge: float, hands: HandPoses) -> Array:
    """A photo's landmarks with forearms that hang beyond its lower edge, where the pose network
    sees them raised before the chest and no hand is found: of head and shoulders it always does.

    :param landmarks: ``[33, 4]`` in pixels of the window, and visibility.
    :param edge: its last row in the photo.
    """
    result = landmarks.copy()
    if landmarks[HIPS, 1].min() < edge:
        return result
    across = landmarks[LEFT_SHOULDER, :3] - landmarks[RIGHT_SHOULDER, :3]
    wide = float(np.linalg.norm(across))
    for side, (hand, knuckles) in enumerate(zip(hands, (LEFT_HAND, RIGHT_HAND), strict=True)):
        elbow, wrist = landmarks[[LEFT_ELBOW + side, LEFT_WRIST + side]]
        raised = wrist[1] < elbow[1] + LEVEL * wide
        low = elbow[1] > edge - LOW * wide
        doubted = wrist[3] < (CLEAR if low else VISIBLE)
        if hand is None and raised and doubted:
            carried = [LEFT_WRIST + side, *knuckles]
            result[carried, :3] += elbow[:3] + np.array([0.0, FOREARM * wide, 0.0]) - wrist[:3]
            result[carried, 3] = 0.0
    return result


def hang_denied(landmarks: Array, edge: float, hands: HandPoses, inside: Region) -> Array:
    """A photo's landmarks with arms that hang, where the pose network sees them beside head and
    shoulders and the outline has nobody there, or is not sure of a wrist at the head where no hand
    is found: it gives arms to whoever has them out of the photo, and takes brims for such.

    :param landmarks: ``[33, 4]`` in pixels of the window, and visibility.
    :param edge: its last row in the photo. :param inside: ``[n, n]``, the person.
    """
    result = landmarks.copy()
    if landmarks[HIPS, 1].min() < edge:
        return result
    across = landmarks[LEFT_SHOULDER, :3] - landmarks[RIGHT_SHOULDER, :3]
    down = np.array([0.0, float(np.linalg.norm(across)), 0.0])
    eyes = landmarks[[LEFT_EYE, RIGHT_EYE], 1].mean()
    for side, (hand, knuckles) in enumerate(zip(hands, (LEFT_HAND, RIGHT_HAND), strict=True)):
        shoulder, elbow = landmarks[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :3]
        _, high, _, visibility = landmarks[LEFT_WRIST + side]
        doubted = visibility < CLEAR and high < eyes
        nobody = _share_inside(shoulder, elbow, edge, inside) < BESIDE
        if hand is None and (nobody or doubted):
            carried = [LEFT_WRIST + side, *knuckles]
            result[LEFT_ELBOW + side, :3] = shoulder + UPPER_ARM * down
            result[carried, :3] = shoulder + (UPPER_ARM + FOREARM) * down
            result[[LEFT_ELBOW + side, *carried], 3] = 0.0
    return result


def _share_inside(start: Array, end: Array, edge: float, inside: Region) -> float:
    """Of a line as far as the window shows it above a row; 1 where it shows nothing."""
    n = len(inside)
    points = start[:2] + np.linspace(0.2, 1.0, 9)[:, None] * (end - start)[:2]
    x, y = np.rint(np.clip(points, -1.0, n)).astype(int).T
    shown = (x >= 0) & (x < n) & (y >= 0) & (y <= edge)
    return float(inside[y[shown], x[shown]].mean()) if shown.any() else 1.0


def without_unseen(
    groups: Groups, unseen: NDArray[np.int32], window: Picture, trunk_px: float
) -> Groups:
    """What was taken for a hidden arm given to what hides it: to the hand that holds it, as far as
    it looks like what that has already, or else to what is beside it.

    :param groups: ``[n, n]``. :param unseen: numbers of groups. :param window: ``[n, n, 3]`` uint8.
    """
    hidden = np.isin(groups, unseen)
    rest = (groups != Group.NOBODY) & ~hidden
    if not hidden.any() or not rest.any():
        return groups
    holding = np.isin(groups, _HOLDING) & rest
    if not holding.any() or not (rest & ~holding).any():
        return np.where(hidden, nearest(groups, rest), groups).astype(np.int32)
    own = holding | hidden & _like(window, holding, rest & ~holding)
    near = distance_to(hidden) <= AROUND * BAND * trunk_px
    held = hidden & part_anew(own, (rest | hidden) & ~own, window, hidden, near)
    result = groups.copy()
    hands = np.isin(groups, HANDS) & holding
    result[held] = nearest(groups, hands if hands.any() else holding)[held]
    beside = hidden & ~held
    result[beside] = nearest(groups, rest & ~holding)[beside]
    return result


def _like(window: Picture, one: Region, other: Region) -> Region:
    """``[n, n]``: which pixels are rather of the colour of one region's nearest than another's."""
    soft = cv2.GaussianBlur(window, (0, 0), SOFT_PX).astype(np.float32)
    at_one, at_other = (soft.reshape(-1, 3)[nearest_reached(region)] for region in (one, other))
    return np.asarray(np.abs(soft - at_one).sum(-1) < np.abs(soft - at_other).sum(-1))
