"""Narrow strips beside a hanging arm, given to the person or to what is behind by their colours.

Networks see such a strip a little beside where it is, or not at all: a strip of wall then hangs on
arm and trunk and goes along with them, and a strip of clothes stays behind as a hole. Each pixel
there is compared with what is near it, of the person as surely as the landmarks tell and of what is
around them; where both look alike the networks are believed.

Convention: lengths are in trunks, colours in Lab with lightness counting half.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.source.beside_arms import Arms
from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.likeness import COARSE_PX, looking_side_px, parted, resized, unlike
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture

LIGHT = 0.5
ALIKE, CLEARLY = 14.0, 0.6
"""How near to the other side's colours a pixel is that surely belongs there, and as what share of
how near it is to its own side's;"""
LIKELY, RATHER = 24.0, 0.8
"""and the same of one that hangs together with such."""
REACH = 0.35
"""How far around the colours of both sides are looked at,"""
TO_BEHIND, TO_OWN = 10.0, 25.0
"""and what a trunk of distance to them counts: a wall is alike all over, clothes have prints."""
RIM = 0.06
"""How far beyond the networks' outline there may be a piece of the person,"""
ENCLOSED = 0.6
"""if as much of its own rim lies within that."""
GOES_ON = 0.03
"""How far from what the networks take for background, in trunks, such a strip begins: what lies
amid the person is a cuff or a print."""
THIGH = 0.1
"""How broad a thigh surely is."""
PARTED = 0.75
"""From how many of the pixels around it an edge parts a piece: else it is none."""
SMALLEST, NARROWEST = 0.0015, 1.2
"""Area, of the trunk's square, and half the width in pixels of the finer window, from which it is
no mere edge."""
BROADEST = 0.04
"""Half the width, in trunks, from which it is no strip."""
EDGE = 3.0 / 256.0
"""How far from the outline colours are mixed, in windows."""
RIM_PX = 1.5
"""How far around a piece the pixels next to it lie, corners included."""
FEWEST = 8
SOFT = 0.35 / 256.0
"""How far colours are evened out, in windows."""


def without_narrow_gaps(window: Picture, person: Array, landmarks: Array) -> Array:
    """A person's mask with the strips beside hanging arms put right, ``[n, n]`` in [0, 1].

    :param window: ``[n, n, 3]`` uint8. :param person: ``[n, n]`` in [0, 1].
    :param landmarks: ``[33, 4]``, x and y in units of the window, and visibility.
    """
    side_px = looking_side_px(window)
    arms = Arms.of(landmarks, side_px)
    inside = np.asarray(resized(person, side_px) > 0.5)
    if arms is None or inside.all():
        return person
    soft = cv2.GaussianBlur(resized(window, side_px), (0, 0), SOFT * side_px)
    lab, sure = in_lab(soft, LIGHT), arms.sure()
    gaps, pieces = np.zeros_like(inside), np.zeros_like(inside)
    for side in (0, 1):
        if arms.shown[side] and arms.hangs(side):
            found = _beside(lab, inside, sure, arms, side)
            gaps, pieces = gaps | found[0], pieces | found[1]
    less, more = (resized(one.astype(np.float32), len(person)) for one in (gaps, pieces))
    return np.asarray(np.maximum(person * (1.0 - less), more), np.float32)


def _beside(
    lab: Array, inside: Region, sure: Region, arms: Arms, side: int
) -> tuple[Region, Region]:
    """What of the mask is background beside an arm, and what beyond it is the person's."""
    nothing, trunk, edge_px = np.zeros_like(inside), arms.trunk_px, EDGE * arms.side_px
    between = arms.between(side)
    beyond, within = distance_to(inside), distance_to(~inside)
    rim = ~inside & (beyond <= RIM * trunk)
    unsure = between & ~sure & (inside | rim)
    near = distance_to(unsure) <= REACH * trunk
    behind = near & (beyond > edge_px) & ~(between & rim)
    own = near & (sure | arms.thigh(side, THIGH)) & (within > edge_px)
    if min(int(one.sum()) for one in (unsure & inside, behind, own)) < FEWEST:
        return nothing, nothing
    to_behind = unlike(lab, unsure, behind, TO_BEHIND / trunk)
    to_own = unlike(lab, unsure, own, TO_OWN / trunk)
    walls = _strips(_pieces(to_behind, to_own, unsure & inside), lab, inside, trunk)
    clothes = _strips(_pieces(to_own, to_behind, unsure & ~inside), lab, ~inside, trunk)
    going_on = [one for one in walls if within[one].min() <= GOES_ON * trunk]
    enclosed = [one for one in clothes if inside[_rim(one)].mean() >= ENCLOSED]
    return _all_of(going_on, nothing), _all_of(enclosed, nothing)


def _pieces(to_other: Array, to_own: Array, where: Region) -> Region:
    """What is like the other side's colours: what surely is, and what hangs together with it."""
    surely = where & (to_other < ALIKE) & (to_other < CLEARLY * to_own)
    likely = where & (to_other < LIKELY) & (to_other < RATHER * to_own)
    count, piece = cv2.connectedComponents((surely | likely).astype(np.uint8))
    found = np.zeros(count, np.bool_)
    found[np.asarray(piece, np.intp)[surely]] = True
    return np.asarray(found[piece])


def _strips(found: Region, lab: Array, where: Region, trunk: float) -> list[Region]:
    """The pieces that are narrow, but no mere edge, and that an edge of the picture parts from the
    rest of their side.

    :param where: the side on which they are.
    """
    count, piece, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8))
    depth, around = distance_to(~found), 1.5 * len(found) / COARSE_PX + 1.0
    result = []
    for number in range(1, count):
        one = np.asarray(piece == number)
        small = stats[number, cv2.CC_STAT_AREA] < SMALLEST * trunk**2
        if small or not NARROWEST <= depth[one].max() <= BROADEST * trunk:
            continue
        away = distance_to(one)
        beside = where & ~found & (away > RIM_PX) & (away <= around)
        if not beside.any() or parted(lab, one, beside).mean() >= PARTED:
            result.append(one)
    return result


def _rim(region: Region) -> Region:
    """The pixels next to it."""
    distance = distance_to(region)
    return np.asarray((distance > 0.0) & (distance <= RIM_PX))


def _all_of(regions: list[Region], nothing: Region) -> Region:
    return np.asarray(np.logical_or.reduce([nothing, *regions]))
