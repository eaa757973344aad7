"""The plate: the photo with the person removed, for what the person uncovers by moving.

The hole is filled from outside a generous outline only, so that nothing of the person is smeared
into the background: by pieces of the photo around it (texture.py), or, where there is too little
around it, by smooth colours with the photo's grain (smooth_fill.py).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.smooth_fill import fill_smoothly
from bunraku.spec.arrays import Array, Picture

OUTLINE = 0.012
"""How far the hole reaches beyond the person, in heights of the person: what stands beside the
person is to stay."""
CLEAR = 0.03
"""How far from the person colours are taken: nearer, the person's own are mixed into them."""
FEATHER = 0.012
"""Width of the blend outside of the hole, in heights of the person."""
AROUND = 0.6
"""How far from the person pieces are taken, in heights of the person."""


def make_plate(photo: Picture, mask: Array) -> Picture:
    """The photo without its person.

    :param photo: HWC uint8.
    :param mask: ``[H, W]`` in [0, 1], the person; anything above a trace counts.
    :return: a new picture of the photo's size, equal to the photo away from the person.
    """
    plate = np.array(photo, order="C")
    person = (mask > 0.25).astype(np.uint8)
    rows = np.flatnonzero(person.any(1))
    columns = np.flatnonzero(person.any(0))
    if not len(rows):
        return plate
    tall = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    outline, clear = max(2, round(OUTLINE * tall)), max(4, round(CLEAR * tall))
    feather = max(1, round(FEATHER * tall))
    margin = max(8, 3 * clear)
    y0, y1 = max(0, rows[0] - margin), min(photo.shape[0], rows[-1] + 1 + margin)
    x0, x1 = max(0, columns[0] - margin), min(photo.shape[1], columns[-1] + 1 + margin)
    part = photo[y0:y1, x0:x1]
    hole = _dilate(person[y0:y1, x0:x1], outline)
    unclear = _dilate(person[y0:y1, x0:x1], clear)
    if unclear.all():
        unclear = hole
    if hole.all():  # nothing but person: the mean of the whole photo has to do
        plate[y0:y1, x0:x1] = photo.reshape(-1, 3).mean(0).astype(np.uint8)
        return plate
    blend = cv2.blur(_dilate(hole, feather).astype(np.float32), (2 * feather + 1,) * 2)
    weight = np.asarray(np.maximum(blend, hole), np.float32)  # the blend lies outside of the hole
    around = round(AROUND * tall)
    top, bottom = max(0, rows[0] - around), min(photo.shape[0], rows[-1] + 1 + around)
    left, right = max(0, columns[0] - around), min(photo.shape[1], columns[-1] + 1 + around)
    box = (min(top, y0), min(left, x0), max(bottom, y1), max(right, x1))
    if not _fill_by_pieces(plate, photo, person, weight, (y0, x0), box, tall):
        fill_smoothly(plate[y0:y1, x0:x1], part, hole, unclear, weight)
    return plate


def _fill_by_pieces(
    plate: Picture,
    photo: Picture,
    person: NDArray[np.uint8],
    weight: Array,
    corner: tuple[int, int],
    box: tuple[int, int, int, int],
    tall: int,
) -> bool:
    """Fill the hole by pieces of the photo within ``box``; False where there are too few."""
    # Not at the top: Numba takes its time to load, and where nobody is found none of it is needed.
    from bunraku.kernels.plate.seams import copy
    from bunraku.runtime.source.texture import WORK_SIDE, complete

    top, left, bottom, right = box
    scale = min(1.0, WORK_SIDE / max(bottom - top, right - left))
    size = (max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale)))
    reduced = cv2.resize(photo[top:bottom, left:right], size, interpolation=cv2.INTER_AREA)
    small = np.asarray(reduced, np.uint8)
    covered = cv2.resize(
        person[top:bottom, left:right].astype(np.float32), size, interpolation=cv2.INTER_AREA
    )
    touched = (covered > 0).astype(np.uint8)
    # What is blended is filled too: the outline, and the feather twice, outwards and blurred.
    hole = _dilate(touched, max(2, round((OUTLINE + 2 * FEATHER) * tall * scale)))
    found = complete(small, hole, _dilate(touched, max(3, round(CLEAR * tall * scale))))
    if found is None:
        return False
    where = np.array(box, np.int64), np.array(corner, np.int64)
    whole = np.ascontiguousarray(photo)
    copy(whole, weight, hole, found.offsets, found.shade, *where, plate)
    return True


def _dilate(binary: NDArray[np.uint8], radius: int) -> NDArray[np.uint8]:
    """Grown by ``radius`` pixels; by way of a distance map, whose cost does not grow with it."""
    distance = cv2.distanceTransform(1 - binary, cv2.DIST_L2, 3)
    return (distance <= radius).astype(np.uint8)
