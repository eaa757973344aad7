"""Clips of a red block that is a person, and networks that find it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image
from tests.runtime.fakes import FakeEstimator, red, street, with_person

from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.networks import PoseModel
from bunraku.spec.arrays import Picture
from bunraku.training.people.records import IUV_SIZE
from bunraku.training.prepare.networks import Networks

VERSIONS = {"pose.onnx": "aa", "iuv.onnx": "bb"}


def load(pose: PoseModel, iuv: str, surface: int = IUV_SIZE) -> Networks:
    """Networks without networks; a module's, so that other processes find it."""
    seeing = FakeEstimator(size=surface)
    return Networks(seeing, seeing, versions=VERSIONS)


@dataclass
class Crowd(FakeEstimator):
    """Sees several red blocks: follows the largest, or the one that it began with."""

    at: float | None = None
    """The column where the person was last."""

    def count(self, picture: Picture) -> int:
        return len(self._everybody(picture))

    def tell_apart(self, picture: Picture, person: Pose) -> tuple[Pose, list[Pose]]:
        largest, *others = self._everybody(picture)
        return largest, others

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        self.tracked.append(time_s)
        people = self._everybody(frame)
        if self.at is not None:
            people.sort(key=lambda pose: abs(_middle(pose) - (self.at or 0.0)))
        if not people:
            return None
        self.at = _middle(people[0])
        return people[0]

    def beside(self, picture: Picture, person: Pose) -> Crowd:
        return Crowd(size=self.size, at=_middle(person))

    def _everybody(self, picture: Picture) -> list[Pose]:
        """The largest first."""
        count, names, stats, _ = cv2.connectedComponentsWithStats(red(picture).astype(np.uint8))
        order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
        alone = (np.where((names == i)[..., None], picture, 0).astype(np.uint8) for i in order)
        return [pose for pose in map(self.observe, alone) if pose is not None]


def _middle(pose: Pose) -> float:
    return float(pose.landmarks[0, 0])


def walk(frames: int, first: int = 120, step: int = 2) -> list[Picture]:
    """A person of 160 rows and 40 columns who goes to the right."""
    return [with_person(street(), first + step * i, 40) for i in range(frames)]


def empty(frames: int) -> list[Picture]:
    """The street without anybody."""
    return [street()] * frames


def write_film(path: Path, pictures: Sequence[Picture], fps: int = 10) -> Path:
    """A film without loss; the pictures are of one size."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=fps)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "bgr0"
        for pts, picture in enumerate(pictures):
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = pts, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_pictures(folder: Path, pictures: Sequence[Picture]) -> Path:
    """A clip as a folder of PNG files: 0.png, 1.png, …"""
    folder.mkdir(parents=True)
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(folder / f"{index}.png")
    return folder


def iuv_of(picture: Picture, part: int = 2) -> Picture:
    """The official IUV image of such a picture, as RGB: blue is the part, U runs to the right and V
    down."""
    rows, columns = np.nonzero(red(picture))
    image = np.zeros_like(picture)
    image[rows, columns, 2] = part
    image[rows, columns, 1] = 1 + (columns - columns.min()) * 6
    image[rows, columns, 0] = 1 + (rows - rows.min()) * 254 // 160
    return image
