"""Which of the photo's pixels are hair, long hair that falls over shoulders and arms included.

By its colours, those above the brows, and by edges of the picture, as far as it hangs together.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import FOREARMS, UPPER_ARMS, Group, Groups
from bunraku.runtime.drivers.body.head import BESIDE_HEAD, JAW_WIDTH, Head
from bunraku.runtime.source.cutting_out import cut_out
from bunraku.runtime.source.region import nearest
from bunraku.spec.arrays import Array, Picture

CROWN, TOP, BROWS = -2.3, 1.5, -1.5
"""Above the first all is hair, so far out; below the last skin may be (``Head.down``)."""
CHEEKS, CHIN = 0.7, 0.5
"""The middle of the face: so far out and so far down is no hair."""
EARS = 1.35
"""What is farther out beside the face, and hangs together with it there, is hair as well, down to
``BESIDE_HEAD``."""
WIDE, LONG = 5.0, 0.8
"""How far out hair goes, and below the shoulders, in trunks."""
SIDE_PX = 112
"""It is looked for in a picture no longer than this."""
FEWEST = 12
"""Pixels of what is sure, from which its colours mean anything."""
DISTINCT = 12.0
"""How far hair's colour must be from the skin's to be told from it, in steps of 8 bit Lab."""
CHEST, COVERED, COVERED_HIGH = 0.35, 0.45, 0.75
"""So far below the shoulders, in trunks, hair covers no more of the trunk than this, and of all
below the shoulders than this: else clothes have its colour, and it is not followed onto them."""
THROAT = 0.35
"""Half the width of a strip down from the chin that no hair hangs across."""
TONES, ALIKE, ALIKE_BESIDE = 5, 22.0, 45.0
"""Main colours of hair, and how near to one a pixel is taken for hair until edges say more, in Lab:
anywhere, and beside jaw and throat."""
TURNED_DEG = 15.0
"""A face that is turned this far shows its side where hair is of others."""
COMMON = 0.1
"""The share of hair that a tone has at least: less is what shows through, or lies around it."""
SLIVER = 0.04
"""Half the width, in trunks, of what goes with the hair beside it."""
EVEN = 1.5
"""How far around it, in pixels of the small picture, an arm's pixel is compared."""
BESIDE = (0, 255, 0)
"""What no person looks like."""


