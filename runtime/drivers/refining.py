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

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Aligned, Trust, align
from bunraku.runtime.drivers.figure import (
    BONES,
    ENDS,
    JOINTS,
    MOVED,
    STARTS,
    TRUNK,
    Exact,
    Figure,
    joints_of,
)
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import (
    SAME_SHAPE,
    Window,
    crop,
    pixels_per_metre,
    source_framing,
)
from bunraku.spec.arrays import Array, Picture
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

SIDE = 256
"""Of the square that is looked at, around the driver of the calibration; pixels below are its."""
LEVELS = (4, 3), (2, 2), (1, 2)
"""How many pixels are averaged to one, and how often joints are moved then."""
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
_TRUST = Trust(counts=ALONE / NOISE**2, other=OTHER, light=LIGHT)
Looks = tuple[Array, ...]
"""A picture at each of ``LEVELS``: ``[s, s]``, grey, a little softened."""


@dataclass(frozen=True, eq=False)
class _Key:
    """The driver at the calibration."""

    shape: tuple[int, int]
    """Of the frame, height and width."""
    window: Window
    figure: Figure
    grey: tuple[Array, ...]
    """``[m]`` at each of ``LEVELS``: how the figure's pixels look."""


class Refiner:
    """Refines the poses of one driver."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget how the driver looks."""
        self._key: _Key | None = None

    def learn(self, frame: Picture, pose: Pose) -> None:
        """See how the driver looks in the frame of the calibration.

        :param frame: HWC uint8 RGB. :param pose: in its pixels, with a mask; without one, nothing
            is refined from now on.
        """
        self._key = None
        if pose.mask is None:
            return
        shape = frame.shape[0], frame.shape[1]
        window = source_framing(pose, shape).window
        landmarks = _in_square(pose.landmarks, window)
        scale = pixels_per_metre(pose) * SIDE / window.side
        looks = _looks(frame, window)
        mask = np.asarray(crop(pose.mask, window, SIDE), np.float32)
        inside = mask[::STEP, ::STEP] > 0.5
        right, down = (
            cv2.Sobel(looks[-1], cv2.CV_32F, *way, ksize=1, scale=0.5) for way in ((1, 0), (0, 1))
        )
        change = (np.abs(right) + np.abs(down))[::STEP, ::STEP]
        y, x = np.nonzero(inside & (change > FLAT))
        if not len(x) or scale <= 0.0:
            return
        place = np.stack([x, y], 1).astype(np.float64) * STEP
        figure, known = Figure.of(place, landmarks, scale)
        best = _most(figure.bone, change[y, x][known])
        at = place[known][best]
        grey = tuple(_read(look, at, f) for look, (f, _) in zip(looks, LEVELS, strict=True))
        self._key = _Key(shape, window, figure.of_these(best), grey)
        _moves(self._key, looks, landmarks)  # what must be compiled is, before a frame waits for it

    def refine(self, frame: Picture, pose: Pose) -> Pose:
        """A pose of the same driver with its joints where they are seen; only x and y change.

        Frames of another size but the same shape are as good; of another shape, nothing is refined.

        :param frame: HWC uint8 RGB. :param pose: in its pixels.
        """
        key = self._key
        if key is None:
            return pose
        across, down = frame.shape[1] / key.shape[1], frame.shape[0] / key.shape[0]
        if abs(across / down - 1.0) > SAME_SHAPE:
            return pose
        w = key.window
        window = Window(
            (w.cx + 0.5) * across - 0.5, (w.cy + 0.5) * down - 0.5, w.side * across
        ).snapped()
        moves = _moves(key, _looks(frame, window), _in_square(pose.landmarks, window))
        landmarks = pose.landmarks.copy()
        for joint, move in zip(JOINTS, moves * (window.side / SIDE), strict=True):
            landmarks[[joint, *_WITH.get(joint, ())], :2] += move.astype(np.float32)
        return replace(pose, landmarks=landmarks)


def _moves(key: _Key, looks: Looks, landmarks: Array) -> Exact:
    """``[MOVED, 2]``: by how much the joints of ``landmarks`` are off."""
    joints = joints_of(landmarks)
    hung = key.figure.placed(joints)
    inside = ((hung.place >= 1.0) & (hung.place <= SIDE - 2.0)).all(1)
    seen = np.flatnonzero(inside & ~key.figure.hidden(hung.place, joints))
    if len(seen) < FEWEST:
        return np.zeros((MOVED, 2))
    hung = hung.of_these(seen)
    count = np.bincount(hung.bone, minlength=BONES)
    found = Aligned.still(MOVED, BONES)
    for look, grey, (factor, rounds) in zip(looks, key.grey, LEVELS, strict=True):
        found = align(look, factor, hung, grey[seen], _HELD, _TRUST, found, rounds)
    low, high = ALIKE
    alike = np.clip((found.alike / np.maximum(count, 1) - low) / (high - low), 0.0, 1.0)
    believed = found.moves * _believed(alike * (count >= FEWEST))[:, None]
    return np.asarray(np.clip(believed, -MOST_PX, MOST_PX), np.float64)


def _believed(bones: Exact) -> Exact:
    """``[MOVED]``: a joint is believed as one of its limbs is; shoulders and hips as the trunk."""
    joints = np.zeros(MOVED + 4)
    np.maximum.at(joints, STARTS, bones[:TRUNK])
    np.maximum.at(joints, ENDS, bones[:TRUNK])
    joints[_TRUNK_JOINTS] = bones[TRUNK]
    return joints[:MOVED]


def _in_square(landmarks: Array, window: Window) -> Array:
    """``[33, 4]``, of a frame, in pixels of the square."""
    left, top, side = window.box
    result = landmarks.copy()
    result[:, 0] = (landmarks[:, 0] - left + 0.5) * (SIDE / side) - 0.5
    result[:, 1] = (landmarks[:, 1] - top + 0.5) * (SIDE / side) - 0.5
    result[:, 2] *= SIDE / side
    return result


def _looks(frame: Picture, window: Window) -> Looks:
    small, around = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY), window
    while around.side >= 2 * SIDE:  # far faster than to shrink all at once
        height, width = (n // 2 for n in small.shape)
        even = small[: 2 * height, : 2 * width]
        small = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
        x, y = ((c + 0.5) / 2 - 0.5 for c in (around.cx, around.cy))
        around = Window(x, y, around.side / 2)
    grey = np.asarray(crop(small, around, SIDE), np.float32)
    looks = []
    for factor, _ in LEVELS:
        size = SIDE // factor, SIDE // factor
        coarse = grey if factor == 1 else cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        looks.append(np.asarray(cv2.GaussianBlur(coarse, (5, 5), 1.0), np.float32))
    return tuple(looks)


def _read(look: Array, place: Exact, factor: int) -> Array:
    """``[m]``: a look at places ``[m, 2]`` of the square."""
    at = ((place + 0.5) / factor - 0.5).astype(np.float32)
    border = cv2.BORDER_REPLICATE
    read = cv2.remap(look, at[:, None], None, cv2.INTER_LINEAR, borderMode=border)  # type: ignore[call-overload]
    return np.asarray(read, np.float32).ravel()


def _most(bone: NDArray[np.int32], change: Array) -> NDArray[np.intp]:
    """Of each bone the pixels, at most so many, where the picture changes most."""
    order = np.argsort(-change, kind="stable")
    kept = [
        order[bone[order] == one][: PER_TRUNK if one == TRUNK else PER_BONE] for one in range(BONES)
    ]
    return np.concatenate(kept)
