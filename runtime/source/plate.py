"""The plate: the photo with the person removed, for what the person uncovers by moving.

First the shadow goes that the person throws, where it is sure (shadow.py). Then what is filled is
the person with all that is theirs beside the outline (fringe.py), so that nothing of them is
smeared into the background, and no more than that: by pieces of the photo around it (texture.py),
or, where there is too little around it, by smooth colours with the photo's grain (smooth_fill.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.fringe import MOST, with_fringe
from bunraku.runtime.source.shadow import Shadow, cast_shadow
from bunraku.runtime.source.smooth_fill import BAND, enlarged_rows, fill_smoothly
from bunraku.spec.arrays import Array, Picture

OUTLINE = 0.012
"""How far the hole reaches beyond a shadow that is filled, in heights of the person."""
CLEAR = 0.03
"""From how far on pieces and smooth colours are taken: nearer, the person's shade lies on them."""
FEATHER = 0.004
"""Width of the blend outside of the hole, in heights of the person."""
BEYOND = MOST + 2 * FEATHER
"""How far beyond the person the plate is not the photo itself, but for strands of hair: the blend
is blurred, too."""
AROUND = 0.6
"""How far from the person pieces are taken, in heights of the person."""
WORK_SIDE = 320
"""Longer side in pixels at which shadow and pieces are looked for."""
OTHERS = 0.5
"""From this belief on, somebody is in a pixel."""

Binary = NDArray[np.uint8]
"""``[H, W]`` in {0, 1}."""