def find_hair(fit: Fit, head: Head, groups: Groups, window: Picture) -> NDArray[np.bool_]:
    """``[n, n]``: the hair; nothing where it cannot be told.

    :param groups: ``[n, n]``, to which limb each pixel belongs.
    :param window: ``[n, n, 3]`` uint8.
    """
    none = np.zeros(fit.inside.shape, np.bool_)
    near = (np.abs(head.across) < WIDE) & (head.below_shoulders < LONG) & fit.inside
    falls = np.isin(groups, UPPER_ARMS) & (head.down > BROWS)
    near &= falls | (groups == Group.TRUNK)
    if head.away or not near.any():
        return none
    rows, columns = (np.flatnonzero(near.any(axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    shape = near[part].shape
    scale = min(1.0, SIDE_PX / max(shape))
    size = max(8, round(shape[1] * scale)), max(8, round(shape[0] * scale))

    def small(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
        return cv2.resize(flags[part].astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0

    down, across = (
        cv2.resize(one[part], size, interpolation=cv2.INTER_LINEAR)
        for one in (head.down, np.abs(head.across))
    )
    under = cv2.resize(head.below_shoulders[part], size, interpolation=cv2.INTER_LINEAR)
    person, trunk = small(near), small(groups == Group.TRUNK)
    crown = person & trunk & (down < CROWN) & (across < TOP)
    level = person & trunk & (down < CHIN) & (under < -BESIDE_HEAD)
    face = person & (across < CHEEKS) & (down > BROWS) & (down < CHIN)
    beside = level & (across > EARS) & _hanging_on(level | crown | face, face)
    throat = person & (across < THROAT) & (down > CHIN) & (under < BESIDE_HEAD)
    if (crown | beside).sum() < FEWEST or face.sum() < FEWEST:
        return none
    picture = np.asarray(cv2.resize(window[part], size, interpolation=cv2.INTER_AREA), np.uint8)
    lab = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
    cv2.setRNGSeed(0)  # models of colours start from random ones: alike for alike photos
    if crown.sum() >= FEWEST and head.turned_deg > TURNED_DEG:  # cheek, ear and nape are there
        beside &= ~_nearer(lab, beside, lab[face], lab[crown])
    crown |= beside
    if np.linalg.norm(np.median(lab[crown], 0) - np.median(lab[face], 0)) < DISTINCT:
        return none
    low = (under < 0.0) & (across > JAW_WIDTH)
    likely = tones_apart(lab, lab[crown]) < np.where(low, ALIKE_BESIDE, ALIKE)
    found = _cut_out(picture, person, crown, face | throat, likely)
    for begins, most in ((CHEST, COVERED), (0.0, COVERED_HIGH)):
        low = person & (under > begins) & (under < LONG)
        if low.any() and (found & low).sum() > most * low.sum():
            found &= trunk & (under < -BESIDE_HEAD)  # without arms that are raised
    for upper, lower in zip(UPPER_ARMS, FOREARMS, strict=True):
        arm = found & small(groups == upper)
        skin = np.concatenate([_samples(window, fit.inside & (groups == lower)), lab[face]])
        found &= ~(arm & _nearer(lab, arm, skin, lab[crown]))
    found = _hanging_on(found, crown)
    whole = cv2.resize(found.astype(np.float32), shape[::-1], interpolation=cv2.INTER_LINEAR)
    result = none.copy()
    result[part] = (whole > 0.5) & near[part]
    return _to_the_rim(fit, groups, result, falls)


def _to_the_rim(
    fit: Fit, groups: Groups, hair: NDArray[np.bool_], arms: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Hair and the slivers that it leaves of arms below, up to the soft edge of the person."""
    radius = max(1, round(SLIVER * fit.trunk_px))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    near, broad = (
        cv2.morphologyEx(flags.astype(np.uint8), kind, disc) > 0
        for flags, kind in (
            (hair, cv2.MORPH_DILATE),
            (fit.inside & ~hair, cv2.MORPH_OPEN),
        )
    )
    whole = hair | near & ~broad & fit.inside & arms
    return np.asarray(nearest(whole, fit.inside) & (groups != Group.NOBODY))


def _samples(window: Picture, where: NDArray[np.bool_]) -> Array:
    """``[k, 3]``: colours in Lab of a part of the window, as many as tell what it looks like."""
    seen = window[where]
    seen = np.ascontiguousarray(seen[:: max(1, len(seen) // SIDE_PX)])
    if not len(seen):
        return np.empty((0, 3), np.float32)
    return np.asarray(cv2.cvtColor(seen[None], cv2.COLOR_RGB2LAB)[0], np.float32)


def _nearer(lab: Array, among: NDArray[np.bool_], skin: Array, hair: Array) -> NDArray[np.bool_]:
    """``[h, w]``: which pixels look more like skin or sleeve than like hair, taken with those
    around them.

    :param among: ``[h, w]``, those asked. :param skin: ``[k, 3]`` colours, :param hair: likewise.
    """
    if not among.any():
        return among
    more = (tones_apart(lab, hair) - tones_apart(lab, skin)) * among
    return np.asarray(cv2.GaussianBlur(more.astype(np.float32), (0, 0), EVEN) > 0.0)


def tones_apart(lab: Array, samples: Array) -> Array:
    """``[h, w]``: how far each pixel ``[h, w, 3]`` is from the nearest of the main colours of
    samples ``[k, 3]``, those that a share ``COMMON`` of them has."""
    samples = np.ascontiguousarray(samples)
    stop = (cv2.TERM_CRITERIA_MAX_ITER, 10, 0.0)
    count = min(TONES, len(samples))
    _, of, tones = cv2.kmeans(samples, count, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    tones = tones[np.bincount(of.ravel(), minlength=count) >= COMMON * len(samples)]
    return np.asarray(np.linalg.norm(lab[:, :, None] - tones, axis=-1).min(-1), np.float32)


def _cut_out(
    picture: Picture,
    person: NDArray[np.bool_],
    sure: NDArray[np.bool_],
    never: NDArray[np.bool_],
    likely: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """``[h, w]``: hair along the picture's edges; what is beside the person is painted over."""
    picture[~person] = BESIDE
    labels = np.full(person.shape, cv2.GC_BGD, np.uint8)
    labels[person] = cv2.GC_PR_BGD
    labels[person & likely] = cv2.GC_PR_FGD
    labels[sure], labels[never] = cv2.GC_FGD, cv2.GC_BGD
    return cut_out(picture, labels) & person


def _hanging_on(found: NDArray[np.bool_], part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What hangs together with a part."""
    _, number = cv2.connectedComponents(found.astype(np.uint8))
    return found & np.isin(number, np.unique(number[part & found]))
