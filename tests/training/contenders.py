"""Candidates that need no networks, and clips that need no files."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from tests.runtime.fakes import FakeEstimator, engines, models, street, with_person

from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Picture
from bunraku.spec.tensors import Layout
from bunraku.stream.clip.reader import ClipFrame
from bunraku.training.contender import OURS, Contender


class Picky(FakeEstimator):
    """Sees nobody whose block reaches into the picture's left quarter."""

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        if pose is None or pose.landmarks[12, 0] < picture.shape[1] / 4:
            return None
        return pose


def contender(
    name: str = OURS,
    estimator: FakeEstimator | None = None,
    options: PuppetOptions | None = None,
) -> Contender:
    """Warps a red block to where the driver's red block is."""
    seeing = estimator or FakeEstimator(size=128)
    made = models(seeing, engines(256, 128), layout=Layout(256, 128, prior=True))
    return Contender(name, Puppet(made, options))


def walk(count: int) -> list[Picture]:
    """A block that walks to the right."""
    return [with_person(street(), 60 + 12 * i, 50) for i in range(count)]


class Clips:
    """Clips by name, as pictures instead of files; stands in for ``clip_frames``."""

    def __init__(self) -> None:
        self.pictures: dict[str, list[Picture]] = {}

    def frames(self, path: Path, limit: int | None) -> Iterator[ClipFrame]:
        """The clip's first ``limit`` frames."""
        for i, picture in enumerate(self.pictures[path.stem][:limit]):
            yield ClipFrame(picture, i, i, 1, Fraction(1, 25))
