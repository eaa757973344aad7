"""The people of a clip, each followed by a tracker of their own.

The largest is always followed. Who stands beside them as a scene of theirs begins is followed too,
until that person's own scene ends; who is found by two trackers is the larger one's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from bunraku.runtime.drivers.locating import Tracker
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.cuts import Cuts
from bunraku.runtime.pose.turned import observe_upright, turn_picture, upright_by
from bunraku.spec.arrays import Array, Picture
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.networks import Networks
from bunraku.training.prepare.quality import Drop, Limits, box_of, overlap, person_height
from bunraku.training.prepare.scenes import Scene, Track
from bunraku.training.prepare.surfaces import Mapping

MOST = 4
"""People of a clip who are followed at once."""
ONE_PERSON = 0.7
"""Overlap of the boxes of two people, from which on it is one."""


class Follower:
    """Follows the people of one clip.

    Args:
        networks: their tracker is reset.
        mapping: gives the IUV maps.
        limits: what is asked of frames.
        most: at most so many people at once; 1: the largest alone.
        upright: turn a clip whose largest person lies or hangs, once, as ``animate`` turns a
            driver's; else frames are taken as they are.
    """

    def __init__(
        self,
        networks: Networks,
        mapping: Mapping,
        limits: Limits,
        most: int = MOST,
        *,
        upright: bool = True,
    ) -> None:
        self._networks = networks
        self._mapping = mapping
        self._limits = limits
        self._most = most
        self._cuts = Cuts()
        self.read = 0
        """Frames looked at, each once for everybody who is followed in it."""
        self.dropped: Counter[Drop] = Counter()
        """Of these, those left out."""
        self.turned_deg = 0
        """How far the largest person was turned from upright in the clip, clockwise."""
        self._wanted_upright = upright
        networks.tracker.reset()
        self._largest = self._track(networks.tracker, first=True)
        self._beside: list[Track] = []

    def scenes(self, frames: Iterable[Frame]) -> Iterator[Scene]:
        """Look at all frames of the clip; each scene is given when it has ended.

        Raises:
            ClipError: the clip cannot be read.
            InputError: its IUV images cannot be its own.
            EngineError: a network failed.
        """
        for given in frames:
            frame = self._upright(given)
            cut = self._cuts(frame.picture)
            tracks = [self._largest, *self._beside]
            poses = _different([track.see(frame) for track in tracks])
            if not cut and not self._largest.open:
                poses = self._look_around(frame.picture, poses)
            tracks = [self._largest, *self._beside]
            self.read += len(tracks)
            for at, (track, pose) in enumerate(zip(tracks, _apart(poses), strict=True)):
                yield from track.take(frame, pose, cut, _all_but(poses, at))
            self._beside = [track for track in self._beside if track.open]
        for track in (self._largest, *self._beside):
            yield from track.end()

    def _upright(self, frame: Frame) -> Frame:
        """The frame, turned as the first one in which somebody is found asks for."""
        if self._wanted_upright:
            found = observe_upright(frame.picture, self._networks.tracker.observe)
            if found is not None:
                self.turned_deg, self._wanted_upright = found.turned_deg, False
        if not self.turned_deg:
            return frame
        return replace(frame, picture=turn_picture(frame.picture, upright_by(self.turned_deg)))

    def _look_around(self, picture: Picture, poses: list[Pose | None]) -> list[Pose | None]:
        """Follow who stands beside the largest too, as far as they are not followed yet.

        Args:
            picture: in which a scene of the largest begins.
            poses: of who is followed, the largest first.

        Returns:
            The same, the largest by a mask that goes over to others less, and of the new ones.
        """
        largest, tracker = poses[0], self._networks.tracker
        if largest is None or self._is_small(largest, picture):
            return poses
        self._largest.people = tracker.count(picture)
        if self._largest.people < 2 or self._most < 2:
            return poses
        person, others = tracker.tell_apart(picture, largest)
        found = [person, *poses[1:]]
        for other in others:
            seen = other.mask is not None and (other.mask > 0.5).any()
            known = any(pose is not None and _is_one(other, pose) for pose in found)
            if not seen or known or self._is_small(other, picture) or len(found) >= self._most:
                continue
            found.append(other)
            self._beside.append(self._track(tracker.beside(picture, other), first=False))
            self._beside[-1].people = self._largest.people
        return found

    def _is_small(self, pose: Pose, picture: Picture) -> bool:
        return person_height(box_of(pose, picture)) < self._limits.smallest_px

    def _track(self, tracker: Tracker, *, first: bool) -> Track:
        return Track(tracker, self._networks, self._mapping, self._limits, self.dropped, first)


def _different(poses: Sequence[Pose | None]) -> list[Pose | None]:
    """The same without those who were found by somebody larger's tracker as well."""
    found: list[Pose | None] = []
    for pose in poses:
        twice = pose is not None and any(_is_one(pose, other) for other in found if other)
        found.append(None if twice else pose)
    return found


def _is_one(pose: Pose, other: Pose) -> bool:
    """Whether two poses are one person's, by their joints: masks go over to who stands close."""
    boxes = [(*p.landmarks[:, :2].min(0), *p.landmarks[:, :2].max(0)) for p in (pose, other)]
    return overlap(boxes[0], boxes[1]) >= ONE_PERSON


def _all_but(poses: Sequence[Pose | None], at: int) -> Array | None:
    """Share of all but one in each pixel, ``[H, W]``; None where nobody else is seen."""
    masks = [
        p.mask for i, p in enumerate(poses) if i != at and p is not None and p.mask is not None
    ]
    return np.maximum.reduce(masks) if masks else None


def _apart(poses: Sequence[Pose | None]) -> list[Pose | None]:
    """Masks that leave out what is more another's: they go over to who stands close."""
    parted: list[Pose | None] = []
    for at, pose in enumerate(poses):
        others = _all_but(poses, at)
        if pose is not None and pose.mask is not None and others is not None:
            pose = replace(pose, mask=np.where(pose.mask >= others, pose.mask, np.float32(0.0)))
        parted.append(pose)
    return parted
