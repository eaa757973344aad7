"""The stages with a puppet of a few lines, and once with the real one on fake networks."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from av.video.frame import VideoFrame
from tests.runtime.fakes import puppet as fake_puppet
from tests.runtime.fakes import red, street, with_person
from tests.stream.fakes import FakeClock, FakeSink, FakeSource, picture
from tests.stream.puppetry_setting import NOBODY, Pencil, Session, Someone, stage_threads

from bunraku.errors import DeviceLostError, EngineError
from bunraku.runtime.drivers.protocol import Drawn, Driving, Hints
from bunraku.runtime.identity import Identity
from bunraku.runtime.later import Later
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Command, Controls, Photo
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.pipeline import Pipeline
from bunraku.stream.core.stages import (
    CALIBRATING_S,
    FAILING,
    FAILING_FRAMES,
    RETRY_S,
    WORKING,
    puppet_stages,
)


@pytest.fixture
def pencil() -> Pencil:
    return Pencil()


@pytest_asyncio.fixture
async def session(pencil: Pencil) -> AsyncIterator[Session]:
    session = Session(pencil)
    session.add(Someone(100))
    session.add(Someone(200))
    yield session
    await asyncio.gather(*(stage.close() for stage in session.stages))
    assert not stage_threads()


async def test_a_frame_goes_through_three_threads(session: Session, pencil: Pencil) -> None:
    assert [stage.name for stage in session.stages] == ["densepose", "motion", "blend"]
    frame = await session.frame(5)
    assert frame.shown_picture()[0, 0, 0] == 105
    assert frame.shown_picture().shape == (20, 20, 3)
    assert frame.identity is session.controls.photos[0].identity
    assert frame.driving is not None
    assert frame.moved is None  # megabytes that no sink needs
    assert not frame.lost
    assert pencil.threads == {
        "drive": {"bunraku-densepose"},
        "move": {"bunraku-motion"},
        "paint": {"bunraku-blend"},
    }


@pytest.mark.parametrize(
    ("patch", "waits"),
    [
        pytest.param(None, False, id="no face"),
        pytest.param(Later.of(None), False, id="a face that is redrawn"),
        pytest.param(Later(lambda: None), True, id="a face that is not yet"),
    ],
)
async def test_what_is_drawn_is_handed_on_without_a_thread(
    session: Session,
    pencil: Pencil,
    monkeypatch: pytest.MonkeyPatch,
    patch: Later[Any] | None,
    *,
    waits: bool,
) -> None:
    drive = pencil.drive
    image, mask, trust, warped, flow = (
        np.zeros((1, channels, 4, 4), np.float32) for channels in (3, 1, 1, 5, 2)
    )
    drawn = Drawn(image, mask, trust, warped, flow)

    def drawing(*given: Any, **more: Any) -> Driving | None:
        driving = drive(*given, **more)
        return None if driving is None else replace(driving, drawn=drawn, hints=Hints(patch=patch))

    monkeypatch.setattr(pencil, "drive", drawing)
    assert await session.shown(5) == 105
    here = threading.current_thread().name
    assert pencil.threads["move"] == {"bunraku-motion" if waits else here}


async def test_without_a_photo_the_camera_passes_through(pencil: Pencil) -> None:
    session = Session(pencil)
    frame = await session.frame(7)
    assert frame.shown is frame.raw
    assert not pencil.calls
    await asyncio.gather(*(stage.close() for stage in session.stages))


async def test_the_last_good_picture_stands_in_while_nobody_is_seen(
    session: Session, pencil: Pencil
) -> None:
    assert await session.shown(NOBODY) == 100  # the photo
    assert await session.shown(5) == 105
    frame = await session.frame(NOBODY)
    assert frame.lost
    assert frame.idle == {"motion", "blend"}  # DensePose looked for somebody
    assert frame.shown_picture()[0, 0, 0] == 105
    assert pencil.calls.count("photo") == 1
    assert pencil.calls.count("move") == 1
    session.controls.window_only = True  # the last picture is of another size
    assert (await session.frame(NOBODY)).shown_picture().shape == (8, 8, 3)
    assert (await session.frame(5)).shown_picture().shape == (8, 8, 3)


async def test_another_photo_is_shown_on_the_very_next_frame(session: Session) -> None:
    on_its_way = await session.frame(5, slice(0, 1))
    session.controls.apply(Command.PHOTO, 2)
    assert (await session.take(on_its_way, slice(1, 3))).shown_picture()[0, 0, 0] == 105
    assert await session.shown(6) == 206
    assert await session.shown(NOBODY) == 206
    session.controls.apply(Command.PHOTO, 1)
    assert await session.shown(NOBODY) == 105  # its own last good picture
    assert not session.notices


async def test_a_photo_that_is_taken_out_leaves_nothing_behind(session: Session) -> None:
    assert await session.shown(5) == 105
    photo = session.controls.remove("0")
    gone = weakref.ref(photo.identity)
    del photo
    assert await session.shown(5) == 205
    for _ in range(200):  # the stages' threads may not have put it down yet
        gc.collect()
        if gone() is None:
            break
        await asyncio.sleep(0.01)
    assert gone() is None


async def test_passthrough_runs_nothing(session: Session, pencil: Pencil) -> None:
    session.controls.passthrough = True
    raw = VideoFrame.from_ndarray(picture(9), format="rgb24")
    frame = LiveFrame(raw, 0, MICROSECONDS, 0.0)
    await session.take(frame)
    assert frame.shown is raw  # not even converted
    assert frame.idle == {stage.name for stage in session.stages}
    assert not pencil.calls
    assert not stage_threads()
    session.controls.passthrough = False
    assert await session.shown(5) == 105


async def test_the_mirror_turns_the_driving_frame(session: Session, pencil: Pencil) -> None:
    left = picture(5)
    left[:, :6] = 50
    await session.take(LiveFrame(left, 0, MICROSECONDS, 0.0))
    session.controls.mirror = True
    frame = await session.take(LiveFrame(left, 1, MICROSECONDS, 0.0))
    assert frame.mirrored
    assert pencil.corners == [50, 5]
    assert pencil.mirrored == [False, True]
    session.controls.passthrough = True
    frame = await session.take(LiveFrame(left, 2, MICROSECONDS, 0.0))
    assert np.array_equal(frame.shown_picture(), left[:, ::-1])


async def test_a_frozen_picture_stays(session: Session, pencil: Pencil) -> None:
    session.controls.freeze = True
    assert await session.shown(5) == 105  # there is nothing to freeze yet
    assert await session.shown(6) == 105
    session.controls.freeze = False
    assert await session.shown(6) == 106
    in_motion = await session.frame(7, slice(0, 2))
    session.controls.apply(Command.FREEZE)
    session.controls.apply(Command.PHOTO, 2)
    calls = len(pencil.calls)
    assert in_motion.moved is not None
    assert (await session.take(in_motion, slice(2, 3))).shown_picture()[0, 0, 0] == 106
    assert in_motion.moved is None  # as of frames that move
    held = await session.frame(8, slice(0, 1))
    assert len(pencil.calls) == calls
    session.controls.apply(Command.FREEZE)
    assert (await session.take(held, slice(1, 3))).shown_picture()[0, 0, 0] == 106
    assert not held.lost
    assert await session.shown(8) == 208


async def test_a_camera_picture_that_is_frozen_is_converted_once(session: Session) -> None:
    session.controls.passthrough = True
    raw = VideoFrame.from_ndarray(picture(9), format="rgb24")
    await session.take(LiveFrame(raw, 0, MICROSECONDS, 0.0))
    session.controls.apply(Command.FREEZE)
    first, second = await session.frame(5), await session.frame(6)
    assert first.shown is second.shown
    assert np.array_equal(np.asarray(first.shown), picture(9))


async def test_calibration_is_asked_for_once(session: Session, pencil: Pencil) -> None:
    session.controls.apply(Command.CALIBRATE)
    await session.frame(5)
    await session.frame(5)
    assert pencil.calls.count("calibrate") == 1
    assert pencil.calls[0] == "calibrate"
    assert not session.controls.calibrate_asked


@pytest.mark.parametrize("shown", [Command.PASSTHROUGH, Command.FREEZE])
async def test_calibration_looks_at_the_driver_whatever_is_shown(
    session: Session, pencil: Pencil, shown: Command
) -> None:
    assert await session.shown(5) == 105
    session.controls.apply(shown)
    session.controls.apply(Command.CALIBRATE)
    pencil.calls.clear()
    level = 7 if shown is Command.PASSTHROUGH else 105
    frame = await session.frame(7, time_s=10.0)
    assert pencil.calls == ["calibrate", "drive"]
    assert "densepose" not in frame.idle
    assert frame.shown_picture()[0, 0, 0] == level
    frame = await session.frame(7, time_s=10.0 + CALIBRATING_S)
    assert pencil.calls == ["calibrate", "drive"]
    assert "densepose" in frame.idle


async def test_calibration_with_a_broken_engine_costs_no_frame(
    session: Session, pencil: Pencil
) -> None:
    session.controls.apply(Command.PASSTHROUGH)
    session.controls.apply(Command.CALIBRATE)
    pencil.failing.add("drive")
    pencil.calls.clear()
    for _ in range(2):
        assert await session.shown(7) == 7
    assert pencil.calls.count("drive") <= 1


@pytest.mark.parametrize("broken", ["drive", "move", "paint"])
async def test_an_engine_that_keeps_failing_gives_way_to_the_camera(
    session: Session, pencil: Pencil, broken: str
) -> None:
    changes: list[bool] = []
    session.controls.on_change = lambda: changes.append(session.controls.failing)
    assert await session.shown(5) == 105
    pencil.failing.add(broken)
    for _ in range(FAILING_FRAMES):
        assert not session.controls.failing
        with pytest.raises(EngineError, match=broken):
            await session.frame(5)
    assert session.controls.failing
    assert session.notices == [FAILING]
    calls = len(pencil.calls)
    assert await session.shown(77) == 77
    assert len(pencil.calls) == calls
    await session.clock.advance(RETRY_S)
    with pytest.raises(EngineError):  # one frame tries
        await session.frame(5)
    assert await session.shown(77) == 77  # and no other
    pencil.failing.clear()
    await session.clock.advance(RETRY_S)
    assert await session.shown(5) == 105
    assert await session.shown(6) == 106
    assert session.notices == [FAILING, WORKING]
    assert changes == [True, False]


async def test_faults_that_pass_are_only_the_frames(session: Session, pencil: Pencil) -> None:
    for _ in range(3):
        pencil.failing.add("paint")
        for _ in range(FAILING_FRAMES - 1):
            with pytest.raises(EngineError):
                await session.frame(5)
        pencil.failing.clear()
        assert await session.shown(5) == 105
    assert not session.controls.failing
    assert not session.notices


async def test_nobody_in_sight_is_no_sign_of_recovery(session: Session, pencil: Pencil) -> None:
    pencil.failing.add("paint")
    for _ in range(FAILING_FRAMES):
        with pytest.raises(EngineError):
            await session.frame(5)
        if not session.controls.failing:
            await session.frame(NOBODY)
    assert session.controls.failing
    await session.clock.advance(RETRY_S)
    assert (await session.frame(NOBODY)).lost
    assert session.controls.failing


async def test_a_cancelled_stage_finishes_its_call_before_it_closes() -> None:
    began, go = threading.Event(), threading.Event()

    class Slow(Pencil):
        def drive(self, *args: Any, **more: Any) -> Driving | None:
            began.set()
            assert go.wait(10)
            return super().drive(*args, **more)

    slow = Slow()
    session = Session(slow)
    session.add(Someone(100))
    task = asyncio.create_task(session.frame(5))
    assert await asyncio.to_thread(began.wait, 10)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    closing = asyncio.create_task(session.stages[0].close())
    await asyncio.sleep(0)
    assert not closing.done()
    go.set()
    await closing
    assert slow.calls == ["drive"]
    assert not session.notices
    assert not stage_threads()


async def _drive_through(
    frames: list[Picture], identities: list[Identity], puppet: Any, on: Callable[[int], int]
) -> FakeSink:
    """All frames through a pipeline; ``on`` says which photo is chosen at each."""
    clock = FakeClock()
    controls = Controls()
    report: Any = None
    for number, identity in enumerate(identities):
        controls.add(Photo(str(number), "photo", identity, report))

    class Chooser:
        """Switches as a user would, between two frames."""

        def arrived(self, frame: LiveFrame) -> None:
            controls.current = on(frame.index)

        def dropped(self, where: str) -> None:
            raise AssertionError(where)

        def failed(self, where: str, error: Exception) -> None:
            raise AssertionError(where) from error

        def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None: ...

    source = FakeSource(clock, interval_s=0.0, count=len(frames), waits=True, raw=frames)
    sink = FakeSink("screen", clock)
    stages = puppet_stages(puppet, controls, clock=clock)
    await Pipeline(source, stages, [sink], clock=clock, observers=[Chooser()]).run()
    return sink


async def test_a_real_puppet_gives_what_animate_gives() -> None:
    scene = street()
    photos = [with_person(scene, 100, 60), with_person(street((200, 200)), 80, 30)]
    frames = [with_person(scene, 100 + 3 * i, 60) for i in range(8)]
    puppet = fake_puppet()
    identities = [puppet.make_identity(photo)[0] for photo in photos]
    sink = await _drive_through(frames, identities, puppet, lambda _: 0)
    plain = fake_puppet()
    plain.set_source(photos[0])
    for i, frame in enumerate(sink.frames):
        assert np.array_equal(frame.shown_picture(), plain.animate(frames[i], float(i)))
    assert len(sink.frames) == len(frames)


async def test_a_real_puppet_changes_photos_without_calibrating_anew() -> None:
    scene = street()
    photos = [with_person(scene, 100, 60), with_person(street((200, 200)), 80, 30)]
    frames = [with_person(scene, 100, 60)] + [with_person(scene, 112, 60)] * 5
    puppet = fake_puppet()
    identities = [puppet.make_identity(photo)[0] for photo in photos]
    sink = await _drive_through(frames, identities, puppet, lambda _: 0)
    before = sink.frames[-1].shown_picture()
    sink = await _drive_through(frames, identities, fake_puppet(), lambda i: i % 2)
    shown = [frame.shown_picture() for frame in sink.frames]
    by_photo = [identities.index(f.identity) for f in sink.frames if f.identity is not None]
    assert set(by_photo) == {0, 1}
    for place, one in zip(by_photo, shown, strict=True):
        assert one.shape == photos[place].shape
    moved = [one for place, one in zip(by_photo, shown, strict=True) if place == 1][-1]
    middle = np.flatnonzero(red(moved).any(0)).mean()
    assert middle == pytest.approx(80 + 19.5 + 12, abs=1.5)  # as far as the driver went
    first = [one for place, one in zip(by_photo, shown, strict=True) if place == 0][-1]
    assert np.array_equal(first, before)


async def test_a_driver_that_is_turned_is_told_of_once(session: Session, pencil: Pencil) -> None:
    for pencil.turned_deg in (0, 90, 90, 270, 0):  # 270 is what a mirror makes of 90
        await session.frame(5)
    (told,) = session.notices
    assert "lies on the side" in told
    pencil.turned_deg = 180
    await session.frame(5)
    assert "upside down" in session.notices[1]


async def test_what_becomes_of_the_engines_is_told_once(session: Session, pencil: Pencil) -> None:
    pencil.said = ["The GPU has too little memory for 8 frames at once."]
    await session.frame(5)
    await session.frame(6)
    assert session.notices == ["The GPU has too little memory for 8 frames at once."]


async def test_a_gpu_that_fails_is_told_at_once(
    session: Session, pencil: Pencil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What takes its place takes longer: the user is to know why."""

    def lost(identity: Any, driving: Driving) -> dict[str, Any]:
        raise DeviceLostError("The GPU has failed.", "The processor goes on.")

    with monkeypatch.context() as failing:
        failing.setattr(pencil, "move", lost)
        with pytest.raises(DeviceLostError):
            await session.frame(11)
    assert await session.shown(12) == 112
    assert session.notices == ["The GPU has failed. The processor goes on."]
