from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import SIZE, FakeEstimator, puppet, standing, street, with_person

from bunraku.runtime.arrays import Picture
from bunraku.runtime.calibration import LIFT_MAX
from bunraku.runtime.driver import SETTLING, Driver
from bunraku.runtime.framing import pixels_per_metre
from bunraku.runtime.identity import Identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.skeleton import Bone

BACKGROUND = street()
PHOTO = with_person(BACKGROUND, 100, 60)


@pytest.fixture(scope="module")
def identity() -> Identity:
    p = puppet()
    p.set_source(PHOTO)
    return p.identity


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


def test_the_driver_stands_where_the_source_does(identity: Identity) -> None:
    driver = Driver(FakeEstimator(), PuppetOptions(), SIZE)
    frame = with_person(street((480, 640)), 400, 100, 80, 320)
    located = driver.locate(frame, 0.0, identity)
    assert located is not None
    ours = identity.framing.window.to_units(identity.pose.landmarks)
    assert np.allclose(located.landmarks, ours, atol=0.01)
    assert located.mask is None
    assert driver.densepose(located).densepose.shape == (1, 73, SIZE, SIZE)


def test_the_driver_has_the_sources_legs(identity: Identity) -> None:
    frame = street((480, 640))
    heights = []
    for retarget in (True, False):
        driver = Driver(Dancer(longer_legs(1.25)), PuppetOptions(retarget=retarget), SIZE)
        located = driver.locate(frame, 0.0, identity)
        assert located is not None
        heights.append(float(np.ptp(located.landmarks[:, 1])))
    ours = identity.framing.window.to_units(identity.pose.landmarks)
    assert heights[0] == pytest.approx(float(np.ptp(ours[:, 1])), rel=0.02)
    assert heights[1] > 1.1 * heights[0]


def test_the_driver_stands_on_the_sources_ground(identity: Identity) -> None:
    ours = identity.framing.window.to_units(identity.pose.landmarks)
    for factor in (1.08, 0.94):  # of the legs' length, not re-targeted
        driver = Driver(Dancer(longer_legs(factor)), PuppetOptions(retarget=False), SIZE)
        located = driver.locate(street((480, 640)), 0.0, identity)
        assert located is not None
        assert located.landmarks[:, 1].max() == pytest.approx(ours[:, 1].max(), abs=1e-3)
    airborne = longer_legs(1.0)
    airborne.world[25:, 1] -= 60.0 / pixels_per_metre(airborne)
    airborne.landmarks[25:, 1] -= 60.0
    driver = Driver(Dancer(airborne), PuppetOptions(retarget=False), SIZE)
    located = driver.locate(street((480, 640)), 0.0, identity)
    assert located is not None
    shift = located.landmarks[[11, 12], 1].mean() - ours[[11, 12], 1].mean()
    assert shift == pytest.approx(LIFT_MAX, abs=1e-3)  # no more than that


def test_proportions_settle_over_the_first_frames(identity: Identity) -> None:
    dancer = Dancer(longer_legs(1.0))
    driver = Driver(dancer, PuppetOptions(), SIZE)
    frame = street((480, 640))
    driver.locate(frame, 0.0, identity)
    dancer.pose = longer_legs(1.2)
    tall = []
    for i in range(SETTLING + 20):
        located = driver.locate(frame, 0.1 * (i + 1), identity)
        assert located is not None
        tall.append(float(np.ptp(located.landmarks[:, 1])))
    assert tall[0] > tall[SETTLING - 2]  # believed more and more
    assert tall[SETTLING] == tall[-1]  # then fixed


def test_a_driver_without_hips_is_matched_by_the_shoulders(identity: Identity) -> None:
    shape = (240, 320)
    pose = standing(40.0, 640.0, 160.0, shape)  # hips at 340, beyond the frame
    driver = Driver(Dancer(pose), PuppetOptions(), SIZE)
    located = driver.locate(street(shape), 0.0, identity)
    assert located is not None
    assert identity.framing.unit is Bone.TORSO
    ours = identity.framing.window.to_units(identity.pose.landmarks)
    assert np.allclose(located.landmarks[[11, 12], :2], ours[[11, 12], :2], atol=0.01)


def test_nobody_and_nobody_clearly_are_lost(identity: Identity) -> None:
    driver = Driver(FakeEstimator(), PuppetOptions(), SIZE)
    assert driver.locate(BACKGROUND, 0.0, identity) is None
    pose = standing(60.0, 160.0, 119.5, (240, 320))
    pose.landmarks[[11, 12], 3] = 0.1
    vague = Driver(Dancer(pose), PuppetOptions(), SIZE)
    assert vague.locate(BACKGROUND, 0.0, identity) is None
    assert vague.window is None  # not calibrated on that


def test_the_drivers_outline_is_used_only_when_asked_for(identity: Identity) -> None:
    driver = Driver(FakeEstimator(), PuppetOptions(driving_iuv_mask=True), SIZE)
    located = driver.locate(PHOTO, 0.0, identity)
    assert located is not None
    assert located.mask is not None
    assert located.mask.shape == (SIZE, SIZE)
    assert 0.02 < located.mask.mean() < 0.5
    assert driver.densepose(located).mask is located.mask
