"""What a photo's hands hold: a phone, a bag, a cup. It goes with its hand as one piece.

It is found where the person's outline goes on beyond the fingers, and before the clothes, where
something at the fingers has colours that the clothes around it have not.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.cutting import part_anew
from bunraku.runtime.drivers.body.groups import ARMS, Group, Groups
from bunraku.runtime.drivers.body.palette import apart_from, common_colours
from bunraku.runtime.drivers.body.regions import disc, far_from, from_line, opened
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.source.cutting_out import cut_out
from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import HEAD, LEFT_SHOULDER, RIGHT_SHOULDER

Places = tuple[HandPlace | None, HandPlace | None]
"""Of the left and the right hand; None for one whose points are not known."""
Held = tuple[Region | None, Region | None]
"""``[n, n]`` of what the left and the right hand hold; None for one that holds nothing."""

SPREAD, PIECE = 0.65, 0.08
"""How far beyond a hand, in its lengths from wrist to knuckles, and how large, in squares of that,
what it holds is at least: gaps between fingers and loose outlines are less."""
AROUND, CLOTHES = 1.8, 4.5
"""How far from a hand, in such lengths, what it holds before the clothes reaches, and how far the
clothes are looked at that it is told from."""
LARGE, THICK, CLOSED = 0.3, 0.2, 0.15
"""How large that is at least, how wide, and what gaps in it are closed, likewise: prints and
seams are narrower."""
RIM = 0.1
"""How far its outline may be off, likewise."""
AT_HAND = 0.15
"""How near to the hand it begins."""
CUT = 0.3
"""The share of its outline that may lie at the end of where it is looked for: clothes go on."""
SOFT = 0.25
"""How far colours are evened out, in lengths of the hand."""
KINDS, COMMON = 5, 0.08
"""Colours of the clothes, and the share of them that each has at least."""
UNLIKE, LIGHT = 14.0, 0.7
"""From how far in Lab a colour is none of theirs, and what a step of lightness counts of it."""
ELSEWHERE, ALIKE = 0.4, 0.8
"""From how far from it on, in lengths of the hand, what else is unlike the clothes tells whether it
is their print, and the share of it that then has those colours: nobody holds a thing that they wear
as well."""
AT_FACE, AT_THROAT = 1.6, 1.2
"""What is nearer to the middle of the face, in sizes of it, is the face, and what is as near to the
line from there to the shoulders is the throat, whatever hand is at them: they are neither clothes
nor held before them."""
SAMPLES = 1500
BESIDE, ENDS = 0.22, 0.42
"""How far beside what is found of a held thing all may be of it, and from where on nothing is, in
lengths of the hand."""
GROWTH = 0.35
"""How far beyond the outline a held thing may go on, in lengths of the hand."""
AFTER = 0.01
"""The same in heights of the person: so far the plate is without the person surely."""


def find_held(
    places: Places, inside: Region, groups: Groups, window: Picture, points: Vectors
) -> Held:
    """What the hands hold whose own points are known.

    :param inside: ``[n, n]``, the person. :param groups: ``[n, n]``, of each pixel.
    :param window: ``[n, n, 3]`` uint8.
    :param points: ``[33 or more, 2 or more]``, the photo's landmarks in pixels of the window.
    """
    left, right = (
        None
        if place is None
        else _held_by(place, Group.HAND_L + side, inside, groups, window, points)
        for side, place in enumerate(places)
    )
    return left, right


def _held_by(
    place: HandPlace,
    hand: int,
    inside: Region,
    groups: Groups,
    window: Picture,
    points: Vectors,
) -> Region | None:
    face = points[list(HEAD), :2]
    size = float(np.linalg.norm(face - face.mean(0), axis=1).max())
    clothes = inside & ~np.isin(groups, ARMS) & ~place.pixels
    apart = distance_to(place.pixels) / np.float32(place.length)
    told = (apart <= CLOTHES) & far_from(face.mean(0), AT_FACE * size, groups.shape)
    throat = np.stack([face.mean(0), points[[LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(0)])
    told &= from_line(throat, groups.shape) > AT_THROAT * size
    found = beyond(place, groups == hand, inside), _before(place, clothes & told, apart, window)
    things = [thing for thing in found if thing is not None]
    return np.asarray(np.any(things, axis=0)) if things else None


def beyond(place: HandPlace, own: Region, inside: Region) -> Region | None:
    """What goes on beyond a hand; None if that is nothing.

    :param own: ``[n, n]``, what is nearer to the hand than to the rest of the body.
    :param inside: ``[n, n]``, the person.
    """
    rest = own & inside & ~place.pixels & place.ahead(inside.shape)
    apart = distance_to(place.pixels) / np.float32(place.length)
    kept = np.zeros_like(inside)
    count, piece = cv2.connectedComponents(rest.astype(np.uint8))
    for number in range(1, count):
        one = np.asarray(piece == number)
        if apart[one].max() >= SPREAD and one.sum() >= PIECE * place.length**2:
            kept |= one
    return kept if kept.any() else None


def beside_held(places: Places, held: Held) -> Array | None:
    """How far what is beside held things may still be of them, ``[n, n]`` in [0, 1]; None where
    nothing is held. Neither outlines nor colours tell a dark phone's end from a dark dress.
    """
    result: Array | None = None
    for place, thing in zip(places, held, strict=True):
        if place is not None and thing is not None:
            apart = distance_to(thing) / np.float32(place.length)
            own = np.clip((ENDS - apart) / (ENDS - BESIDE), 0.0, 1.0) * ~thing
            result = own if result is None else np.maximum(result, own)
    return result


def with_held(
    places: Places, inside: Region, groups: Groups, window: Picture, mask: Array
) -> Array:
    """The person's mask with the whole of what the hands hold beyond it: networks cut it anywhere.

    :param inside: ``[n, n]``, the person. :param groups: ``[n, n]``, by the fitted body.
    :param window: ``[n, n, 3]`` uint8. :param mask: ``[n, n]`` in [0, 1].
    """
    rows = np.flatnonzero(inside.any(1))
    for side, place in enumerate(places):
        own = groups == Group.HAND_L + side
        thing = None if place is None else beyond(place, own, inside)
        if place is None or thing is None:
            continue
        far = min(GROWTH * place.length, AFTER * float(rows[-1] - rows[0]))
        unsure = ~inside & (distance_to(thing) <= far)
        found = _goes_on(thing, unsure, distance_to(thing) <= AROUND * place.length, window)
        if found.any():
            whole = cv2.morphologyEx((found | thing).astype(np.uint8), cv2.MORPH_CLOSE, disc(1))
            soft = cv2.GaussianBlur(whole.astype(np.float32), (3, 3), 0)
            mask = np.maximum(mask, np.where(unsure | thing, soft, np.float32(0.0)))
    return mask


def _goes_on(thing: Region, unsure: Region, around: Region, window: Picture) -> Region:
    """Where a thing goes on beyond the outline, by its colours and the picture's edges."""
    labels = np.where(thing, cv2.GC_FGD, np.where(unsure, cv2.GC_PR_BGD, cv2.GC_BGD))
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(around))
    part = np.ascontiguousarray(labels[rows, columns], np.uint8)
    result = np.zeros_like(thing)
    if np.isin([cv2.GC_BGD, cv2.GC_PR_BGD], part).all():
        cv2.setRNGSeed(0)  # its colour models start from random ones: alike for alike photos
        result[rows, columns] = cut_out(np.ascontiguousarray(window[rows, columns]), part)
    return result & unsure


