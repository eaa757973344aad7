"""Scenes: one person followed through a clip, in a window that stands still.

The window is the one in which a photo of the person would be animated (``source_framing`` of the
scene's first frame), so that what is learned is what is asked for later. A scene ends at a cut,
where the person is lost for long or leaves the window, or when enough was seen; the next frame
begins another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.cuts import Cuts
from bunraku.runtime.source.framing import Framing, source_framing
from bunraku.runtime.source.mask import person_mask
from bunraku.runtime.source.source import body_mask
from bunraku.runtime.source.window import Window, crop
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from bunraku.training.people.records import SIZE
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import (
    SAME,
    STEADY,
    Box,
    Drop,
    Limits,
    blurred,
    box_of,
    inside,
    is_sound,
    overlap,
    person_height,
    sharpness,
)
from bunraku.training.prepare.surfaces import Mapping

MOST = 240
"""Frames of a scene, which is in memory as a whole."""
LOST_S = 1.0
"""So long a person may be lost and still be the same."""
STRAYED = 5
"""Frames out of the window, one after the other, after which another window is framed."""


@dataclass(frozen=True, eq=False)
class Shot:
    """One frame of a scene, in its window."""

    index: int
    """Of the frame in its clip."""
    picture: Picture
    """``[256, 256, 3]``."""
    mask: Array
    """``[256, 256]`` in [0, 1]."""
    landmarks: Array
    """``[33, 4]`` in window units."""
    yaw: float
    """Radians, 0 for somebody who faces the camera, positive to the person's own right."""
    iuv: NDArray[np.uint8]
    """``[n, n, 3]``, n the side of the surfaces."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One person, seen by a window that stands still."""

    half: bool
    """Whether the picture's lower edge cuts the person."""
    shots: list[Shot]
    people: int = 1
    """How many its first frame shows; the largest is this one."""


@dataclass(eq=False)
class _Open:
    """A scene in the making."""

    framing: Framing
    people: int
    shape: tuple[int, ...]
    seen_s: float
    strayed: int = 0
    shots: list[Shot] = field(default_factory=list)
    fine: list[float] = field(default_factory=list)
    """How sharp each shot is."""


