"""Hands that the fitted body has before the other arm, where the photo shows that arm's sleeve, and
what an arm wears.

Of folded arms the pose network knows both wrists, but not which of them lies behind: a hand that is
tucked away would cut the arm before it in two, and leave a piece of it on the trunk.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.colours import face_of, is_skin, lit_skin, middle_of
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import ARMS, LEFT_ARM, Group, Groups, forearm_of
from bunraku.runtime.drivers.body.let_out import BENT_DEG, between_deg
from bunraku.runtime.drivers.body.regions import closed, far_from, grown
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.source.region import Region, distance_to, nearest
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import SIDES, BodyBone

SLEEVE = 0.5
"""The share of such a hand that is a sleeve, from which on that is one."""
REACH, BESIDE = 0.15, 0.03
"""How far beyond its place fingers of it are seen, in trunks: bare arms go farther; and how far
beside it they begin at most."""
SCRAP = 0.005
"""How large what an arm wears is at most, in squares of the trunk: a gap between arms is larger."""
WATCH, AT_WRIST = 0.08, 0.12
"""Half as wide as a watch at most, that lies open to the trunk between a hand and its sleeve, and
how far from the wrist that is, in trunks."""
FOLDED, CLASPED = 0.2, 0.7
"""How near to the other forearm a wrist lies, in trunks, if arms are folded: each hides a part of
the other, which is missed as soon as one of them turns; and up to where on that from its elbow, in
lengths of it: hands that are clasped lie farther out."""
SOFT_PX = 2
"""What is not wider than twice as much, in the networks' pixels, is no hand and no sleeve."""
_JOINTS = LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST


def without_tucked_hands(
    fit: Fit,
    groups: Groups,
    bone: NDArray[np.int32],
    of_vertex: NDArray[np.integer],
    window: Picture,
) -> tuple[Groups, Groups]:
    """Groups ``[n, n]`` of the fitted body, with what is no skin of a hand before the other arm
    given to that arm. Hands whose own points are known stay, as do all in photos without colours.

    Then ``[n, n]``: what is seen of such hands beside their place, ``NOBODY`` elsewhere. It is not
    to tell how arms look that are parted by their colours.

    :param bone: ``[n, n]``, likewise. :param of_vertex: ``[v]``, the group of each of its vertices.
    :param window: ``[n, n, 3]`` uint8.
    """
    colours = window.astype(np.float32) / np.float32(255.0)
    face = middle_of(colours, fit.inside & face_of(fit, bone == BodyBone.HEAD))
    result, tips = groups.copy(), np.full_like(groups, Group.NOBODY)
    if face is None or not is_skin(face):
        return result, tips
    for side in range(SIDES):
        own = groups == Group.HAND_L + side
        if fit.places[side] is not None or not own.any():
            continue
        beneath = behind_group(fit, of_vertex, Group.HAND_L + side)
        over = own & np.isin(beneath, [limb + 1 - side for limb in LEFT_ARM])
        skin = _whole(lit_skin(colours, face), round(SOFT_PX * fit.fine))
        tucked = over & ~skin
        result[tucked] = beneath[tucked]
        if tucked.sum() > SLEEVE * over.sum():
            touching, beside = _fingers(skin, own, result, fit)
            result[touching] = Group.HAND_L + side
            tips[beside] = Group.HAND_L + side
    return result, tips


def are_folded(points: Vectors, trunk_px: float) -> bool:
    """Whether both elbows are bent and each wrist lies on the other forearm in the photo.

    :param points: the photo's landmarks in pixels of the window.
    """
    arms = [points[[joint + side for joint in _JOINTS]] for side in range(SIDES)]
    for (shoulder, elbow, wrist), other in (arms, arms[::-1]):
        line = other[1, :2] + np.linspace(0.0, CLASPED, 12)[:, None] * (other[2] - other[1])[:2]
        apart = np.linalg.norm(line - wrist[:2], axis=1).min()
        bent = between_deg(elbow - shoulder, wrist - elbow) >= BENT_DEG
        if not bent or apart > FOLDED * trunk_px:
            return False
    return True


def with_watches(groups: Groups, points: Vectors, trunk_px: float) -> Groups:
    """Groups ``[n, n]``, with scraps of the trunk that only arms surround given to these, and of
    folded ones what lies between a hand and its sleeve: watches and cuffs are of other colours than
    the sleeve, and would stay where the arm was.

    :param points: the photo's landmarks in pixels of the window.
    """
    result = groups.copy()
    for side in range(SIDES) if are_folded(points, trunk_px) else ():
        _close_wrist(result, points[LEFT_WRIST + side, :2], trunk_px, side)
    trunk, arms = result == Group.TRUNK, np.isin(result, ARMS)
    count, piece, stats, _ = cv2.connectedComponentsWithStats(trunk.astype(np.uint8))
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_AREA] > SCRAP * trunk_px**2:
            continue
        one = np.asarray(piece == number)
        if not (grown(one, 1) & ~one & ~arms).any():
            result[one] = nearest(result, arms)[one]
    return result


def _close_wrist(groups: Groups, wrist: Vectors, trunk_px: float, side: int) -> None:
    """Give to an arm what of the trunk lies between its hand and its sleeve, in place."""
    far = round((AT_WRIST + 2.0 * WATCH) * trunk_px) + 1
    left, top = np.maximum(np.rint(wrist).astype(int) - far, 0)
    part = groups[top : top + 2 * far, left : left + 2 * far]
    arm = forearm_of(part, side)
    if not arm.any():
        return
    near = ~far_from(wrist - (left, top), AT_WRIST * trunk_px, part.shape) & (part == Group.TRUNK)
    between = near & closed(arm, max(1, round(WATCH * trunk_px)))
    part[between] = nearest(part, arm)[between]


def _fingers(skin: Region, hand: Region, groups: Groups, fit: Fit) -> tuple[Region, Region]:
    """``[n, n]`` twice: what is seen of a hand that is tucked away: skin at where it is fitted, and
    such pieces close by."""
    other = np.isin(groups, [Group.HAND_L, Group.HAND_R]) & ~hand
    apart = distance_to(hand) / fit.trunk_px
    pieces = (skin & fit.inside & ~other).astype(np.uint8)
    count, piece, stats, _ = cv2.connectedComponentsWithStats(pieces)
    touching, beside = np.zeros_like(hand), np.zeros_like(hand)
    for number in range(1, count):
        one = np.asarray(piece == number)
        if (one & hand).any() and apart[one].max() <= REACH:
            touching |= one
        elif stats[number, cv2.CC_STAT_AREA] >= (2 * SOFT_PX * fit.fine) ** 2:  # no speck
            beside |= one & (apart[one].min() <= BESIDE and apart[one].max() <= REACH)
    return touching, beside


def behind_group(fit: Fit, of_vertex: NDArray[np.integer], group: int) -> Groups:
    """``[n, n]``: the groups that the fitted body shows without one of them."""
    triangles = fit.template.triangles
    of_triangle = of_vertex[triangles]
    raster = rasterise(fit.mesh, triangles, fit.inside.shape, keep=~(of_triangle == group).all(1))
    shown = raster.triangle >= 0
    result = np.where(shown, of_triangle[raster.triangle].max(-1), Group.NOBODY)
    return nearest(result.astype(np.int32), shown) if shown.any() else result.astype(np.int32)


def _whole(skin: Region, radius: int) -> Region:
    """Skin without specks, and without gaps."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    closed = cv2.morphologyEx(skin.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, disc) > 0)
