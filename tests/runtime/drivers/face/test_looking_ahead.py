"""A face is looked at while the driver goes on, and no look is left behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest
from tests.runtime.drivers.face.drivers import FRAME, Body
from tests.runtime.drivers.face.faces import made
from tests.runtime.drivers.face.networks import SquareFinder

from bunraku.errors import EngineError
from bunraku.runtime.drivers.face.driver import FacedDriver
from bunraku.runtime.drivers.face.expression import Expression
from bunraku.runtime.drivers.face.landmarks import Face, FaceLandmarker
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.runtime.drivers.face.tracker import FaceFinder, FaceTracker
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array, Picture


def test_a_face_is_looked_at_while_the_driver_goes_on(finder: FaceFinder, source: Source) -> None:
    body, looked = Body(), threading.Event()
    track = finder.follower().track

    class Tracker:
        def track(self, frame: Picture, pose: Array) -> Face | None:
            face = track(frame, pose)
            looked.set()
            return face

    drawn: list[threading.Thread] = []

    class Painted:
        def patch(self, expression: Expression, strength: float) -> None:
            assert strength == 0.7
            drawn.append(threading.current_thread())

    for ahead in (True, False):
        looked.clear()
        drawn.clear()
        driver = FacedDriver(body, finder, ahead=ahead)
        driver.strength = 0.7
        driver._tracker = cast(FaceTracker, Tracker())
        subject = replace(driver.prepare(source), face=cast(PhotoFace, Painted()))
        seen: list[bool] = []
        body.goes_on = lambda: seen.append(looked.wait(5.0 if ahead else 0.0))  # noqa: B023
        driving = driver.follow(FRAME, 0.0, subject)
        assert driving is not None
        assert driving.hints.face is not None
        assert driving.hints.patch is not None
        assert seen == [ahead]
        assert len(drawn) == ahead, "beside the rest, or not before it is asked for"
        driving.hints.patch.read()
        assert (drawn[0] is threading.current_thread()) is not ahead


def test_a_face_that_says_nothing_is_looked_at_now_and_then(source: Source) -> None:
    yaw_deg = 0.0
    engine = SquareFinder(
        lambda x, y, side: made(middle=(x, y), unit_px=side, yaw_deg=yaw_deg).points
    )
    driver = FacedDriver(Body(), FaceFinder(FaceLandmarker(engine)))
    subject = driver.prepare(source)
    runs = []
    for k in range(40):
        engine.runs, yaw_deg = 0, 60.0 if 5 <= k < 35 else 0.0
        driving = driver.follow(FRAME, k / 25, subject)
        assert driving is not None
        runs.append(engine.runs)
    assert runs[:8] == [1] * 8
    assert sum(runs[8:35]) <= 27 / 5 + 1
    assert sum(runs[35:]) >= 3
    assert driving is not None
    assert driving.hints.face is not None
    assert driving.hints.face.belief.max() > 0.0


def fail_once(body: Body, follow: Callable[[], object]) -> None:
    """Have the body's driver fail in one frame, and the frame with it."""

    def fail() -> None:
        raise EngineError("not today")

    body.goes_on = fail
    with pytest.raises(EngineError, match="not today"):
        follow()
    body.goes_on = lambda: None


def test_a_driver_that_fails_leaves_no_look_behind(finder: FaceFinder, source: Source) -> None:
    body = Body()
    driver = FacedDriver(body, finder, ahead=True)
    subject = driver.prepare(source)
    fail_once(body, lambda: driver.follow(FRAME, 0.0, subject))
    assert driver.follow(FRAME, 0.1, subject) is not None


@pytest.mark.parametrize("ahead", [False, True])
def test_a_driver_s_failure_is_told_and_not_that_of_the_look_beside_it(
    finder: FaceFinder, source: Source, *, ahead: bool
) -> None:
    class Tracker:
        def track(self, frame: Picture, pose: Array) -> Face | None:
            raise EngineError("no face today")

    body = Body()
    driver = FacedDriver(body, finder, ahead=ahead)
    subject = driver.prepare(source)
    driver._tracker = cast(FaceTracker, Tracker())
    fail_once(body, lambda: driver.follow(FRAME, 0.0, subject))
    with pytest.raises(EngineError, match="no face today"):
        driver.follow(FRAME, 0.1, subject)


def test_a_reset_after_a_driver_that_failed_meets_no_look(
    finder: FaceFinder, source: Source
) -> None:
    begun, going = threading.Event(), threading.Event()

    class Tracker:
        looking = False

        def track(self, frame: Picture, pose: Array) -> Face | None:
            self.looking = True
            begun.set()
            going.wait(0.05)
            self.looking = False
            return None

        def reset(self) -> None:
            assert not self.looking

    body = Body()
    driver = FacedDriver(body, finder, ahead=True)
    subject = driver.prepare(source)
    driver._tracker = cast(FaceTracker, Tracker())

    def fail() -> None:
        assert begun.wait(5.0)
        raise EngineError("not today")

    body.goes_on = fail
    with pytest.raises(EngineError, match="not today"):
        driver.follow(FRAME, 0.0, subject)
    driver.reset()
