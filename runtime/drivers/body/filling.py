"""How the cloth of a photo's person goes on where the photo does not show it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import grown, nearest_reached
from bunraku.runtime.drivers.body.waistline import Waistline
from bunraku.runtime.source.mask import fineness
from bunraku.runtime.source.region import distance_to
from bunraku.runtime.source.texture import complete
from bunraku.spec.arrays import Array, Picture

GRAIN_PX, SOFTER_PX = 2.0, (2.0, 5.0)
"""How far colours are evened out where a plane goes on beyond what is known, in pixels."""
AROUND_HIDDEN_PX, NEAR_HIDDEN_PX = 40, 2
"""How far around something hidden its cloth is looked for, and from where on, in the
pixels in which it is filled."""
AT_ONCE_PX = 3000.0
"""What is hidden and no larger is filled in the window's own pixels; what is larger in so few that
it is no larger, but not in fewer than the networks'. A small person's hand is a few of those wide:
too little for a hem to go on in."""

FEWEST = 60
"""Pixels of a side of the waistline from which it lends its colours."""
HIPS = 0.3
"""How far around what is hidden of a thigh the trunk's cloth is that of a thigh too, in lengths of
the trunk."""


def filled(colours: Array, known: NDArray[np.bool_], line: Waistline | None = None) -> Array:
    """Colours ``[n, n, 3]`` where ``known [n, n]``, and elsewhere those of the nearest known ones,
    on either side of the waistline of its own cloth.

    They are evened out before and after, the more the farther away: no grain is drawn into streaks.
    """
    if line is None:
        return _filled(colours, known)
    sides = [known & line.alike & own for own in (~line.below, line.below)]
    if min(int(side.sum()) for side in sides) < FEWEST:
        return _filled(colours, known)
    above, below = (_filled(colours, side) for side in sides)
    result = np.where(line.below[..., None], below, above)
    np.copyto(result, colours, where=known[..., None])
    return result


def _filled(colours: Array, known: NDArray[np.bool_]) -> Array:
    share, fine = known.astype(np.float32), fineness(len(known))
    sums = _softened(colours * share[..., None], GRAIN_PX, fine)
    weight = _softened(share, GRAIN_PX, fine)[..., None]
    even = np.asarray(sums / np.maximum(weight, 1e-6), np.float32)
    result = even.reshape(-1, 3).take(nearest_reached(known), 0)
    np.copyto(result, colours, where=known[..., None])
    apart = distance_to(known)[..., None] / np.float32(fine)
    for softness in SOFTER_PX:
        softer = _softened(result, softness, fine)
        softer -= result
        softer *= np.clip(apart / softness - 0.5, 0.0, 1.0)
        result += softer
    return result


def gone_on(
    window: Picture,
    plane: Array,
    known: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    line: Waistline | None = None,
) -> Array:
    """A plane whose cloth goes on with its grain where something lies before it, on either side of
    the waistline with its own.

    :param window: ``[n, n, 3]`` uint8. :param plane: of ``filled``.
    :param known: ``[n, n]``: where the window shows the cloth. :param hidden: ``[n, n]``.
    """
    if line is None:
        return _gone_on(window, plane, known, hidden)
    for own in (~line.below, line.below):
        if (hidden & own).any():
            made = _gone_on(window, plane, known & line.alike & own, hidden & own)
            plane = np.where(own[..., None], made, plane)
    return plane


def _gone_on(
    window: Picture, plane: Array, known: NDArray[np.bool_], hidden: NDArray[np.bool_]
) -> Array:
    if not hidden.any() or known.sum() < FEWEST:
        return plane
    most = fineness(len(known))
    fewer = float(np.clip(np.sqrt(hidden.sum() / AT_ONCE_PX), 1.0, most))
    near = round(NEAR_HIDDEN_PX * fewer)
    hole = grown(hidden, near)  # their colours run into each other
    clear = known & ~grown(hole, near)
    reach = round(AROUND_HIDDEN_PX * fewer)
    rows, columns = np.nonzero(hole)
    top, left = max(rows.min() - reach, 0), max(columns.min() - reach, 0)
    part = np.s_[top : rows.max() + reach + 1, left : columns.max() + reach + 1]
    colours = np.ascontiguousarray(window[part])
    size = tuple(max(1, round(side / fewer)) for side in colours.shape[1::-1])
    holes, unclear = (
        (cv2.resize(one[part].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.0)
        for one in (hole, ~clear)
    )
    small = np.asarray(cv2.resize(colours, size, interpolation=cv2.INTER_AREA), np.uint8)
    found = complete(small, holes.astype(np.uint8), unclear.astype(np.uint8))
    if found is None:
        return plane
    shape = colours.shape[1::-1]
    offsets = cv2.resize(found.offsets.astype(np.float32), shape, interpolation=cv2.INTER_NEAREST)
    shade = cv2.resize(found.shade, shape)
    y, x = np.nonzero(hole[part])
    where = np.rint(offsets[y, x] * fewer).astype(int) + np.stack([y, x], 1)
    from_y, from_x = np.clip(where, 0, np.array(colours.shape[:2]) - 1).T
    result = plane.copy()
    result[part][y, x] = np.clip((colours[from_y, from_x] + shade[y, x]) / 255.0, 0.0, 1.0)
    return result


def over_hips(
    thigh: NDArray[np.bool_], trunk: NDArray[np.bool_], hidden: NDArray[np.bool_], trunk_px: float
) -> NDArray[np.bool_]:
    """``[n, n]``: where cloth is seen that what is hidden of a thigh may be of. Shorts and skirts
    go on over the hips, where the trunk begins, and would else be filled with bare legs.

    :param thigh: ``[n, n]``, where it is seen; :param trunk: likewise.
    :param hidden: ``[n, n]``, what is hidden of the thigh.
    """
    if not hidden.any():
        return thigh
    return thigh | trunk & grown(hidden, round(HIPS * trunk_px))


def _softened(values: Array, softness: float, fine: float) -> Array:
    """A picture, blurred in the networks' pixels: it holds no more than they do."""
    if fine == 1.0:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), softness), np.float32)
    side = round(len(values) / fine)
    small = cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), softness)
    return np.asarray(cv2.resize(small, (len(values),) * 2), np.float32)
