"""When a driver is calibrated, for which photos that holds, and who makes it void."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.located import BACKGROUND, PHOTO, Dancer, locator_of, longer_legs
from tests.runtime.fakes import FakeEstimator, puppet, standing, street, with_person
from tests.runtime.fakes import subject as subject_of

from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.drivers.locating import LOOK_AGAIN_S, SETTLING
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Picture


@pytest.fixture(scope="module")
def other() -> LandmarkSubject:
    return subject_of(puppet().make_identity(with_person(street((200, 200)), 80, 30))[0])


class Counting(FakeEstimator):
    """Counts the stills that it is asked for: one for each calibration."""

    stills = 0

    def observe(self, picture: Picture) -> Pose | None:
        self.stills += 1
        return super().observe(picture)

    def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        return FakeEstimator.observe(self, frame)


def test_another_photo_is_driven_at_the_next_frame(
    subject: LandmarkSubject, other: LandmarkSubject
) -> None:
    estimator = Counting()
    locator = locator_of(estimator)
    locator.locate(PHOTO, 0.0, subject)
    first = locator.window
    moved = with_person(BACKGROUND, 115, 60)
    located = locator.locate(moved, 0.1, other)
    assert located is not None
    # As far from the photo's own place as the driver from the calibration's, in bodies.
    ours = other.source.landmarks
    assert locator.window is not None
    assert first is not None
    shift = located.landmarks[:, 0] - ours[:, 0]
    assert np.allclose(shift, 15 / locator.window.side, atol=0.01)
    assert locator.window != first
    back = locator.locate(PHOTO, 0.2, subject)
    assert back is not None
    assert locator.window == first
    assert estimator.stills == 1


class Vague(Counting):
    """Sees whom it tracks, and in stills nobody until told otherwise."""

    clear = False

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        return pose if self.clear else None


def test_it_looks_closely_only_now_and_then_until_it_is_calibrated(
    subject: LandmarkSubject,
) -> None:
    estimator = Vague()
    locator = locator_of(estimator)
    for i in range(9):
        assert locator.locate(PHOTO, 50 + LOOK_AGAIN_S * i / 4, subject) is None
    assert estimator.stills == 3
    estimator.clear = True
    assert locator.locate(PHOTO, 50 + LOOK_AGAIN_S * 9 / 4, subject) is None
    assert estimator.stills == 3
    assert locator.locate(PHOTO, 3.0, subject) is not None  # the time has begun anew


def test_a_calibration_asked_for_is_tried_at_once(subject: LandmarkSubject) -> None:
    estimator = Vague()
    locator = locator_of(estimator)
    assert locator.locate(PHOTO, 0.0, subject) is None
    estimator.clear = True
    locator.calibrate()
    assert locator.locate(PHOTO, 0.04, subject) is not None


def test_somebody_else_is_calibrated_anew(subject: LandmarkSubject) -> None:
    frame = street((480, 640))
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    assert locator.locate(frame, 0.0, subject) is not None
    landmarks = dancer.pose.landmarks + np.array([90.0, 0.0, 0.0, 0.0], np.float32)
    dancer.pose = replace(dancer.pose, landmarks=landmarks)
    same = locator.locate(frame, 1.0, subject)
    assert same is not None
    assert not same.calibrated
    assert abs(same.landmarks[11, 0] - subject.source.landmarks[11, 0]) > 0.1
    dancer.pose = replace(dancer.pose, person=1)
    for time_s, calibrated in ((1.04, True), (1.08, False)):
        other = locator.locate(frame, time_s, subject)
        assert other is not None
        assert other.calibrated is calibrated
        assert np.allclose(other.landmarks, subject.source.landmarks, atol=0.01)
    assert locator.person == 1


@pytest.mark.parametrize(("right", "down"), [(330.0, 0.0), (-330.0, 0.0), (0.0, 470.0)])
def test_who_has_left_but_for_an_arm_is_gone(
    subject: LandmarkSubject, right: float, down: float
) -> None:
    """What is out of the frame is guessed: heads shrink, and necks grow."""
    frame, pose = street((480, 640)), longer_legs(1.0)
    dancer = Dancer(pose)
    locator = locator_of(dancer)
    assert locator.locate(frame, 0.0, subject) is not None
    middle = pose.landmarks[[11, 12], 0].mean()
    for share in (0.0, 1.0):  # at the middle of the frame, and beyond
        dancer.pose = replace(pose, landmarks=pose.landmarks.copy())
        dancer.pose.landmarks[:, :2] += (320.0 - middle + share * right, share * down)
        located = locator.locate(frame, 1.0 + share, subject)
        assert (located is None) == bool(share)


def test_windows_of_photos_that_are_gone_are_forgotten(subject: LandmarkSubject) -> None:
    locator = locator_of(FakeEstimator())
    passing = subject_of(puppet().make_identity(PHOTO)[0])
    locator.locate(PHOTO, 0.0, passing)
    gone = weakref.ref(passing)
    del passing
    gc.collect()
    assert gone() is None
    assert locator.locate(PHOTO, 0.1, subject) is not None


def test_proportions_settle_whatever_photo_is_driven(
    subject: LandmarkSubject, other: LandmarkSubject
) -> None:
    alone, switching = (Dancer(longer_legs(1.0)) for _ in range(2))
    locators = [locator_of(dancer) for dancer in (alone, switching)]
    frame = street((480, 640))
    for i in range(SETTLING):
        alone.pose = switching.pose = longer_legs(1.0 + 0.01 * (i % 5))
        locators[0].locate(frame, 0.1 * i, subject)
        locators[1].locate(frame, 0.1 * i, other if i % 2 else subject)
    ends = [locator.locate(frame, 9.0, subject) for locator in locators]
    assert ends[0] is not None
    assert ends[1] is not None
    assert np.array_equal(ends[0].landmarks, ends[1].landmarks)


def test_a_calibration_holds_until_the_next_one_succeeds(subject: LandmarkSubject) -> None:
    dancer = Dancer(longer_legs(1.0))
    locator = locator_of(dancer)
    frame = street((480, 640))
    locator.locate(frame, 0.0, subject)
    first = locator.window
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    dancer.pose.landmarks[[11, 12], 3] = 0.1
    locator.calibrate()
    assert locator.locate(frame, 0.1, subject) is not None
    assert locator.window == first
    dancer.pose = standing(60.0, 160.0, 300.0, (480, 640))
    assert locator.locate(frame, 0.1 + 1.01 * LOOK_AGAIN_S, subject) is not None
    assert locator.window != first
    locator.reset()
    assert locator.window is None


def test_resolution_and_mirror_keep_the_calibration(subject: LandmarkSubject) -> None:
    estimator = Counting()
    locator = locator_of(estimator)
    large = with_person(street((480, 640)), 400, 100, 80, 320)
    first = locator.locate(large, 0.0, subject)
    assert first is not None
    small = with_person(street((240, 320)), 200, 50, 40, 160)
    found = locator.locate(small, 0.1, subject)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)
    mirror = np.ascontiguousarray(small[:, ::-1])
    found = locator.locate(mirror, 0.2, subject, mirrored=True)
    assert found is not None
    assert np.allclose(found.landmarks, first.landmarks, atol=0.01)  # the fake is symmetric
    assert estimator.stills == 1
    assert estimator.resets == 1 + 3  # the tracking starts anew each time, the first one included
    tall = np.ascontiguousarray(np.pad(small, ((0, 80), (0, 0), (0, 0))))
    assert locator.locate(tall, 0.3, subject) is not None
    assert estimator.stills == 2
