"""Sessions: commands, keys, photos, recordings, and that everything ends."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any, cast

import numpy as np
import pytest
from tests.stream.fakes import FakeClock, FakeSink, FakeSource, FakeStage, picture, settle

from bunraku.errors import InputError, NoPersonError, OutputError, SourceError
from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.identity import Identity
from bunraku.runtime.later import Later
from bunraku.runtime.parts import ALL_PARTS, Part, Parts
from bunraku.runtime.source.report import SourceReport
from bunraku.spec.arrays import Picture
from bunraku.stream.core.controls import Command, Controls, Photo
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Stage
from bunraku.stream.core.session import LiveSession, make_photo

REPORT = SourceReport(16, 12, 1, False, (0, 0, 12), ())


class FakeIdentity:
    """An identity that is told from others by its level."""

    def __init__(self, level: int) -> None:
        self.level = level


def photo(level: int) -> Photo:
    return Photo(f"id{level}", f"{level}.jpg", cast(Identity, FakeIdentity(level)), REPORT)


class ColourPuppet:
    """Paints everything in the level of the photo that is driven."""

    has_faces = True

    def __init__(self) -> None:
        self.face = 0.8
        self.parts: Parts = ALL_PARTS - {Part.LEGS}
        self.calibrations = 0

    def make_identity(self, photo: Picture) -> tuple[Identity, SourceReport]:
        if not photo.any():
            raise NoPersonError("No person was found in the photo.", "Use another.")
        return cast(Identity, FakeIdentity(int(photo.mean()))), REPORT

    def news(self) -> list[str]:
        return []

    def calibrate(self) -> None:
        self.calibrations += 1

    def drive(
        self, identity: Identity, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None:
        densepose = np.zeros((1, 73, 4, 4), np.float32)
        return Driving(Later.of(densepose), np.zeros((33, 4), np.float32), None)

    def move(self, identity: Identity, driving: Driving) -> dict[str, Any]:
        return {}

    def paint(
        self, identity: Identity, moved: Any, *, window_only: bool = False, i420: bool = False
    ) -> Picture:
        return picture(cast(FakeIdentity, identity).level)


class Scene:
    """A session on fakes, its frames 40 ms apart on a clock that only the test moves."""

    def __init__(self, **options: Any) -> None:
        self.clock = options.pop("clock", None) or FakeClock()
        self.source = options.pop("source", None) or FakeSource(self.clock)
        self.sink = FakeSink("window", self.clock)
        self.notices: list[str] = []
        self.recorded: list[FakeSink] = []
        options.setdefault("stages", lambda _: [FakeStage("work", self.clock)])
        self.session = LiveSession(
            options.pop("puppet", None),
            self.source,
            [self.sink, *options.pop("more", [])],
            clock=self.clock,
            on_notice=self.notices.append,
            on_recorded=lambda sink: self.recorded.append(cast(FakeSink, sink)),
            **options,
        )
        self.task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Scene:
        self.task = asyncio.create_task(self.session.run())
        await self.clock.advance(0.1)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.task is not None
        self.session.stop()
        await asyncio.gather(self.task, return_exceptions=True)

    def shown(self, index: int = -1) -> Picture:
        return self.sink.frames[index].shown_picture()


def recorder(made: list[FakeSink], clock: FakeClock, **options: Any) -> Callable[[], FakeSink]:
    def make() -> FakeSink:
        made.append(FakeSink(f"take{len(made)}.mp4", clock, **options))
        return made[-1]

    return make


async def until(reached: Callable[[], bool], scene: Scene) -> None:
    """Let time pass, and real threads work, until something has come about."""
    for _ in range(500):
        if reached():
            return
        await scene.clock.advance(0.04)
        await asyncio.sleep(0.001)
    raise AssertionError("it never came about")


async def test_frames_run_until_the_source_ends() -> None:
    clock = FakeClock()
    scene = Scene(clock=clock, source=FakeSource(clock, count=3))
    async with scene:
        await scene.clock.advance(1.0)
        assert scene.task is not None
        assert scene.task.done()
        assert scene.sink.indices == [0, 1, 2]
        assert scene.session.stats().frames_out == 3
    assert scene.source.closed == scene.sink.closed == 1


async def test_a_photo_chosen_is_on_the_next_frame() -> None:
    scene = Scene(puppet=ColourPuppet(), stages=None, photos=[photo(11), photo(22)])
    async with scene:
        await until(lambda: bool(scene.sink.frames), scene)
        assert (scene.shown() == 11).all()
        assert await scene.session.command(Command.PHOTO, 2) == "Photo 2: 22.jpg."
        before = scene.session.stats().frames_in
        await until(lambda: scene.sink.indices[-1] >= before, scene)
        first = next(f for f in scene.sink.frames if f.index >= before)
        assert (first.shown_picture() == 22).all()
        with pytest.raises(InputError, match="no photo 4"):
            await scene.session.command(Command.PHOTO, 4)


async def test_calibrating_reaches_the_puppet() -> None:
    puppet = ColourPuppet()
    scene = Scene(puppet=puppet, stages=None, photos=[photo(1)])
    async with scene:
        await scene.session.command(Command.CALIBRATE)
        await until(lambda: puppet.calibrations == 1, scene)


async def test_the_face_s_switch_reaches_the_puppet() -> None:
    puppet = ColourPuppet()
    scene = Scene(puppet=puppet, stages=None, photos=[photo(1)])
    assert scene.session.controls.face_strength == 0.8
    async with scene:
        scene.session.press("e")
        await until(lambda: Part.FACE not in puppet.parts, scene)
        await scene.session.command(Command.FACE, strength=1.3)
        await until(lambda: (puppet.face, Part.FACE in puppet.parts) == (1.3, True), scene)


async def test_the_choice_of_parts_reaches_the_puppet() -> None:
    puppet, arms = ColourPuppet(), frozenset({Part.ARMS})
    scene = Scene(puppet=puppet, stages=None, photos=[photo(1)])
    assert scene.session.controls.parts == ALL_PARTS - {Part.LEGS}
    async with scene:
        assert "arms" in await scene.session.command(Command.PARTS, parts=arms)
        await until(lambda: puppet.parts == arms, scene)
        scene.session.press("b")
        await until(lambda: puppet.parts == ALL_PARTS, scene)


def test_photos_have_a_name_and_a_secret() -> None:
    puppet = ColourPuppet()
    made = make_photo(puppet.make_identity, picture(3), "me.jpg")
    assert (made.name, len(made.id) > 16) == ("me.jpg", True)
    with pytest.raises(NoPersonError, match=r"^bad\.jpg: No person was found"):
        make_photo(puppet.make_identity, picture(0), "bad.jpg")


def test_something_must_work_on_frames() -> None:
    with pytest.raises(InputError, match="needs a puppet"):
        Scene(stages=None)


def test_a_refused_photo_is_named_once() -> None:
    def refuse(_: object) -> tuple[Identity, SourceReport]:
        raise NoPersonError("/a/me.jpg shows nobody.", "Use another.")

    with pytest.raises(NoPersonError, match=r"^/a/me\.jpg shows nobody\. Use another\.$"):
        make_photo(refuse, picture(), "/a/me.jpg")


async def test_keys_from_another_thread_are_commands() -> None:
    scene = Scene(photos=[photo(1), photo(2)])
    scene.session.press("m")  # before it runs: nothing
    async with scene:

        def type_keys() -> None:
            for key in "M2xf?":
                scene.session.press(key)

        thread = threading.Thread(target=type_keys)
        thread.start()
        thread.join()
        await settle()
        controls = scene.session.controls
        assert (controls.mirror, controls.current, controls.freeze) == (True, 1, True)
        assert controls.help_shown
        scene.session.press("7")
        await settle()
        assert scene.notices == ["There is no photo 7. Choose from 1 to 2."]
        scene.session.press("q")
        await settle()
        assert scene.task is not None
        await scene.task


async def test_recordings_start_and_end_on_command_in_a_file_each() -> None:
    made: list[FakeSink] = []
    clock = FakeClock()
    scene = Scene(clock=clock, record_to=recorder(made, clock))
    async with scene:
        said = await scene.session.command(Command.RECORD)
        assert said == "Recording to take0.mp4, marked as synthetic."
        assert scene.session.controls.recording
        assert await scene.session.command(Command.RECORD, on=True) == (
            "take0.mp4 is being recorded already."
        )
        await scene.clock.advance(0.2)
        assert await scene.session.command(Command.RECORD) == "take0.mp4 is recorded."
        assert not scene.session.controls.recording
        assert (made[0].closed, len(made[0].frames) > 2) == (1, True)
        assert scene.recorded == [made[0]]
        assert await scene.session.command(Command.RECORD, on=False) == (
            "Nothing is being recorded."
        )
        await scene.session.command(Command.RECORD)
        await scene.clock.advance(0.2)
    assert [sink.closed for sink in made] == [1, 1]
    assert scene.recorded == made
    assert not scene.session.controls.recording


async def test_a_recording_that_ends_by_itself_is_told() -> None:
    made: list[FakeSink] = []
    clock = FakeClock()
    scene = Scene(clock=clock, record_to=recorder(made, clock, closes_after=2))
    async with scene:
        await scene.session.command(Command.RECORD)
        await scene.clock.advance(0.3)
        assert not scene.session.controls.recording
        assert "take0.mp4 was closed." in scene.notices
        assert scene.recorded == made
        before = len(scene.sink.frames)
        await scene.clock.advance(0.2)
        assert len(scene.sink.frames) > before
        await scene.session.command(Command.RECORD)
        assert len(made) == 2


async def test_a_recording_that_cannot_begin_changes_nothing() -> None:
    made: list[FakeSink] = []
    error = OutputError("The disk is full.")
    clock = FakeClock()
    scene = Scene(clock=clock, record_to=recorder(made, clock, open_error=error))
    with pytest.raises(InputError, match="no picture to record yet"):
        await scene.session.command(Command.RECORD)
    async with scene:
        with pytest.raises(OutputError, match="disk is full"):
            await scene.session.command(Command.RECORD)
        assert not scene.session.controls.recording
        scene.session.press("r")
        await settle()
        assert scene.notices == ["The disk is full."]
        assert scene.recorded == []
    with pytest.raises(InputError, match="switched off"):
        async with Scene() as other:
            await other.session.command(Command.RECORD)


async def test_only_the_first_sink_sees_the_overlay() -> None:
    clock = FakeClock()
    other = FakeSink("file", clock)
    scene = Scene(clock=clock, overlay=True, more=[other])
    async with scene:
        await until(lambda: bool(scene.sink.frames and other.frames), scene)
        plain = other.frames[0].shown_picture()
        assert (plain == plain[0, 0]).all()
        drawn = scene.shown(0)
        assert (drawn != drawn[-1, 0]).any()


async def test_messages_stand_in_the_preview_for_a_while() -> None:
    scene = Scene(messages=True, photos=[photo(1)])
    async with scene:
        scene.session.press("1")
        await until(lambda: (scene.shown() != scene.shown()[0, 0]).any(), scene)
        await until(lambda: bool((scene.shown() == scene.shown()[0, 0]).all()), scene)


async def test_the_mark_is_for_every_sink() -> None:
    raw = [picture(200, (320, 240))]
    clock = FakeClock()
    scene = Scene(clock=clock, source=FakeSource(clock, raw=raw), mark=True)
    async with scene:
        await until(lambda: bool(scene.sink.frames), scene)
        marked = scene.shown()
        assert (marked[:200] == 200).all()
        assert (marked[200:, 200:] != 200).any()


@pytest.mark.parametrize("mark", [False, True])
async def test_what_is_drawn_on_is_no_i420(mark: bool) -> None:
    clock = FakeClock()
    scene = Scene(clock=clock, mark=mark, overlay=mark)
    scene.sink.takes_i420 = True
    async with scene:
        await until(lambda: bool(scene.sink.frames), scene)
        assert scene.sink.frames[0].i420 is not mark


async def test_state_goes_on_from_controls_that_are_given() -> None:
    controls = Controls(photos=[photo(1)], mirror=True, recording=True)
    scene = Scene(controls=controls)
    assert scene.session.controls is controls
    assert controls.mirror
    assert not controls.recording
    await scene.session.close()


async def test_what_cannot_be_opened_is_loud_and_leaves_nothing() -> None:
    scene = Scene()
    scene.source._open_error = SourceError("There is no camera.")
    with pytest.raises(SourceError, match="no camera"):
        await scene.session.run()
    assert scene.source.closed == 1


async def test_cancelling_closes_all_and_ends_every_thread() -> None:
    before = set(threading.enumerate())  # pools that others started are everybody's
    made: list[FakeSink] = []
    clock = FakeClock()
    scene = Scene(
        clock=clock,
        puppet=ColourPuppet(),
        stages=None,
        photos=[photo(1)],
        overlay=True,
        record_to=recorder(made, clock),
    )
    async with scene:
        await until(lambda: bool(scene.sink.frames), scene)
        await scene.session.command(Command.RECORD)
        assert scene.task is not None
        scene.task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scene.task
    assert made[0].closed == scene.sink.closed == 1
    names = {thread.name for thread in set(threading.enumerate()) - before}
    assert not {n for n in names if n.startswith("bunraku-") and "kernel" not in n}


async def test_stages_get_the_session_s_controls() -> None:
    seen: list[Controls] = []

    def stages(controls: Controls) -> list[Stage]:
        seen.append(controls)
        return []

    scene = Scene(stages=stages)
    assert seen == [scene.session.controls]
    async with scene:
        await scene.clock.advance(0.1)
        assert isinstance(scene.sink.frames[0], LiveFrame)
