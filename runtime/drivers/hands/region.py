"""Which of a photo's pixels are a hand: its own points say it to within a part of a finger's width.

The rest is found by colours and the picture's edges.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.regions import disc, nearest_reached, opened
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES, WRIST
from bunraku.runtime.source.cutting_out import cut_out
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture

CORE, USUAL, MOST = 0.07, 0.11, 0.2
"""How far from the middle of a finger all is its own, where one usually ends, and where one ends
for sure, in lengths of the hand from wrist to knuckles."""
AROUND = 0.7
"""The surroundings that tell how what is beside the hand looks, in such lengths."""
FINGER = 0.85
"""How long a hand is at least from wrist to knuckles, in lengths of its longest finger: what the
network says of the depth of a palm that points at the camera is too little."""
BEHIND = 0.2
"""How far behind the wrist's point the hand still goes."""
POINTING = 0.5
"""Of that length: a hand that is shorter in the picture points at the camera, and its wrist is
behind it."""
BETWEEN = 0.12
"""Half of how wide a dark gap between two fingers may be."""
FINE = 4
"""Side of a window's pixel in those in which a hand is outlined."""
BONES = tuple((start, start + 1) for start in range(1, 20) if start % 4) + tuple(
    (WRIST, first) for first in (1, *KNUCKLES)
)
"""The points that a hand's bones join."""
_PALM = (WRIST, 1, 2, *KNUCKLES)


@dataclass(frozen=True, eq=False)
class HandPlace:
    """Where a photo's hand is, in pixels of its window."""

    points: Array
    """``[21, 3]`` of ``hands.landmarks``."""
    pixels: Region
    """``[n, n]``: those that go with it, the dark ones between its fingers too."""
    flesh: Region
    """``[n, n]``: those that show it."""

    @classmethod
    def of(cls, points: Array, inside: Region, window: Picture) -> HandPlace:
        """A hand by its points.

        :param inside: ``[n, n]``, the person. :param window: ``[n, n, 3]`` uint8.
        """
        length = hand_length(points)
        apart = _from_bones(points, inside.shape)
        reach = inside & _ahead(points, length, inside.shape) & (apart <= MOST * length)
        flesh = _flesh(apart / np.float32(length), inside, reach, window)
        # Between fingers it is dark, not another thing.
        wide = BETWEEN * length
        closed = cv2.morphologyEx(flesh.astype(np.uint8), cv2.MORPH_CLOSE, disc(wide)) > 0
        # What else is as narrow as its rim, and beside nothing wider, is its rim.
        return cls(points, np.asarray(reach & (closed | ~opened(inside & ~closed, wide))), flesh)

    @property
    def length(self) -> float:
        """From the wrist to the knuckles, in pixels, in the picture and in depth."""
        return hand_length(self.points)

    @property
    def foreshortened(self) -> bool:
        """Whether the hand points at the camera, or from it."""
        return self._in_picture < POINTING * self.length

    @property
    def _axis(self) -> NDArray[np.floating[Any]]:
        return np.asarray(self.points[list(KNUCKLES), :2].mean(0) - self.points[WRIST, :2])

    @property
    def _in_picture(self) -> float:
        """From the wrist to the knuckles, in pixels, in the picture alone."""
        return float(np.hypot(*self._axis))

    def core(self, shape: tuple[int, ...]) -> Region:
        """``[n, n]``: what is the hand's alone, for its bones are there."""
        return np.asarray(_from_bones(self.points, shape) <= CORE * self.length)

    def along(self, points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """How far beyond the wrist points ``[..., 2]`` of the picture lie, in pixels; all of them
        far, of a hand that points at the camera."""
        if self.foreshortened:
            return np.full(points.shape[:-1], self.length)
        return np.asarray((points - self.points[WRIST, :2]) @ (self._axis / self._in_picture))

    def share_along(self, points: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """The same of the way to the knuckles, however short that is in the picture."""
        return np.asarray(self.along(points) / max(min(self._in_picture, self.length), 1.0))

    def ahead(self, shape: tuple[int, ...]) -> Region:
        """``[n, n]``: where the picture lies on the fingers' side of the wrist."""
        return _ahead(self.points, self.length, shape)


def hand_length(points: Array) -> float:
    """From the wrist to the knuckles, in the picture and in depth."""
    palm = np.linalg.norm(points[list(KNUCKLES)].mean(0) - points[WRIST])
    bones = np.diff(points[KNUCKLES[0] :].reshape(len(KNUCKLES), -1, 3), axis=1)
    longest = np.linalg.norm(bones, axis=2).sum(1).max()
    return float(max(palm, FINGER * longest))


def _flesh(apart: NDArray[np.float32], inside: Region, reach: Region, window: Picture) -> Region:
    """The pixels that look like the hand, ``[n, n]``.

    :param apart: from its bones, in its lengths. :param reach: where it may be.
    """
    core, usual = reach & (apart <= CORE), reach & (apart <= USUAL)
    near, beside = apart <= AROUND, inside & ~usual
    if not core.any() or not (near & ~reach).any() or not beside.any():
        return usual
    labels = np.where(core, cv2.GC_FGD, cv2.GC_BGD)
    perhaps = np.where(usual, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    labels = np.where(reach & ~core, perhaps, labels)
    # Behind the person there may be any colour; it tells nothing of what is beside the hand.
    picture = np.where(inside[..., None], window, window.reshape(-1, 3)[nearest_reached(beside)])
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(near))
    cv2.setRNGSeed(0)  # its colour models start from random ones: alike for alike photos
    result = np.zeros_like(inside)
    part = np.ascontiguousarray(labels[rows, columns], np.uint8)
    result[rows, columns] = cut_out(np.ascontiguousarray(picture[rows, columns]), part)
    return np.asarray(result & reach)


def _from_bones(points: Array, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """How far from the palm and the fingers' middle lines, ``[n, n]`` in pixels."""
    height, width = shape
    fine = np.zeros((height * FINE, width * FINE), np.uint8)
    at = np.rint((points[:, :2] + 0.5) * FINE - 0.5).astype(np.int32)
    for start, end in BONES:
        cv2.line(fine, at[start].tolist(), at[end].tolist(), 1)
    cv2.fillPoly(fine, [at[list(_PALM)]], 1)
    apart = cv2.distanceTransform(1 - fine, cv2.DIST_L2, 5) / FINE
    small = cv2.resize(apart, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def _ahead(points: Array, length: float, shape: tuple[int, ...]) -> Region:
    """Where the picture lies on the fingers' side of the wrist, ``[n, n]``."""
    along = points[list(KNUCKLES), :2].mean(0) - points[WRIST, :2]
    long = float(np.hypot(*along))
    if long < POINTING * length:
        return np.ones(shape, np.bool_)
    y, x = np.indices(shape)
    share = ((x - points[WRIST, 0]) * along[0] + (y - points[WRIST, 1]) * along[1]) / long
    return np.asarray(share >= -BEHIND * length)
