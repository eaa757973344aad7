"""Keypoints of pictures, for AKD and MKR: the pose networks look at each picture by itself."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose import PoseNetworks, PoseTracker
from bunraku.spec.arrays import Array, Picture


@dataclass(frozen=True, eq=False)
class Seen:
    """The person in a picture."""

    landmarks: Array
    """[33, 4]: x, y in pixels, z, visibility."""
    mask: Array | None
    """[H, W] in [0, 1], where it was asked for."""


class JudgeKind(StrEnum):
    """Which network finds keypoints for AKD and MKR."""

    POSE = "pose"
    """The one that also drives."""
    MOVENET = "movenet"
    """Another one, of another family (`bunraku fetch --judge`)."""


class Judge(Protocol):
    """Finds the person in a picture."""

    def look(self, picture: Picture, mask: bool = False) -> Seen | None:
        """The largest person of an HWC uint8 picture; None if there is nobody."""


class PoseJudge:
    """The pose networks that also drive, but on stills: no tracking, no smoothing.

    It is the judge of its own work's input: what it takes for granted in a true frame, such as a
    back for a front, it will not hold against the generated one.

    Raises:
        FetchError: the pose networks have not been fetched yet.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._tracker = PoseTracker.load(
            PoseNetworks.find(), EngineFactory(threads=threads or 1), smooth=False
        )

    def look(self, picture: Picture, mask: bool = False) -> Seen | None:
        pose = self._tracker.observe(picture, mask=mask)
        return None if pose is None else Seen(pose.landmarks, pose.mask)


class Keypoints(Protocol):
    """Finds the keypoints that AKD and MKR are of, in place of a judge's own."""

    def find(self, picture: Picture) -> Array | None:
        """``[33, 4]``: x, y in pixels, z, visibility; None if there is nobody."""


def load_keypoints(kind: JudgeKind, threads: int | None = None) -> Keypoints | None:
    """Who finds keypoints; None: the judge itself.

    Raises:
        FetchError: its network has not been fetched yet.
    """
    if kind is JudgeKind.POSE:
        return None
    from bunraku.training.movenet import MoveNetJudge

    return MoveNetJudge(threads)
