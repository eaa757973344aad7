"""A photo, and drivers of the test's choosing."""

from __future__ import annotations

from tests.runtime.fakes import SIZE, FakeEstimator, standing, street, with_person

from bunraku.runtime.drivers.locating import Locator
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Picture

BACKGROUND = street()
PHOTO = with_person(BACKGROUND, 100, 60)


def locator_of(estimator: FakeEstimator, options: PuppetOptions | None = None) -> Locator:
    """A locator to which one fake is all networks."""
    return Locator(estimator, SIZE, options)


class Dancer(FakeEstimator):
    """Whatever the picture, a person in a pose of the test's choosing."""

    def __init__(self, pose: Pose) -> None:
        super().__init__()
        self.pose = pose

    def observe(self, picture: Picture) -> Pose | None:
        return self.pose


def longer_legs(factor: float) -> Pose:
    pose = standing(60.0, 160.0, 119.5, (480, 640))
    for points in (pose.landmarks, pose.world):
        hips = points[[23, 24], 1].mean()
        points[25:, 1] = hips + (points[25:, 1] - hips) * factor
    return pose
