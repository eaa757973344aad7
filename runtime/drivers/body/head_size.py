"""How much larger a driver's head looks than the pose network has it.

It tells where small heads are well and how large they are badly: of who squats before a camera or
leans towards it the head gets larger, and the landmarks' does not. At the calibration the head's
pixels are known. In a later frame the landmarks say how far it has come, tilted and grown, and from
there those pixels are aligned with what is seen (``kernels.align``), all together as one flat
thing that may grow in width and in height. What grows in both alike has come nearer; what does not
has turned or nodded, and is left to the landmarks, as is where the head stands.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Hung
from bunraku.runtime.drivers.body.face_points import FACE, face_middle, face_moved
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.looking import SIDE, Looked
from bunraku.runtime.drivers.refining import FLAT, aligned
from bunraku.runtime.source.framing import pixels_per_metre
from bunraku.runtime.source.window import crop
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped, length_of

REACH_M = 0.17
"""How far from the middle of its face a head reaches, hair and all,"""
CHIN_M = 0.09
"""and how far down: a neck does not grow with it."""
FEWEST, MOST = 40, 240
"""Pixels that say something of a head, and that are taken: where the picture changes most."""
ROUNDS = 4, 3, 2
"""How often they are moved at each of ``FACTORS``."""
USUAL_PX = 3.0
"""How far each end of a head is off where the landmarks have it, in pixels of the square."""
SIZES = 0.85, 1.2
"""By how much the landmarks' size may be off."""
UNLIKE = 0.05
"""By how much more a head has grown in width than in height, or less, as a logarithm, of whose
growth a third is believed."""
TINY = 1e-3
"""What a head's width or height is at least, of what its landmarks say: for a logarithm."""
SETTLES_S = 0.1
"""Time after which a third of a change of size is still to come."""


_ENDS = np.arange(4, dtype=np.int32)  # of a head: what its pixels hang on


@dataclass(frozen=True, eq=False)
class _Key:
    """The driver's head at the calibration, in pixels of the square."""

    face: Vectors
    """``[11, 3]``"""
    reach: float
    """From the middle of the face to the head's end."""
    share: Array
    """``[m, 4]``: how much of its left, right, upper and lower end makes the place of a pixel."""
    grey: tuple[Array, ...]
    """``[m]`` of each of ``FACTORS``: how the pixels look."""


class HeadSize:
    """Sees how large one driver's head is."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the driver looks."""
        self._key: _Key | None = None
        self._size, self._time_s = 0.0, 0.0

    def follow(self, located: Located, time_s: float) -> float:
        """By how much the head in this frame is larger than its landmarks say.

        :param located: the driver in this frame, with what is looked at (``Located.looked``).
        :return: a factor, within ``SIZES``; 1 where nothing is known of it.
        """
        looked, pose, landmarks = located.looked, located.pose, located.in_square
        if looked is None or pose is None or landmarks is None:
            return 1.0
        face = landmarks[FACE, :3].astype(np.float64)
        if located.calibrated and pose.mask is not None:
            mask = np.asarray(crop(pose.mask, looked.window, SIDE), np.float32)
            self._key = _learnt(looked, face, mask, pixels_per_metre(pose) / looked.scale)
            self._size = 0.0
        elif self._key is not None:
            seen = float(np.log(_larger(self._key, looked, face)))
            left = np.exp(min(self._time_s - time_s, 0.0) / SETTLES_S)
            self._size = seen + (self._size - seen) * float(left)
        self._time_s = time_s
        return float(np.exp(self._size))


def sized_head(landmarks: Array, size: float) -> Array:
    """Landmarks ``[33, 4]`` with a head ``size`` times as large, the middle of its face where it
    was."""
    result = landmarks.copy()
    middle = face_middle(landmarks[FACE, :3]).astype(np.float32)
    result[FACE, :3] = middle + (landmarks[FACE, :3] - middle) * np.float32(size)
    return result


def _learnt(looked: Looked, face: Vectors, mask: Array, scale: float) -> _Key | None:
    """:param mask: ``[SIDE, SIDE]`` in [0, 1]. :param scale: pixels a metre."""
    change, middle = looked.change(), face_middle(face[:, :2])
    y, x = np.nonzero((mask > 0.5) & (change > FLAT) & looked.view())
    beyond = np.stack([x, y], 1) - middle
    near = (np.linalg.norm(beyond, axis=1) < REACH_M * scale) & (beyond[:, 1] < CHIN_M * scale)
    kept = np.flatnonzero(near)
    kept = kept[np.argsort(-change[y[kept], x[kept]], kind="stable")][:MOST]
    if len(kept) < FEWEST:
        return None
    reach = REACH_M * scale
    right, down = (beyond[kept] / (2.0 * reach)).T
    share = np.stack([0.25 - right, 0.25 + right, 0.25 - down, 0.25 + down], 1)
    grey = looked.read(np.stack([x[kept], y[kept]], 1).astype(np.float64))
    return _Key(face, reach, share.astype(np.float32), grey)


def _larger(key: _Key, looked: Looked, face: Vectors) -> float:
    """By how much a head is larger than its points ``[11, 3]`` say."""
    grown, turn, _ = face_moved(key.face, face)
    angle = math.atan2(turn[1, 0] - turn[0, 1], turn[0, 0] + turn[1, 1])
    reach = grown * key.reach
    cosine, sine = reach * math.cos(angle), reach * math.sin(angle)
    right, down = np.array([[cosine, sine], [-sine, cosine]])
    ends = face_middle(face[:, :2]) + np.stack([-right, right, -down, down])
    place = key.share @ ends
    inside = _inside(place, looked)
    count = len(inside)
    if count < FEWEST:
        return 1.0
    hung = Hung(
        place.take(inside, 0).astype(np.float32),
        np.zeros(count, np.int32),
        np.broadcast_to(_ENDS, (count, len(_ENDS))),
        key.share.take(inside, 0),
        np.zeros((count, 2, 2), np.float32),
    )
    grey = [one[inside] for one in key.grey]
    held = np.full(4, USUAL_PX**-2, np.float32)
    moves, alike = aligned(looked, ROUNDS, hung, grey, held, 1, FEWEST)
    ends += moves
    spans = [length_of(ends[i + 1] - ends[i]) / (2.0 * reach) for i in (0, 2)]
    wide, high = (math.log(max(span, TINY)) for span in spans)
    believed = float(alike[0]) * math.exp(-(((wide - high) / UNLIKE) ** 2))
    least, most = map(math.log, SIZES)
    return math.exp(min(max(0.5 * (wide + high), least), most) * believed)


def _inside(place: Vectors, looked: Looked) -> NDArray[np.intp]:
    """Which places ``[m, 2]`` lie inside the frame."""
    x, y = clipped(np.rint(place.T).astype(np.intp), 0, SIDE - 1)
    rows, columns = looked.lines()
    rows[[0, -1]] = columns[[0, -1]] = False  # what is beyond the square reads its edge
    return np.flatnonzero(rows.take(y) & columns.take(x))
