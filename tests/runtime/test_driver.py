from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
from tests.runtime.fakes import (
    SIZE,
    FakeEstimator,
    Turning,
    marked,
    puppet,
    standing,
    street,
    with_person,
)

from bunraku.runtime.arrays import Picture
from bunraku.runtime.calibration import LIFT_MAX
from bunraku.runtime.driver import LOOK_AGAIN_S, SETTLING, Driver
from bunraku.runtime.framing import pixels_per_metre
from bunraku.runtime.identity import Identity
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose import Pose
from bunraku.runtime.pose.turned import turn_picture, turn_points
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


@pytest.fixture(scope="module")
def other() -> Identity:
    return puppet().make_identity(with_person(street((200, 200)), 80, 30))[0]


class Counting(FakeEstimator):
    """Counts the stills that it is asked for: one for each calibration."""

    stills = 0

    def observe(self, picture: Picture) -> Pose | None:
        self.stills += 1
        return super().observe(picture)

    def track(self, frame: Picture, time_s: float) -> Pose | None:
        return FakeEstimator.observe(self, frame)


def test_another_photo_is_driven_at_the_next_frame(identity: Identity, other: Identity) -> None:
    estimator = Counting()
    driver = Driver(estimator, PuppetOptions(), SIZE)
    driver.locate(PHOTO, 0.0, identity)
    first = driver.window
    moved = with_person(BACKGROUND, 115, 60)
    located = driver.locate(moved, 0.1, other)
    assert located is not None
    # As far from the photo's own place as the driver from the calibration's, in bodies.
    ours = other.framing.window.to_units(other.pose.landmarks)
    assert driver.window is not None
    assert first is not None
    shift = located.landmarks[:, 0] - ours[:, 0]
    assert np.allclose(shift, 15 / driver.window.side, atol=0.01)
    assert driver.window != first
    back = driver.locate(PHOTO, 0.2, identity)
    assert back is not None
    assert driver.window == first
    assert estimator.stills == 1


class Vague(Counting):
    """Sees whom it tracks, and in stills nobody until told otherwise."""

    clear = False

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        return pose if self.clear else None


def test_it_looks_closely_only_now_and_then_until_it_is_calibrated(identity: Identity) -> None:
    estimator = Vague()
    driver = Driver(estimator, PuppetOptions(), SIZE)
    for i in range(9):
        assert driver.locate(PHOTO, 50 + LOOK_AGAIN_S * i / 4, identity) is None
    assert estimator.stills == 3
    estimator.clear = True
    assert driver.locate(PHOTO, 50 + LOOK_AGAIN_S * 9 / 4, identity) is None
    assert estimator.stills == 3
    assert driver.locate(PHOTO, 3.0, identity) is not None  # the time has begun anew


def test_a_calibration_asked_for_is_tried_at_once(identity: Identity) -> None:
    estimator = Vague()
    driver = Driver(estimator, PuppetOptions(), SIZE)
    assert driver.locate(PHOTO, 0.0, identity) is None
    estimator.clear = True
    driver.calibrate()
    assert driver.locate(PHOTO, 0.04, identity) is not None


def test_windows_of_photos_that_are_gone_are_forgotten(identity: Identity) -> None:
    driver = Driver(FakeEstimator(), PuppetOptions(), SIZE)
    passing, _ = puppet().make_identity(PHOTO)
    driver.locate(PHOTO, 0.0, passing)
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None
    assert driver.locate(PHOTO, 0.1, identity) is not None


def test_proportions_settle_whatever_photo_is_driven(identity: Identity, other: Identity) -> None:
    alone, switching = (Dancer(longer_legs(1.0)) for _ in range(2))
    drivers = [Driver(dancer, PuppetOptions(), SIZE) for dancer in (alone, switching)]
    frame = street((480, 640))
    for i in range(SETTLING):
        alone.pose = switching.pose = longer_legs(1.0 + 0.01 * (i % 5))
        drivers[0].locate(frame, 0.1 * i, identity)
        drivers[1].locate(frame, 0.1 * i, other if i % 2 else identity)
    ends = [driver.locate(frame, 9.0, identity) for driver in drivers]
    assert ends[0] is not None
    assert ends[1] is not None
    assert np.array_equal(ends[0].landmarks, ends[1].landmarks)


