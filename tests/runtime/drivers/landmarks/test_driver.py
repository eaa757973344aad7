from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import SIZE, FakeEstimator, puppet, street, with_person
from tests.runtime.fakes import subject as subject_of

from bunraku.runtime.drivers.landmarks.driver import LandmarkDriver
from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.parts import ALL_PARTS, Part
from bunraku.spec.arrays import Array

PHOTO = with_person(street(), 100, 60)


@pytest.fixture(scope="module")
def subject() -> LandmarkSubject:
    return subject_of(puppet().make_identity(PHOTO)[0])


def driver_of(estimator: FakeEstimator, options: PuppetOptions | None = None) -> LandmarkDriver:
    """A driver to which one fake is all networks."""
    return LandmarkDriver(estimator, estimator, options)


def test_a_frame_becomes_a_surface_with_hints(subject: LandmarkSubject) -> None:
    frame = with_person(street((480, 640)), 400, 100, 80, 320)
    driver = driver_of(FakeEstimator())
    driving = driver.follow(frame, 0.1, subject)
    assert driving is not None
    assert driving.surface.shape == (1, 73, SIZE, SIZE)
    assert driving.landmarks is not None
    assert driving.landmarks[11, 0] > 400  # in pixels of the frame
    assert driving.hints.head is not None
    assert driver.window is not None
    driver.reset()
    assert driver.window is None
    without = driver_of(FakeEstimator(), PuppetOptions(head=False)).follow(frame, 0.0, subject)
    assert without is not None
    assert without.hints.head is None


def test_nobody_drives_nothing(subject: LandmarkSubject) -> None:
    assert driver_of(FakeEstimator()).follow(street(), 0.0, subject) is None


def test_the_iuv_net_is_told_the_outline_only_when_asked_for(subject: LandmarkSubject) -> None:
    told: list[Array | None] = []

    class Told(FakeEstimator):
        def surface(self, landmarks: Array, mask: Array | None) -> Array:
            told.append(mask)
            return super().surface(landmarks, mask)

    for wanted in (False, True):
        driver = driver_of(Told(), PuppetOptions(driving_iuv_mask=wanted))
        assert driver.follow(PHOTO, 0.0, subject) is not None
    assert told[0] is None
    located = driver.locator.locate(PHOTO, 0.0, subject)
    assert located is not None
    assert told[1] is not None
    assert located.mask is not None
    assert np.array_equal(told[1], located.mask)


def test_parts_that_do_not_follow_are_the_photos(subject: LandmarkSubject) -> None:
    told: list[Array] = []

    class Told(FakeEstimator):
        def surface(self, landmarks: Array, mask: Array | None) -> Array:
            told.append(landmarks)
            return super().surface(landmarks, mask)

    frame = with_person(street((480, 640)), 400, 100, 80, 320)
    driver = driver_of(Told())
    driver.set_parts(frozenset({Part.FACE, Part.HANDS}))
    driver.follow(frame, 0.0, subject)
    assert np.allclose(told[0], subject.source.landmarks, atol=1e-6)
    driver.set_parts(ALL_PARTS)
    frame = with_person(street((480, 640)), 430, 100, 80, 320)
    driver.follow(frame, 0.1, subject)
    driver.follow(frame, 0.5, subject)
    located = driver.locator.locate(frame, 0.5, subject)
    assert located is not None
    assert np.array_equal(told[2], located.landmarks)
    gone = [float(np.abs(one - told[0]).max()) for one in told]
    assert 0.0 < gone[1] < gone[2]
