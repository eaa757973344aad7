"""A driver whose camera lies on its side, or stands on its head."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.located import locator_of
from tests.runtime.fakes import Turning, marked, street, with_person

from bunraku.runtime.drivers.landmarks.subject import LandmarkSubject
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose.turned import turn_picture, turn_points

FRAMES = [marked(with_person(street(), 100 + 10 * i, 60)) for i in range(4)]


@pytest.mark.parametrize("turned_deg", [90, 180, 270])
def test_a_turned_driver_drives_as_an_upright_one(
    subject: LandmarkSubject, turned_deg: int
) -> None:
    turned, upright = (locator_of(Turning()) for _ in range(2))
    for i, frame in enumerate(FRAMES):
        wanted = upright.locate(frame, 0.1 * i, subject)
        located = turned.locate(turn_picture(frame, turned_deg), 0.1 * i, subject)
        assert located is not None
        assert wanted is not None
        assert np.array_equal(located.landmarks, wanted.landmarks)
        shown = turn_points(wanted.in_frame, turned_deg, frame.shape)
        assert np.array_equal(located.in_frame, shown)
    assert (turned.turned_deg, upright.turned_deg) == (turned_deg, 0)
    assert turned.window == upright.window


def test_who_turns_over_in_the_middle_is_not_turned_back(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    locator.locate(FRAMES[0], 0.0, subject)
    located = locator.locate(turn_picture(FRAMES[0], 180), 0.1, subject)
    assert locator.turned_deg == 0
    assert located is not None
    assert located.landmarks[0, 1] > located.landmarks[31, 1]  # the head is below the feet
    locator.calibrate()
    locator.locate(turn_picture(FRAMES[0], 180), 0.2, subject)
    assert locator.turned_deg == 180
    locator.calibrate()
    locator.locate(FRAMES[0], 0.3, subject)
    assert locator.turned_deg == 0


def test_a_turned_driver_may_change_the_mirror(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    frame = turn_picture(FRAMES[0], 90)
    before = locator.locate(frame, 0.0, subject)
    mirror = np.ascontiguousarray(frame[:, ::-1])
    after = locator.locate(mirror, 0.1, subject, mirrored=True)
    assert before is not None
    assert after is not None
    assert locator.turned_deg == 270
    assert after.in_frame[0, 0] == frame.shape[1] - 1 - before.in_frame[0, 0]
    assert after.landmarks[0, 1] == pytest.approx(before.landmarks[0, 1], abs=0.02)


def test_frames_that_the_user_turns_are_taken_as_they_are(subject: LandmarkSubject) -> None:
    estimator = Turning()
    locator = locator_of(estimator, PuppetOptions(upright=False))
    locator.locate(turn_picture(FRAMES[0], 180), 0.0, subject)
    assert locator.turned_deg == 0
    assert estimator.stills == 1


def test_a_reset_forgets_the_turn(subject: LandmarkSubject) -> None:
    locator = locator_of(Turning())
    locator.locate(turn_picture(FRAMES[0], 90), 0.0, subject)
    locator.reset()
    assert locator.turned_deg == 0