def test_a_calibration_holds_until_the_next_one_succeeds(identity: Identity) -> None:
    dancer = Dancer(longer_legs(1.0))
    driver = Driver(dancer, PuppetOptions(), SIZE)
    frame = street((480, 640))
    driver.locate(frame, 0.0, identity)
    first = driver.window
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    dancer.pose.landmarks[[11, 12], 3] = 0.1
    driver.calibrate()
    assert driver.locate(frame, 0.1, identity) is not None
    assert driver.window == first
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    assert driver.locate(frame, 0.1 + 1.01 * LOOK_AGAIN_S, identity) is not None
    assert driver.window != first
    driver.reset()
    assert driver.window is None


def test_resolution_and_mirror_keep_the_calibration(identity: Identity) -> None:
    estimator = Counting()
    driver = Driver(estimator, PuppetOptions(), SIZE)
    large = with_person(street((480, 640)), 400, 100, 80, 320)
    first = driver.locate(large, 0.0, identity)
    assert first is not None
    small = with_person(street((240, 320)), 200, 50, 40, 160)
    found = driver.locate(small, 0.1, identity)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)
    mirror = np.ascontiguousarray(small[:, ::-1])
    found = driver.locate(mirror, 0.2, identity, mirrored=True)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)  # the fake is symmetric
    assert estimator.stills == 1
    assert estimator.resets == 1 + 3  # the tracking starts anew each time, the first one included
    tall = np.ascontiguousarray(np.pad(small, ((0, 80), (0, 0), (0, 0))))
    assert driver.locate(tall, 0.3, identity) is not None
    assert estimator.stills == 2


FRAMES = [marked(with_person(street(), 100 + 10 * i, 60)) for i in range(4)]


@pytest.mark.parametrize("turned_deg", [90, 180, 270])
def test_a_turned_driver_drives_as_an_upright_one(identity: Identity, turned_deg: int) -> None:
    turned, upright = (Driver(Turning(), PuppetOptions(), SIZE) for _ in range(2))
    for i, frame in enumerate(FRAMES):
        wanted = upright.locate(frame, 0.1 * i, identity)
        located = turned.locate(turn_picture(frame, turned_deg), 0.1 * i, identity)
        assert located is not None
        assert wanted is not None
        assert np.array_equal(located.landmarks, wanted.landmarks)
        shown = turn_points(wanted.in_frame, turned_deg, frame.shape)
        assert np.array_equal(located.in_frame, shown)
    assert (turned.turned_deg, upright.turned_deg) == (turned_deg, 0)
    assert turned.window == upright.window


def test_who_turns_over_in_the_middle_is_not_turned_back(identity: Identity) -> None:
    driver = Driver(Turning(), PuppetOptions(), SIZE)
    driver.locate(FRAMES[0], 0.0, identity)
    located = driver.locate(turn_picture(FRAMES[0], 180), 0.1, identity)
    assert driver.turned_deg == 0
    assert located is not None
    assert located.landmarks[0, 1] > located.landmarks[31, 1]  # the head is below the feet
    driver.calibrate()
    driver.locate(turn_picture(FRAMES[0], 180), 0.2, identity)
    assert driver.turned_deg == 180
    driver.calibrate()
    driver.locate(FRAMES[0], 0.3, identity)
    assert driver.turned_deg == 0


def test_a_turned_driver_may_change_the_mirror(identity: Identity) -> None:
    driver = Driver(Turning(), PuppetOptions(), SIZE)
    frame = turn_picture(FRAMES[0], 90)
    before = driver.locate(frame, 0.0, identity)
    mirror = np.ascontiguousarray(frame[:, ::-1])
    after = driver.locate(mirror, 0.1, identity, mirrored=True)
    assert before is not None
    assert after is not None
    assert driver.turned_deg == 270
    assert after.in_frame[0, 0] == frame.shape[1] - 1 - before.in_frame[0, 0]
    assert after.landmarks[0, 1] == pytest.approx(before.landmarks[0, 1], abs=0.02)


def test_frames_that_the_user_turns_are_taken_as_they_are(identity: Identity) -> None:
    estimator = Turning()
    driver = Driver(estimator, PuppetOptions(upright=False), SIZE)
    driver.locate(turn_picture(FRAMES[0], 180), 0.0, identity)
    assert driver.turned_deg == 0
    assert estimator.stills == 1


def test_a_reset_forgets_the_turn(identity: Identity) -> None:
    driver = Driver(Turning(), PuppetOptions(), SIZE)
    driver.locate(turn_picture(FRAMES[0], 90), 0.0, identity)
    driver.reset()
    assert driver.turned_deg == 0
