"""A driver's joints where the driver's own pixels say they are.

The pose network errs by a pixel or two of 256, otherwise in each frame. At the calibration the
driver's surface is known: pixels of the mask hang on the bones of that pose (``figure``). In a
later frame the network says where they should be now, and the picture there is compared with
theirs: the joints are moved so that it becomes alike, all at once, from coarse to fine. It is a
least-squares alignment in which

- the network's pose is the prior, so that joints stay with it where the picture says little, and
  there is no drift: nothing is carried from frame to frame;
- pixels that look otherwise count little, and a bone of which most do is left to the network: one
  that turned about itself, another person, another scene;
- each bone may be lighter or darker than it was.

Heads, which turn, and hands, which have a network of their own, are left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Aligned, Hung, Level, Trust, align
from bunraku.runtime.drivers.figure import (
    BONES,
    ENDS,
    JOINTS,
    MOVED,
    STARTS,
    TRUNK,
    Figure,
    joints_of,
)
from bunraku.runtime.drivers.looking import FACTORS, SIDE, Looked
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import SAME_SHAPE, pixels_per_metre, source_framing
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Exact, Picture
from bunraku.spec.few import clipped
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    LEFT_FOOT,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_ELBOW,
    RIGHT_FOOT,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

ROUNDS = 3, 2, 2
"""How often joints are moved at each of ``FACTORS``; pixels below are the square's."""
STEP, PER_BONE, PER_TRUNK = 2, 120, 360
"""Every so many rows and columns a pixel is taken, and at most so many of each: where the picture
changes most."""
FLAT = 1.0
"""Levels a pixel: less change says nothing."""
USUAL_PX, ELBOW_PX = 2.0, 1.0
"""How far the pose network is off."""
MOST_PX = 6.0
"""A joint is never moved farther."""
NOISE, OTHER = 8.0, 12.0
"""Levels by which pixels differ that are alike, and from which they hardly count."""
ALONE = 0.25
"""What a pixel counts: neighbours say the same."""
LIGHT = 25.0
"""Levels by which a bone may be lighter or darker than at the calibration."""
ALIKE = 0.2, 0.35
"""The share of a bone's pixels that is alike when it begins to be believed, and when it is."""
FEWEST = 30
"""Pixels that say something of a bone."""
_WITH = {LEFT_FOOT[1]: (LEFT_FOOT[0],), RIGHT_FOOT[1]: (RIGHT_FOOT[0],)}
"""Landmarks that go along with one of the joints."""
_TRUNK_JOINTS = [JOINTS.index(i) for i in (LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP)]
_ELBOWS = LEFT_ELBOW, RIGHT_ELBOW
_HELD = np.array([(ELBOW_PX if j in _ELBOWS else USUAL_PX) ** -2 for j in JOINTS], np.float32)
TRUST = Trust(counts=ALONE / NOISE**2, other=OTHER, light=LIGHT)
"""What is believed of a driver's frame."""


@dataclass(frozen=True, eq=False)
class _Key:
    """The driver at the calibration."""

    shape: tuple[int, int]
    """Of the frame, height and width."""
    window: Window
    figure: Figure
    grey: tuple[Array, ...]
    """``[m]`` of each of ``FACTORS``: how the figure's pixels look."""