class _Box(NamedTuple):
    """A part of the photo, in its pixels."""

    top: int
    left: int
    bottom: int
    right: int

    @classmethod
    def around(cls, person: Binary, margin: int) -> _Box:
        """The person and a margin, as far as the picture goes."""
        rows, columns = np.flatnonzero(person.any(1)), np.flatnonzero(person.any(0))
        top, left = max(0, int(rows[0]) - margin), max(0, int(columns[0]) - margin)
        height, width = person.shape
        bottom = min(height, int(rows[-1]) + 1 + margin)
        return cls(top, left, bottom, min(width, int(columns[-1]) + 1 + margin))

    @property
    def part(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    @property
    def scale(self) -> float:
        """From the photo's pixels to those of ``small_size``."""
        return min(1.0, WORK_SIDE / max(self.bottom - self.top, self.right - self.left))

    @property
    def small_size(self) -> tuple[int, int]:
        """Width and height at which it is worked on."""
        height, width = self.bottom - self.top, self.right - self.left
        return max(1, round(width * self.scale)), max(1, round(height * self.scale))


class _Small(NamedTuple):
    """A box at the size at which it is worked on."""

    picture: Picture
    person: Binary
    """Whatever they touch counts."""
    tall: float
    """Their height in its pixels."""


@dataclass(frozen=True, eq=False)
class RemovedShadow:
    """What was taken from a plate, and where it was."""

    depth: Array
    """``[h, w, 3]``, see ``Shadow.depth``."""
    tall: float
    """The person's height in its rows."""
    left: float
    """Of its first column in the photo."""
    top: float
    step: tuple[float, float]
    """Pixels of the photo from column to column and from row to row."""


@dataclass(frozen=True, eq=False)
class Plate:
    """A photo without its person."""

    picture: Picture
    """Of the photo's size, equal to the photo away from person and shadow."""
    shadow: RemovedShadow | None = None
    """What the person threw, if it was sure."""


def make_plate(
    photo: Picture, mask: Array, people: Array | None = None, front: Array | None = None
) -> Plate:
    """The photo without its person, and without the shadow that this person surely throws.

    :param photo: HWC uint8.
    :param mask: ``[H, W]`` in [0, 1], the person; anything above a trace counts.
    :param people: ``[H, W]`` in [0, 1], everybody in the photo; others stay, and are not copied.
    :param front: ``[H, W]`` in [0, 1], what stands before the person, and stays as it is.
    """
    plate = _without_person(photo, mask, people)
    if front is None or not front.any():
        return plate
    rows = np.flatnonzero(front.any(1))
    part = slice(rows[0], rows[-1] + 1)
    share = front[part][..., None]
    kept = plate.picture[part] * (1.0 - share) + photo[part] * share + np.float32(0.5)
    plate.picture[part] = kept.astype(np.uint8)
    return plate


def _without_person(photo: Picture, mask: Array, people: Array | None) -> Plate:
    """``make_plate`` with nothing in front."""
    plate = np.array(photo, order="C")
    person = (mask > 0.25).astype(np.uint8)
    if not person.any():
        return Plate(plate)
    inner = _Box.around(person, 0)
    tall = max(inner.bottom - inner.top, inner.right - inner.left)
    box = _Box.around(person, round(AROUND * tall))
    small = _Small(_reduced(plate, box), _touched(person[box.part], box), tall * box.scale)
    shadow = cast_shadow(*small)
    gone, removed = person.copy(), None
    if shadow is not None:
        covered = _remove_shadow(plate, shadow, box)
        gone[box.part] |= _dilate(covered, max(2, round(OUTLINE * tall)))
        removed = _removed(shadow, box, small.tall)
        small = small._replace(picture=_reduced(plate, box))
    lit = plate.copy()
    gone[box.part] |= _enlarged(with_fringe(*small), box)
    clear, feather = max(4, round(CLEAR * tall)), max(1, round(FEATHER * tall))
    near = _Box.around(gone, max(8, 3 * clear))
    hole = gone[near.part]
    if hole.all():  # nothing but person: the mean of the whole photo has to do
        plate[near.part] = photo.reshape(-1, 3).mean(0).astype(np.uint8)
        return Plate(plate, removed)
    blend = cv2.blur(_dilate(hole, feather).astype(np.float32), (2 * feather + 1,) * 2)
    weight = np.asarray(np.maximum(blend, hole), np.float32)  # the blend lies outside of the hole
    somebody = np.zeros_like(person) if people is None else (people > OTHERS).astype(np.uint8)
    if not _fill_by_pieces(plate, lit, gone, small, somebody, weight, near, box):
        without = _dilate(gone[near.part], clear)
        choices = (without | somebody[near.part], without, hole)
        unclear = next(one for one in choices if not one.all())
        fill_smoothly(plate[near.part], lit[near.part], hole, unclear, weight)
    return Plate(plate, removed)


def _remove_shadow(plate: Picture, shadow: Shadow, box: _Box) -> Binary:
    """Brighten the plate where the person's shadow is soft.

    :return: ``[h, w]``, what of ``box`` is to be filled: shadows with edges.
    """
    part = plate[box.part]
    for row in range(0, len(part), BAND):
        rows = part[row : row + BAND]
        gain = enlarged_rows(shadow.gain, part.shape, row)
        rows[:] = np.clip(rows * gain + 0.5, 0.0, 255.0).astype(np.uint8)
    size = part.shape[1::-1]
    covered = cv2.resize(shadow.covered, size, interpolation=cv2.INTER_NEAREST)
    return np.asarray(covered, np.uint8)


def _removed(shadow: Shadow, box: _Box, tall: float) -> RemovedShadow:
    """A shadow that was found in ``box``.

    :param tall: the person's height in its rows.
    """
    height, width = shadow.depth.shape[:2]
    step = (box.right - box.left) / width, (box.bottom - box.top) / height
    left, top = box.left + step[0] / 2 - 0.5, box.top + step[1] / 2 - 0.5
    return RemovedShadow(shadow.depth, tall, left, top, step)


def _fill_by_pieces(
    plate: Picture,
    photo: Picture,
    gone: Binary,
    small: _Small,
    somebody: Binary,
    weight: Array,
    near: _Box,
    box: _Box,
) -> bool:
    """Fill the hole by pieces of the photo within ``box``; False where there are too few.

    :param photo: to copy from; :param small: of it. :param gone: ``[H, W]``, what is to be filled.
    :param weight: of the part ``near``, how much of each pixel is new.
    """
    # Not at the top: Numba takes its time to load, and where nobody is found none of it is needed.
    from bunraku.kernels.plate.seams import copy
    from bunraku.runtime.source.texture import complete

    hidden = _touched(gone[box.part], box)
    # What is blended is filled too: the feather twice, outwards and blurred.
    hole = _dilate(hidden, max(1, round(2 * FEATHER * small.tall)))
    unclear = hole | _dilate(small.person, max(3, round(CLEAR * small.tall)))
    others = _dilate(_touched(somebody[box.part], box), 1)
    found = complete(small.picture, hole, unclear | others, hidden | others)
    if found is None:
        return False
    where = np.array(box, np.int64), np.array([near.top, near.left], np.int64)
    copy(photo, weight, hole, found.offsets, found.shade, *where, plate)
    return True


def _reduced(photo: Picture, box: _Box) -> Picture:
    """``box`` at the size at which it is worked on."""
    reduced = cv2.resize(photo[box.part], box.small_size, interpolation=cv2.INTER_AREA)
    return np.asarray(reduced, np.uint8)


def _enlarged(small: Binary, box: _Box) -> Binary:
    """A mask of that size in the photo's pixels: ``[h, w]``, of ``box``."""
    size = box.right - box.left, box.bottom - box.top
    return (cv2.resize(small.astype(np.float32), size) > 0.5).astype(np.uint8)


def _touched(binary: Binary, box: _Box) -> Binary:
    """A mask of ``box`` at the size at which it is worked on; whatever it touches counts."""
    covered = cv2.resize(binary.astype(np.float32), box.small_size, interpolation=cv2.INTER_AREA)
    return (covered > 0).astype(np.uint8)


def _dilate(binary: Binary, radius: int) -> Binary:
    """Grown by ``radius`` pixels; by way of a distance map, whose cost does not grow with it."""
    if not binary.any():
        return binary
    distance = cv2.distanceTransform(1 - binary, cv2.DIST_L2, 3)
    return (distance <= radius).astype(np.uint8)
