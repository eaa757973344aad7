"""Scenes in the making: one person in a window that stands still.

The window is the one in which a photo of the person would be animated (``source_framing`` of the
scene's first frame), so that what is learned is what is asked for later. A scene ends at a cut,
where the person is lost for long or leaves the window, or when enough was seen; the next frame
begins another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.pose import Pose
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
OTHERS = 0.1
"""Share of others in a pixel from which on it is theirs."""
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
    others: NDArray[np.bool_] | None = None
    """``[256, 256]``: where somebody else who is followed stands; None for nowhere."""


@dataclass(frozen=True, eq=False)
class Scene:
    """One person, seen by a window that stands still."""

    half: bool
    """Whether the picture's lower edge cuts the person."""
    shots: list[Shot]
    people: int = 1
    """How many its first frame shows."""
    first: bool = True
    """Whether this is the largest of them."""


@dataclass(eq=False)
class _Open:
    """A scene in the making."""

    framing: Framing
    shape: tuple[int, ...]
    seen_s: float
    strayed: int = 0
    shots: list[Shot] = field(default_factory=list)
    fine: list[float] = field(default_factory=list)
    """How sharp each shot is."""


class Track:
    """One person of a clip.

    Args:
        tracker: follows the person.
        networks: what else looks.
        mapping: gives the IUV maps.
        limits: what is asked of frames.
        dropped: counts the frames that are left out.
        first: whether this is the largest of them.
    """

    def __init__(
        self,
        tracker: Tracker,
        networks: Networks,
        mapping: Mapping,
        limits: Limits,
        dropped: Counter[Drop],
        first: bool = True,
    ) -> None:
        self._tracker = tracker
        self._segmenter = networks.segmenter
        self._mapping = mapping
        self._limits = limits
        self._dropped = dropped
        self.people = 1
        """How many there are in all."""
        self._first = first
        self._scene: _Open | None = None
        self._box: Box | None = None

    @property
    def open(self) -> bool:
        """Whether a scene is being made."""
        return self._scene is not None

    def see(self, frame: Frame) -> Pose | None:
        """The person in a frame; None where they are lost."""
        pose = self._tracker.track(frame.picture, frame.time_s, mask=True)
        if pose is None:
            return None
        if self._box is None or overlap(box_of(pose, frame.picture), self._box) < STEADY:
            # The tracker looks where the person was: who moved far is cut off there at first.
            pose = self._tracker.track(frame.picture, frame.time_s, mask=True)
        return pose

    def take(
        self, frame: Frame, pose: Pose | None, cut: bool, beside: Array | None = None
    ) -> Iterator[Scene]:
        """Take in a frame; gives the scene that ends with it, if it is worth anything.

        Args:
            frame: the next one.
            pose: of the person; None where they are lost.
            cut: whether the film was cut before it.
            beside: share of others in each pixel of the frame, ``[H, W]``; None for nobody.
        """
        if self._is_cut(frame, pose, cut):
            self._dropped[Drop.CUT] += 1
            yield from self.end()
            return
        reason = self._look(frame, pose, beside)
        if reason is not None:
            self._dropped[reason] += 1
        if self._is_over(frame.time_s):
            yield from self.end()

    def end(self) -> Iterator[Scene]:
        """The scene at hand, if it is worth anything."""
        scene, self._scene, self._box = self._scene, None, None
        if scene is None or not scene.shots:
            return
        unsharp = blurred(scene.fine, self._limits)
        shots = list(compress(scene.shots, (not fault for fault in unsharp)))
        self._dropped[Drop.BLURRED] += len(scene.shots) - len(shots)
        if len(shots) < self._limits.fewest:
            self._dropped[Drop.SHORT] += len(shots)
            return
        yield Scene(scene.framing.half, shots, self.people, self._first)

    def _is_cut(self, frame: Frame, pose: Pose | None, cut: bool) -> bool:
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

    def _look(self, frame: Frame, pose: Pose | None, beside: Array | None) -> Drop | None:
        """Take a frame into the scene, or say why not."""
        if pose is None:
            return Drop.LOST
        box, shape = box_of(pose, frame.picture), frame.picture.shape
        if person_height(box) < self._limits.smallest_px:
            return Drop.SMALL
        scene = self._scene
        if scene is None:
            framing = source_framing(pose, (shape[0], shape[1]))
            scene = self._scene = _Open(framing, shape, frame.time_s)
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
        others = None if beside is None else np.asarray(crop(beside, window, SIZE)) > OTHERS
        scene.shots.append(Shot(frame.index, picture, mask, landmarks, yaw_of(pose), iuv, others))
        scene.fine.append(sharpness(picture, mask))
        return None

    def _mask(self, window: Picture, pose: Pose, picture: Picture, framing: Framing) -> Array:
        body = crop(body_mask(pose, picture.shape[:2]), framing.window, SIZE)
        segmenter = self._segmenter if framing.half else None
        finer = None if segmenter is None else segmenter.segment(window)
        landmarks = framing.window.to_units(pose.landmarks)
        mask = person_mask(window, np.asarray(body, np.float32), finer, framing.half, landmarks)
        return mask * shown(framing.window, picture.shape, SIZE)

    def _is_over(self, time_s: float) -> bool:
        scene = self._scene
        return scene is not None and (
            len(scene.shots) >= MOST or scene.strayed >= STRAYED or time_s - scene.seen_s > LOST_S
        )


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