class Follower:
    """Follows the person of one clip.

    Args:
        networks: their tracker is reset.
        mapping: gives the IUV maps.
        limits: what is asked of frames.
    """

    def __init__(self, networks: Networks, mapping: Mapping, limits: Limits) -> None:
        self._networks = networks
        self._mapping = mapping
        self._limits = limits
        self._cuts = Cuts()
        self._scene: _Open | None = None
        self._box: Box | None = None
        self.read = 0
        """Frames looked at."""
        self.dropped: Counter[Drop] = Counter()
        """Frames left out."""
        networks.tracker.reset()

    def scenes(self, frames: Iterable[Frame]) -> Iterator[Scene]:
        """Look at all frames of the clip; each scene is given when it has ended.

        Raises:
            ClipError: the clip cannot be read.
            InputError: its IUV images cannot be its own.
            EngineError: a network failed.
        """
        for frame in frames:
            self.read += 1
            pose = self._see(frame)
            if self._is_cut(frame, pose):
                self.dropped[Drop.CUT] += 1
                yield from self._end()
                continue
            reason = self._look(frame, pose)
            if reason is not None:
                self.dropped[reason] += 1
            if self._is_over(frame.time_s):
                yield from self._end()
        yield from self._end()

    def _see(self, frame: Frame) -> Pose | None:
        tracker = self._networks.tracker
        pose = tracker.track(frame.picture, frame.time_s, mask=True)
        if pose is None:
            return None
        if self._box is None or overlap(box_of(pose, frame.picture), self._box) < STEADY:
            # The tracker looks where the person was: who moved far is cut off there at first.
            pose = tracker.track(frame.picture, frame.time_s, mask=True)
        return pose

    def _is_cut(self, frame: Frame, pose: Pose | None) -> bool:
        cut = self._cuts(frame.picture)
        last = self._box
        if pose is not None:
            self._box = box_of(pose, frame.picture)
        scene = self._scene
        if scene is None:
            return cut
        if frame.picture.shape != scene.shape:
            return True
        jumped = last is not None and self._box is not None and overlap(self._box, last) < SAME
        return cut or (jumped and frame.time_s - scene.seen_s < LOST_S)

    def _look(self, frame: Frame, pose: Pose | None) -> Drop | None:
        """Take a frame into the scene, or say why not."""
        if pose is None:
            return Drop.LOST
        box, shape = box_of(pose, frame.picture), frame.picture.shape
        if person_height(box) < self._limits.smallest_px:
            return Drop.SMALL
        scene = self._scene
        if scene is None:
            framing = source_framing(pose, (shape[0], shape[1]))
            people = self._networks.tracker.count(frame.picture)
            scene = self._scene = _Open(framing, people, shape, frame.time_s)
        window = scene.framing.window
        scene.seen_s = frame.time_s
        if not inside(box, window):
            scene.strayed += 1
            return Drop.OUTSIDE
        scene.strayed = 0
        picture = np.asarray(crop(frame.picture, window, SIZE), np.uint8)
        mask = self._mask(picture, pose, frame.picture, scene.framing)
        landmarks = window.to_units(pose.landmarks)
        if not is_sound(landmarks, mask):
            return Drop.LOST
        iuv = self._mapping.map(frame, window, landmarks, mask)
        if iuv is None:
            return Drop.IUV
        scene.shots.append(Shot(frame.index, picture, mask, landmarks, yaw_of(pose), iuv))
        scene.fine.append(sharpness(picture, mask))
        return None

    def _mask(self, window: Picture, pose: Pose, picture: Picture, framing: Framing) -> Array:
        body = crop(body_mask(pose, picture.shape[:2]), framing.window, SIZE)
        segmenter = self._networks.segmenter if framing.half else None
        finer = None if segmenter is None else segmenter.segment(window)
        landmarks = framing.window.to_units(pose.landmarks)
        mask = person_mask(window, np.asarray(body, np.float32), finer, framing.half, landmarks)
        return mask * shown(framing.window, picture.shape, SIZE)

    def _is_over(self, time_s: float) -> bool:
        scene = self._scene
        return scene is not None and (
            len(scene.shots) >= MOST or scene.strayed >= STRAYED or time_s - scene.seen_s > LOST_S
        )

    def _end(self) -> Iterator[Scene]:
        """The scene at hand, if it is worth anything."""
        scene, self._scene, self._box = self._scene, None, None
        if scene is None or not scene.shots:
            return
        unsharp = blurred(scene.fine, self._limits)
        shots = list(compress(scene.shots, (not fault for fault in unsharp)))
        self.dropped[Drop.BLURRED] += len(scene.shots) - len(shots)
        if len(shots) < self._limits.fewest:
            self.dropped[Drop.SHORT] += len(shots)
            return
        yield Scene(scene.framing.half, shots, scene.people)


def shown(window: Window, shape: tuple[int, ...], size: int) -> Array:
    """Where a window is in the picture, ``[size, size]`` in {0, 1}: beyond, its border goes on, and
    nobody is there who touches it.

    Args:
        window: in pixels of a picture ``[H, W, …]`` of this shape.
        shape: the picture's.
        size: side of the result.
    """
    left, top, side = window.box
    steps = (np.arange(size) + 0.5) * (side / size)
    columns, rows = left + steps, top + steps
    across = (columns >= 0) & (columns < shape[1])
    down = (rows >= 0) & (rows < shape[0])
    return (down[:, None] & across[None, :]).astype(np.float32)


def yaw_of(pose: Pose) -> float:
    """How far a person is turned, by the line through shoulders and hips; see ``Shot.yaw``."""
    left = pose.world[[LEFT_SHOULDER, LEFT_HIP]].mean(0)
    right = pose.world[[RIGHT_SHOULDER, RIGHT_HIP]].mean(0)
    x, _, z = left - right
    # Who turns to the right brings the left shoulder towards the camera, where z is negative.
    return float(np.arctan2(-z, x))
