"""Shoes and bare feet, of which a mask loses what its edge filter draws to the floor.

Such a filter ends a foot where its colours change: a white sole under a dark shoe goes to a light
floor. What the pose network sees as the person there, and the mask does not, is compared with the
colours of the feet and with those of the floor around, in light and in shadow. Of what lies beside
it, only that is taken which an edge all around parts from the floor.

Convention: lengths are in shins, colours in Lab.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.likeness import looking_side_px, parted, resized, unlike
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LIMBS, VISIBLE, Bone

FOOT = 0.4
"""How far around ankle, heel and toes everything is the foot's concern,"""
AROUND = 0.2, 0.4
"""and from where to where around it the floor is looked at."""
ABOVE = 0.1
"""How far above the ankle the legs begin."""
TO_FLOOR, TO_OWN = 10.0, 2.0
"""What a shin of distance counts beside colours: shoes are a pair."""
SHADES = 1.0, 0.85, 0.7, 0.55, 0.4, 0.25, 0.1
"""The light on the floor: shadows are no part of a shoe."""
CLEARLY = 0.8
"""How near to the feet's own colours a pixel is, as a share of how near it is to the floor's."""
UNLIKE, RATHER = 3.0, 0.7
"""How unlike the floor, and as what share of that like the feet, is what no network sees,"""
PARTED = 0.85
"""from how many of the pixels around it an edge parts it,"""
RING_PX = 1.5, 4.0
"""how far around it these lie, in pixels of the window that is looked at,"""
SMALLEST = 0.02
"""and its area, in squared shins, below which it is let be."""
DARKER = 20.0, 50.0
"""Percentages of the floor that are darker than what a network sees, and than what none does: a
pixel that is darker may be a shadow."""
THIN = 0.015
"""Half the width of what is a mere rim."""
FEWEST = 8
EDGE = 2.0 / 256.0
"""How far from the outline colours are mixed, in windows."""
SOFT_PX = 0.7
"""Of the edge in the end, in pixels of the finer window."""
SHIN_PX = 24.0
"""Length of a shin, in pixels of the window that is looked at, below which feet are specks."""


def with_soles(window: Picture, person: Array, body: Array, landmarks: Array) -> Array:
    """A person's mask with what it lost of the feet, ``[n, n]`` in [0, 1].

    :param window: ``[n, n, 3]`` uint8.
    :param person: ``[n, n]`` in [0, 1], the mask, drawn to the picture's edges.
    :param body: ``[n, n]`` in [0, 1], the pose network's.
    :param landmarks: ``[33, 4]``, x and y in units of the window, and visibility.
    """
    side_px = looking_side_px(window)
    feet = _feet(landmarks, side_px)
    if not feet:
        return person
    inside = np.asarray(resized(person, side_px) > 0.5)
    believed = np.asarray(resized(body, side_px) > 0.5)
    own = inside & np.logical_or.reduce([foot for foot, _ in feet])
    lab = in_lab(resized(window, side_px), 1.0)
    lost = [_lost(lab, inside, believed, own, *foot) for foot in feet]
    found = np.asarray(np.logical_or.reduce(lost))
    if not found.any():
        return person
    beside = inside & (distance_to(found) <= 2.0)  # else a line of floor stays between the two
    joined = (found | beside).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(joined, (0, 0), SOFT_PX), np.float32)
    return np.asarray(np.maximum(person, resized(soft, len(person))), np.float32)


def _feet(landmarks: Array, side_px: int) -> list[tuple[Region, float]]:
    """Where each foot is that is seen, and how long the shin above it is in pixels."""
    result = []
    for limb in LIMBS:
        if limb.bone is not Bone.SHIN:
            continue
        toe = limb.carried[-1]  # heels are hidden from before
        if landmarks[[limb.end, toe], 3].min() < VISIBLE:
            continue
        points = landmarks[[limb.start, limb.end, *limb.carried], :2] * side_px - 0.5
        shin_px = float(np.linalg.norm(points[1] - points[0]))
        if shin_px < SHIN_PX or not (np.abs(points - side_px / 2) < side_px).all():
            continue
        lines = np.zeros((side_px, side_px), np.uint8)
        cv2.polylines(lines, [np.rint(points[1:]).astype(np.int32)], True, 1)
        below = np.arange(side_px)[:, None] > points[:2, 1].max() - ABOVE * shin_px
        if lines.any():
            result.append((np.asarray((distance_to(lines > 0) < FOOT * shin_px) & below), shin_px))
    return result


def _lost(
    lab: Array, inside: Region, believed: Region, own: Region, foot: Region, shin_px: float
) -> Region:
    """What of a foot the mask is without.

    :param own: the mask at both feet.
    """
    edge_px, near = EDGE * len(lab), distance_to(inside & foot)
    start, end = (width * shin_px for width in AROUND)
    asked = foot & ~inside & (believed | (near <= start))
    floor = (near > start) & (near <= end) & (distance_to(inside | believed) > edge_px)
    samples = own & (distance_to(~inside) > edge_px)
    if min(int(one.sum()) for one in (floor, samples)) < FEWEST:
        return np.zeros_like(inside)
    light = lab[..., 0]
    dark, usual = np.percentile(light[floor], DARKER)
    asked &= (light > dark) & (believed | (light > usual))
    if asked.sum() < FEWEST:
        return np.zeros_like(inside)
    shades = [unlike(lab, asked, floor, TO_FLOOR / shin_px, light) for light in SHADES]
    to_floor, to_own = np.minimum.reduce(shades), unlike(lab, asked, samples, TO_OWN / shin_px)
    seen = _broad(asked & believed & (to_own < CLEARLY * to_floor), shin_px)
    unseen = asked & (light > usual) & (to_floor > UNLIKE) & (to_own < RATHER * to_floor)
    return seen | _parted(_broad(unseen, shin_px), lab, inside, shin_px)


def _broad(found: Region, shin_px: float) -> Region:
    """What is more than a rim, without small holes."""
    radius = max(1, round(THIN * shin_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    whole = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disc)
    broad = cv2.dilate(cv2.morphologyEx(whole, cv2.MORPH_OPEN, disc), disc)
    return np.asarray((broad > 0) & (whole > 0))


def _parted(found: Region, lab: Array, inside: Region, shin_px: float) -> Region:
    """The pieces that hang on the mask, and that an edge of the picture parts from the floor."""
    count, piece = cv2.connectedComponents(found.astype(np.uint8))
    result = np.zeros_like(found)
    for number in range(1, count):
        one = np.asarray(piece == number)
        if one.sum() < SMALLEST * shin_px**2:
            continue
        away = distance_to(one)
        ring = ~inside & (away > RING_PX[0]) & (away <= RING_PX[1])
        if not (inside & (away <= RING_PX[0])).any():
            continue
        if ring.any() and parted(lab, one, ring).mean() >= PARTED:
            result |= one
    return result
