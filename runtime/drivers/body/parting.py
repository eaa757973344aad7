"""Where in the photo an arm ends and what is beside it begins: the picture's own edges say it.

The fitted body says it to within a part of an arm's width. In a band of that width on both sides
of its border each pixel goes to the arm or to what is beside it by colours and edges; then the hand
is looked for by itself; then, within the arm, pixels go to the forearm with its hand or to the
upper arm, where one lies before the other.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.cutting import part_anew
from bunraku.runtime.drivers.body.gained import without_endless
from bunraku.runtime.drivers.body.groups import ARMS, Group, Groups, with_forearms
from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.regions import far_from, from_line
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import distance_to, nearest
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import (
    HEAD,
    HIPS,
    LEFT_ELBOW,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_WRIST,
    SHOULDERS,
)

Hands = tuple[NDArray[np.bool_] | None, NDArray[np.bool_] | None]

BAND, BAND_IN_ARM = 0.08, 0.05
"""How far from the fitted border an edge of the picture is looked for, in lengths of the trunk: of
an arm, and of the forearm before the upper arm."""
SHOULDER, ELBOW = 0.2, 0.12
"""Nearer to the joint, in trunks, a limb goes over into the next: there is no edge to look for."""
CORE, CUT = 0.025, 0.15
"""As near to its bones, in trunks, an arm is whole that would be cut through over more than this
share of its length: it lies before clothes of its colour."""
AROUND = 4.0
"""The surroundings that tell how the other side looks, in bands."""
HAND_CORE, HAND, AROUND_HAND = 0.05, 0.2, 0.3
"""How far from the middle line of a hand, in trunks: all is the hand's, a hand ends somewhere, and
the surroundings that tell how hand and clothes look. A hand is no wider than the bands and of other
colours than its sleeve; the fitted one holds its fingers as it likes."""
AT_FACE = 0.45
"""As near to a face, in trunks, a hand is not told from it by colours."""
KEPT = 0.5
"""A limb that would lose more looks like what is beside it: it is left as it was fitted."""
FEWEST = 30
"""Pixels of a limb, from which its colours mean anything."""
_HANDS = (LEFT_WRIST, HAND_ENDS[0]), (RIGHT_WRIST, HAND_ENDS[1])


def follow_edges(
    groups: Groups,
    inside: NDArray[np.bool_],
    window: Picture,
    points: Vectors,
    trunk_px: float,
    hands: Hands = (None, None),
) -> Groups:
    """Borders of the arms moved to where the picture has edges.

    :param groups: ``[n, n]``, of each pixel by the fitted body.
    :param inside: ``[n, n]``, the person; beyond it a pixel goes with the nearest in it.
    :param window: ``[n, n, 3]`` uint8.
    :param points: the photo's landmarks in pixels of the window.
    :param hands: the pixels ``[n, n]`` of each hand whose own points are known; else None.
    :return: a new array.
    """
    result = np.where(inside, with_forearms(groups), Group.NOBODY).astype(np.int32)
    band_px, in_arm_px = (max(1.5, band * trunk_px) for band in (BAND, BAND_IN_ARM))
    down = points[HIPS].mean(0) - points[SHOULDERS].mean(0)
    for side in (0, 1):
        upper, fore = Group.UPPER_ARM_L + side, Group.FOREARM_L + side
        joints = points[[LEFT_SHOULDER + side, LEFT_ELBOW + side, LEFT_WRIST + side]]
        apart = far_from(joints[0], SHOULDER * trunk_px, result.shape)
        arm = np.isin(result, [upper, fore])
        other = (result != Group.NOBODY) & ~arm
        moved = _follow(arm, other, window, band_px, apart)
        bones = np.minimum(from_line(joints[:2], result.shape), from_line(joints[1:], result.shape))
        if _cut_through(moved & arm, arm, bones):
            apart &= ~(arm & (bones <= CORE * trunk_px))
            moved = _follow(arm, other, window, band_px, apart)
        limbs = result == upper, result == fore
        moved = without_endless(moved, limbs, joints, down, band_px)
        for limb in limbs:
            if (moved & limb).sum() < KEPT * limb.sum():
                moved |= limb
        hand = from_line(points[list(_HANDS[side])], result.shape) / np.float32(trunk_px)
        another = np.isin(result, ARMS) & ~arm & (hand <= HAND)
        told_apart = hands[1 - side]
        if told_apart is not None:  # by points of its own
            another &= distance_to(told_apart) > HAND_CORE * trunk_px
        alike = another.any()
        alike |= _near(points[HAND_ENDS[side]], points[list(HEAD)], AT_FACE * trunk_px)
        known = hands[side]
        if known is not None:
            beside = arm & (groups == Group.HAND_L + side) & ~known
            moved = _without_beside(moved | known, result != Group.NOBODY, window, beside, hand)
        elif not alike:
            person = result != Group.NOBODY
            person &= arm | ~np.isin(result, ARMS) | (hand > HAND)
            moved = _with_hand(moved, arm, person, window, hand)
        result = _given_to(result, arm, moved)
        apart = far_from(points[LEFT_ELBOW + side], ELBOW * trunk_px, result.shape)
        own = result == fore
        moved = _follow(own, result == upper, window, in_arm_px, apart)
        result = _given_to(result, own, moved)
        result = _parted(result, groups, side, known, points)
    person = result != Group.NOBODY
    whole = nearest(result, person) if person.any() else result
    return np.where(groups != Group.NOBODY, whole, Group.NOBODY).astype(np.int32)


def _parted(
    groups: Groups,
    fitted: Groups,
    side: int,
    hand: NDArray[np.bool_] | None,
    points: Vectors,
) -> Groups:
    """The hand parted from its forearm.

    :param hand: its pixels where they are known. What was fitted to it besides is what it holds,
        or else the forearm's.
    """
    own, fore = Group.HAND_L + side, Group.FOREARM_L + side
    result = groups.copy()
    held = (groups == fore) & (fitted == own)
    if hand is None:
        result[held] = own
        return result
    forearm = from_line(points[[LEFT_ELBOW + side, LEFT_WRIST + side]], groups.shape)
    result[held & (distance_to(hand) < forearm)] = own
    result[hand & (groups != Group.NOBODY)] = own
    return result


def _near(point: Vectors, others: Vectors, radius: float) -> bool:
    return bool((np.hypot(*(others[:, :2] - point[:2]).T) < radius).any())


def _given_to(groups: Groups, was: NDArray[np.bool_], limb: NDArray[np.bool_]) -> Groups:
    """Pixels that the limb gained or lost go to the nearest group on the side where they are now.

    :param was: the limb before; :param limb: the limb now.
    """
    result = groups.copy()
    for now, before in ((limb, was), (~limb, ~was)):
        kept = now & before & (groups != Group.NOBODY)
        new = now & ~before
        if new.any() and kept.any():
            result[new] = nearest(groups, kept)[new]
    return result


def _follow(
    own: NDArray[np.bool_],
    other: NDArray[np.bool_],
    window: Picture,
    band_px: float,
    open_: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """A limb as far as the picture's edges, ``[n, n]``.

    :param own: the limb; :param other: what is beside it.
    :param open_: where the border may be moved.
    """
    if own.sum() < FEWEST or other.sum() < FEWEST:
        return own
    from_own, from_other = (distance_to(one) for one in (own, other))
    unsure = open_ & (own & (from_other <= band_px) | other & (from_own <= band_px))
    return part_anew(own, other, window, unsure, from_own <= AROUND * band_px)


def _cut_through(
    kept: NDArray[np.bool_], arm: NDArray[np.bool_], bones: NDArray[np.float32]
) -> bool:
    """Whether nothing is left of an arm over a part of its length.

    :param kept: ``[n, n]``, what is left. :param arm: ``[n, n]``, as it was fitted.
    :param bones: ``[n, n]``, how far from them.
    """
    middle = arm & (bones < 1.0)
    if not middle.any() or not kept.any():
        return bool(middle.any())
    return bool((distance_to(kept) > distance_to(~arm))[middle].mean() > CUT)


def _with_hand(
    arm: NDArray[np.bool_],
    fitted: NDArray[np.bool_],
    person: NDArray[np.bool_],
    window: Picture,
    apart: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """An arm with its hand as far as the picture's edges, ``[n, n]``.

    :param arm: as it was found; :param fitted: as the body has it.
    :param apart: from the middle line of the hand, in trunks.
    """
    near = apart <= HAND
    own = arm | near & fitted
    other = person & ~own
    if not (own & near).any() or other.sum() < FEWEST:
        return arm
    unsure = near & person & ~(own & (apart <= HAND_CORE))
    return part_anew(own, other, window, unsure, apart <= AROUND_HAND)


def _without_beside(
    arm: NDArray[np.bool_],
    person: NDArray[np.bool_],
    window: Picture,
    beside: NDArray[np.bool_],
    apart: NDArray[np.float32],
) -> NDArray[np.bool_]:
    """An arm whose hand is known, without what only the fitted body took for it, ``[n, n]``: what
    looks like the clothes is theirs, what does not is held.

    :param beside: fitted to the hand, but not it. :param apart: as in ``_with_hand``.
    """
    own = arm & person
    other = person & ~own
    if other.sum() < FEWEST:
        return own
    return part_anew(own, other, window, beside, apart <= AROUND_HAND)
