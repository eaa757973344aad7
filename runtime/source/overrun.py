"""Background that the outline of half a body has run into, given back to it by colours and edges.

Networks see shoulders and sleeves as broader than they are, or a corner of the background as one of
them: a strip of wall then goes along with the person. Such a piece looks like the background beside
it and unlike the person beside it, and what tells that it is not a cuff, a lock or a white collar:
the picture has no edge where the outline is, and has one where the piece meets the person.

Hair and hats have the wall's colours too often, and an edge towards the face: around the head, and
around the hands, whose sleeves the networks may have lost, they are believed.

Convention: lengths are in windows, colours in Lab with lightness counting less.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.beside_arms import Arms, draw_line
from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.likeness import resized, unlike
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import HEAD

SIDE_PX = 256
"""Side at which the window is looked at: networks see no more."""
LIGHT, SOFT = 0.7, 0.35 / 256.0
"""What a step of lightness counts of one of hue, and how far colours are evened out."""
DEPTH = 12.0 / 256.0
"""How far within the outline background may be,"""
REACH, EDGE = 24.0 / 256.0, 2.0 / 256.0
"""how far around it colours are looked at, and how far from the outline they are mixed."""
TO_BEHIND, TO_OWN, TO_HEAD = 256.0, 154.0, 77.0
"""What a window of distance counts as a step of colour, to samples of the background, the person
and their head: a wall is alike near by, and hair is long."""
ALIKE, CLEARLY = 10.0, 0.5
"""How near to the background's colours a pixel is that surely belongs there, and as what share of
how near it is to the person's;"""
LIKELY, RATHER = 20.0, 0.7
"""and the same of one that hangs together with such."""
HEADS, HANDS = 1.5, 0.25
"""Radius of the head, of how far from its middle its landmarks lie, and, in trunks, of what is
around a hand."""
NO_EDGE, AN_EDGE, SHARPER = 9.0, 6.0, 1.3
"""How steep the picture is at most at the outline, and at least where a piece meets the person, in
steps of colour a pixel, and how many times as steep there."""
NARROWEST_PX = 1.9
"""Half the width from which a piece is no mere edge."""
FEWEST = 8
"""Pixels of a piece, or of a side that is looked at."""
AT_OUTLINE_PX, SHORTEST = 1.5, 3
"""How far from the background the outline's pixels are, and how many a piece has of them."""

_AROUND = np.ones((3, 3), np.uint8)


def overrun(window: Picture, person: Array, landmarks: Array, shown: tuple[float, float]) -> Region:
    """What of a person's mask is background, ``[n, n]``.

    :param window: ``[n, n, 3]`` uint8. :param person: ``[n, n]`` in [0, 1], of half a body.
    :param landmarks: ``[33, 4]``, x and y in units of the window.
    :param shown: from where to where the window's columns are the photo's, in units.
    """
    side_px = min(SIDE_PX, len(window))
    inside = np.asarray(resized(person, side_px) > 0.5)
    arms = Arms.of(landmarks, side_px)
    nothing = np.zeros(person.shape, np.bool_)
    if arms is None or inside.all():
        return nothing
    middles = (np.arange(side_px) + 0.5) / side_px
    picture = np.broadcast_to((middles >= shown[0]) & (middles < shown[1]), inside.shape)
    soft = cv2.GaussianBlur(resized(window, side_px), (0, 0), SOFT * side_px)
    lab = in_lab(soft, LIGHT)
    like_it = _like_background(lab, inside, picture, arms)
    pieces = _parted_by_edges(lab, like_it, inside, picture)
    if not pieces.any():
        return nothing
    return np.asarray(resized(pieces.astype(np.float32), len(person)) > 0.5)


def _like_background(lab: Array, inside: Region, picture: Region, arms: Arms) -> Region:
    """What of the rim has the colours of the background beside it, and not the person's."""
    beyond, within = distance_to(inside), distance_to(~inside)
    n, sure, head = arms.side_px, arms.sure(), _head(arms)
    rim = inside & (within <= DEPTH * n) & picture & ~sure & ~head & ~_hands(arms)
    near, unmixed = distance_to(rim) <= REACH * n, within > EDGE * n
    own = near & inside & ((within > DEPTH * n) | (sure & unmixed))
    behind = picture & (beyond > EDGE * n) & (beyond <= REACH * n)
    if min(int(one.sum()) for one in (rim, own, behind)) < FEWEST:
        return np.zeros_like(inside)
    to_behind = unlike(lab, rim, behind, TO_BEHIND / n)
    to_own = unlike(lab, rim, own, TO_OWN / n)
    if (hair := inside & head & unmixed).sum() >= FEWEST:
        to_own = np.minimum(to_own, unlike(lab, rim, hair, TO_HEAD / n))
    surely = rim & (to_behind < ALIKE) & (to_behind < CLEARLY * to_own)
    likely = rim & (to_behind < LIKELY) & (to_behind < RATHER * to_own)
    count, piece = cv2.connectedComponents((surely | likely).astype(np.uint8), connectivity=4)
    found = np.zeros(count, np.bool_)
    found[np.asarray(piece, np.intp)[surely]] = True
    return np.asarray(found[piece])


def _parted_by_edges(lab: Array, found: Region, inside: Region, picture: Region) -> Region:
    """The pieces at the outline that no edge parts from the background, but one from the person."""
    steep = cv2.dilate(_steepness(lab), _AROUND)
    outline = (distance_to(~inside) <= AT_OUTLINE_PX) & picture
    to_person = cv2.dilate((inside & ~found).astype(np.uint8), _AROUND) > 0
    depth, result = distance_to(~found), np.zeros_like(found)
    count, piece, stats, _ = cv2.connectedComponentsWithStats(
        found.astype(np.uint8), connectivity=4
    )
    for number in range(1, count):
        one = np.asarray(piece == number)
        outer, inner = one & outline, one & to_person
        if stats[number, cv2.CC_STAT_AREA] < FEWEST or depth[one].max() < NARROWEST_PX:
            continue
        if outer.sum() < SHORTEST or not inner.any():
            continue
        here, there = np.median(steep[outer]), np.median(steep[inner])
        if here < NO_EDGE and there > max(AN_EDGE, SHARPER * here):
            result |= one
    return result


def _steepness(lab: Array) -> NDArray[np.float32]:
    """``[n, n]``: how much colours change from pixel to pixel."""
    along_x, along_y = (cv2.Scharr(lab, cv2.CV_32F, *way) / 32.0 for way in ((1, 0), (0, 1)))
    return np.asarray(np.sqrt((along_x**2 + along_y**2).sum(-1)), np.float32)


def _head(arms: Arms) -> Region:
    points = arms.points[list(HEAD)]
    middle = points.mean(0)
    radius = HEADS * float(np.linalg.norm(points - middle, axis=1).max())
    rows, columns = np.mgrid[: arms.side_px, : arms.side_px]
    return np.asarray(np.hypot(columns - middle[0], rows - middle[1]) <= radius)


def _hands(arms: Arms) -> Region:
    canvas = np.zeros((arms.side_px, arms.side_px), np.uint8)
    for side in (0, 1):
        draw_line(canvas, arms.line(side)[2:], 2.0 * HANDS * arms.trunk_px)
    return canvas > 0