class Refiner:
    """Refines the poses of one driver."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the driver looks."""
        self._key: _Key | None = None
        self.looked: Looked | None = None
        """What was looked at of the last frame, if anything was."""

    def learn(self, frame: Picture, pose: Pose) -> None:
        """See how the driver looks in the frame of the calibration.

        :param frame: HWC uint8 RGB. :param pose: in its pixels, with a mask; without one, nothing
            is refined from now on.
        """
        self._key = self.looked = None
        if pose.mask is None:
            return
        shape = frame.shape[0], frame.shape[1]
        window = source_framing(pose, shape).window
        self.looked = looked = Looked.at(frame, window)
        landmarks = looked.landmarks(pose.landmarks)
        scale = pixels_per_metre(pose) / looked.scale
        mask = np.asarray(crop(pose.mask, window, SIDE), np.float32)
        inside = mask[::STEP, ::STEP] > 0.5
        change = looked.change()[::STEP, ::STEP]
        y, x = np.nonzero(inside & (change > FLAT))
        if not len(x) or scale <= 0.0:
            return
        place = np.stack([x, y], 1).astype(np.float64) * STEP
        figure, known = Figure.of(place, landmarks, scale)
        best = _most(figure.bone, change[y, x][known])
        at = place[known][best]
        self._key = _Key(shape, window, figure.of_these(best), looked.read(at))
        # What must be compiled is, before a frame waits for it.
        _moves(self._key, looked, landmarks)

    def refine(self, frame: Picture, pose: Pose) -> Pose:
        """A pose of the same driver with its joints where they are seen; only x and y change.

        Frames of another size but the same shape are as good; of another shape, nothing is refined.

        :param frame: HWC uint8 RGB. :param pose: in its pixels.
        """
        key, self.looked = self._key, None
        if key is None:
            return pose
        across, down = frame.shape[1] / key.shape[1], frame.shape[0] / key.shape[0]
        if abs(across / down - 1.0) > SAME_SHAPE:
            return pose
        w = key.window
        window = Window(
            (w.cx + 0.5) * across - 0.5, (w.cy + 0.5) * down - 0.5, w.side * across
        ).snapped()
        self.looked = looked = Looked.at(frame, window)
        moves = _moves(key, looked, looked.landmarks(pose.landmarks))
        landmarks = pose.landmarks.copy()
        for joint, move in zip(JOINTS, moves * looked.scale, strict=True):
            landmarks[[joint, *_WITH.get(joint, ())], :2] += move.astype(np.float32)
        return replace(pose, landmarks=landmarks)


def _moves(key: _Key, looked: Looked, landmarks: Array) -> Exact:
    """``[MOVED, 2]``: by how much the joints of ``landmarks`` are off."""
    joints = joints_of(landmarks)
    hung = key.figure.placed(joints)
    seen = np.flatnonzero(in_square(hung.place) & ~key.figure.hidden(hung.place, joints))
    if len(seen) < FEWEST:
        return np.zeros((MOVED, 2))
    grey = [one[seen] for one in key.grey]
    moves, alike = aligned(looked, ROUNDS, hung.of_these(seen), grey, _HELD, BONES, FEWEST)
    believed = moves * _believed(alike)[:, None]
    return np.asarray(clipped(believed, -MOST_PX, MOST_PX), np.float64)


def aligned(
    looked: Looked,
    rounds: Sequence[int],
    hung: Hung,
    grey: Sequence[Array],
    held: Array,
    bones: int,
    fewest: int,
) -> tuple[Array, Exact]:
    """Joints moved from coarse to fine so that what hangs on them looks as it did.

    :param rounds: how often at each of ``FACTORS``. :param hung: in pixels of the square.
    :param grey: ``[m]`` of each of ``FACTORS``, how the hung pixels looked.
    :param held: ``[j]``, as for ``kernels.align``. :param bones: how many there are.
    :param fewest: pixels that say something of a bone.
    :return: ``[j, 2]``, by how much they have moved, and ``[bones]`` in [0, 1], how far each bone
        is believed by the share of its pixels that is alike.
    """
    levels = [Level(*terms) for terms in zip(looked.looks, FACTORS, grey, rounds, strict=True)]
    found = align(levels, hung, held, TRUST, Aligned.still(len(held), bones))
    count = np.bincount(hung.bone, minlength=bones)
    low, high = ALIKE
    alike = clipped((found.alike / np.maximum(count, 1) - low) / (high - low), 0.0, 1.0)
    return found.moves, np.asarray(alike * (count >= fewest), np.float64)


def in_square(place: Array) -> NDArray[np.bool_]:
    """``[m]``: which places ``[m, 2 or more]`` lie where the looks have neighbours."""
    x, y = place[:, 0], place[:, 1]
    last = SIDE - 2.0
    return np.asarray((x >= 1.0) & (x <= last) & (y >= 1.0) & (y <= last))


def _believed(bones: Exact) -> Exact:
    """``[MOVED]``: a joint is believed as one of its limbs is; shoulders and hips as the trunk."""
    joints = np.zeros(MOVED + 4)
    np.maximum.at(joints, STARTS, bones[:TRUNK])
    np.maximum.at(joints, ENDS, bones[:TRUNK])
    joints[_TRUNK_JOINTS] = bones[TRUNK]
    return joints[:MOVED]


def _most(bone: NDArray[np.int32], change: Array) -> NDArray[np.intp]:
    """Of each bone the pixels, at most so many, where the picture changes most."""
    order = np.argsort(-change, kind="stable")
    kept = [
        order[bone[order] == one][: PER_TRUNK if one == TRUNK else PER_BONE] for one in range(BONES)
    ]
    return np.concatenate(kept)