def _before(
    place: HandPlace, clothes: Region, apart: NDArray[np.float32], window: Picture
) -> Region | None:
    """What a hand holds before the clothes, by its colours; None if that is nothing.

    :param clothes: ``[n, n]``, with what may be before them.
    :param apart: ``[n, n]``, from the hand, in its lengths.
    """
    length = place.length
    near, beside = clothes & (apart <= AROUND), clothes & (apart > AROUND)
    if min(int(near.sum()), int(beside.sum())) < LARGE * length**2:
        return None
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(clothes))
    hand, unlike = place.pixels, np.zeros_like(near)
    lab = _softened(window[rows, columns], round(SOFT * length))
    unlike[rows, columns] = _unlike(lab, beside[rows, columns])
    found = opened(unlike & near | hand, 0.5 * THICK * length)
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_CLOSE, disc(CLOSED * length)) > 0
    found = opened(found & near | hand, THICK * length) & near
    count, piece = cv2.connectedComponents(found.astype(np.uint8))
    kept = np.zeros_like(found)
    for number in range(1, count):
        one = np.asarray(piece == number)
        ends = (one & (apart > AROUND - 2.0 / length)).sum() / (4.0 * np.sqrt(one.sum()))
        if one.sum() >= LARGE * length**2 and apart[one].min() <= AT_HAND and ends <= CUT:
            kept |= one
    if not kept.any():
        return None
    elsewhere = clothes & unlike & (distance_to(kept) > ELSEWHERE * length)
    if elsewhere.sum() >= LARGE * length**2:
        others = elsewhere[rows, columns]
        if _unlike(lab, others)[kept[rows, columns]].mean() <= 1.0 - ALIKE:
            return None
    kept = _bulging(kept, place) & near
    unsure = clothes & (np.maximum(distance_to(kept), distance_to(~kept)) <= RIM * length)
    kept = part_anew(kept, clothes & ~kept, window, unsure, apart <= AROUND)
    return opened(kept | hand, 0.5 * THICK * length) & kept


def _bulging(thing: Region, place: HandPlace) -> Region:
    """What is held goes on beneath the fingers: ``[n, n]``, all between it and them."""
    rows, columns = np.nonzero(thing)
    points = np.concatenate([np.stack([columns, rows], 1), place.points[KNUCKLES[0] :, :2]])
    result = np.zeros(thing.shape, np.uint8)
    outline = cv2.convexHull(points.astype(np.float32))
    cv2.fillConvexPoly(result, np.rint(outline).astype(np.int32), 1)
    return np.asarray(result > 0)


def _softened(picture: Picture, soft: int) -> Array:
    """Lab without grain and what is narrower."""
    return in_lab(np.asarray(cv2.medianBlur(np.ascontiguousarray(picture), soft | 1)), LIGHT)


def _unlike(lab: Array, clothes: Region) -> Region:
    """Where a picture has colours that the clothes in it have not."""
    colours, _ = common_colours(lab[clothes], KINDS, COMMON, SAMPLES)
    return np.asarray(apart_from(lab, colours) > UNLIKE)
