"""The stages with a puppet of a few lines."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.stream.fakes import picture
from tests.stream.puppetry_setting import NOBODY, Pencil, Session, stage_threads

from bunraku.runtime.drivers.protocol import Drawn, Driving, Hints
from bunraku.runtime.later import Later
from bunraku.stream.core.controls import Command
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.stages import CALIBRATING_S


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


async def test_a_driver_that_is_turned_is_told_of_once(session: Session, pencil: Pencil) -> None:
    for pencil.turned_deg in (0, 90, 90, 270, 0):  # 270 is what a mirror makes of 90
        await session.frame(5)
    (told,) = session.notices
    assert "lies on the side" in told
    pencil.turned_deg = 180
    await session.frame(5)
    assert "upside down" in session.notices[1]
