"""One session: a source, the puppet's stages and sinks, and the commands that steer them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeAlias

from bunraku.errors import BunrakuError, InputError
from bunraku.runtime.parts import Parts
from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.controls import Command, Controls, Photo, command_of
from bunraku.stream.core.pipeline import Pipeline
from bunraku.stream.core.preview import MarkStage, PreviewSink
from bunraku.stream.core.protocols import Observer, Sink, Source, Stage
from bunraku.stream.core.sink_wrapper import SinkWrapper
from bunraku.stream.core.stages import StagedPuppet, puppet_stages
from bunraku.stream.core.stats import Stats
from bunraku.stream.core.tasks import cancel, finish

if TYPE_CHECKING:
    from bunraku.runtime.identity import Identity
    from bunraku.runtime.source.report import SourceReport

log = logging.getLogger(__name__)


Identify: TypeAlias = Callable[[Picture], "tuple[Identity, SourceReport]"]
"""Makes a photo that was read ready: :meth:`bunraku.Puppet.make_identity`, or a fake of it."""


class SessionPuppet(StagedPuppet, Protocol):
    """What a session needs of :class:`bunraku.Puppet`."""

    @property
    def has_faces(self) -> bool: ...

    def make_identity(self, photo: Picture) -> tuple[Identity, SourceReport]: ...


def make_photo(identify: Identify, picture: Picture, name: str) -> Photo:
    """Make a photo ready; takes a while.

    :param name: as the user knows it.
    :raises PhotoError: it cannot be used; the text names it.
    :raises EngineError: a network failed.
    """
    try:
        identity, report = identify(picture)
    except InputError as error:
        if name in error.message:
            raise
        raise type(error)(f"{name}: {error.message}", error.hint) from error
    return Photo.of(name, identity, report)


class LiveSession:
    """Runs once. The first sink is the preview: overlay, keys and messages are drawn for it alone.

    :param puppet: of this session alone; None where ``stages`` are given in its place.
    :param photos: the first one is driven.
    :param controls: the state to go on with, photos included, in place of a new one.
    :param overlay: whether the overlay is on at the start.
    :param mark: whether "synthetic" is written into every picture.
    :param messages: whether what users are told stands in the preview too.
    :param record_to: makes the sink of each recording; None where nothing can be recorded.
    :param on_notice: told what the user should know.
    :param on_recorded: given each recording's sink once it is complete.
    :param stages: what to do with frames instead of what a puppet does.
    :param in_flight: how many frames may be worked on at once; see :class:`Pipeline`.
    """

    def __init__(
        self,
        puppet: SessionPuppet | None,
        source: Source,
        sinks: Sequence[Sink],
        *,
        photos: Sequence[Photo] = (),
        controls: Controls | None = None,
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        overlay: bool = False,
        mark: bool = False,
        messages: bool = False,
        record_to: Callable[[], Sink] | None = None,
        on_notice: Callable[[str], None] | None = None,
        on_recorded: Callable[[Sink], None] | None = None,
        stages: Callable[[Controls], list[Stage]] | None = None,
        in_flight: int | None = None,
    ) -> None:
        clock = clock or SystemClock()
        self.controls = controls or Controls(photos=list(photos), overlay=overlay)
        self.controls.on_notice = self._tell
        self.controls.recording = False
        self._on_notice, self._on_recorded = on_notice, on_recorded
        self._messages = messages
        self._record_to = record_to
        self._recording: _Recording | None = None
        self._recording_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        if stages is not None:
            made = stages(self.controls)
        elif puppet is not None:
            self.controls.parts = puppet.parts
            if puppet.has_faces:
                self.controls.offer_face(puppet.face)
            made = puppet_stages(puppet, self.controls, clock=clock)
        else:
            raise InputError("A session needs a puppet, or stages in its place.")
        self._preview: PreviewSink | None = None
        shown = list(sinks)
        if shown:
            self._preview = PreviewSink(shown[0], self.controls, self.stats, clock)
            shown[0] = self._preview
        self._pipeline = Pipeline(
            source,
            [*made, MarkStage()] if mark else made,
            shown,
            clock=clock,
            observers=observers,
            on_notice=self._tell,
            in_flight=in_flight,
            i420=not mark,
        )

    async def run(self) -> None:
        """Work until the source ends, every sink has closed, or ``stop``; recordings are complete
        then and everything is closed.

        :raises SourceError: the source cannot be opened, or is lost for good.
        :raises OutputError: a sink cannot be opened.
        """
        self._loop = asyncio.get_running_loop()
        try:
            await self._pipeline.run()
        finally:
            self._loop = None
            await finish(self.close())

    def stop(self) -> None:
        """End ``run`` soon; at any time, in the event loop's thread."""
        self._pipeline.stop()

    async def close(self) -> None:
        """Release what a session has that never ran; ``run`` does so by itself."""
        self._pipeline.stop()
        await cancel(self._tasks)

    def stats(self) -> Stats:
        """How the frames fare."""
        return self._pipeline.stats()

    async def command(
        self,
        command: Command,
        number: int | None = None,
        on: bool | None = None,
        strength: float | None = None,
        parts: Parts | None = None,
    ) -> str:
        """Carry a command out, from the next frame on; returns what to tell the user.

        :param number: the photo's, from 1, for ``PHOTO``.
        :param on: the state wanted of a switch; by default it is turned over.
        :param strength: the face's, for ``FACE``; see ``Controls.apply``.
        :param parts: those that are to follow, for ``PARTS``.
        :raises InputError: it makes no sense now; :class:`OutputError`: a recording cannot begin.
        """
        if command is Command.RECORD:
            async with self._recording_lock:
                return await self._record(on)
        said = self.controls.apply(command, number, on, strength, parts)
        if command is Command.QUIT:
            self.stop()
        return said

    def press(self, key: str) -> None:
        """A key of the window, from any thread; one without a meaning is ignored."""
        asked, loop = command_of(key), self._loop
        if asked is not None and loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(self._obey, *asked)

    def say(self, text: str) -> None:
        """Show the user a message in the preview, where that was asked for."""
        if self._messages and self._preview is not None:
            self._preview.say(text)

    def _obey(self, command: Command, number: int | None) -> None:
        if self._loop is None:
            return  # the key came as the session ended
        task = asyncio.ensure_future(self._do(command, number))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(self, command: Command, number: int | None) -> None:
        try:
            said = await self.command(command, number)
        except BunrakuError as error:
            self._tell(str(error))
        except Exception:
            log.exception("the command %s failed", command)
            self._tell(f"The command {command} failed.")
        else:
            if command is not Command.HELP:  # it shows by itself
                self.say(said)

    async def _record(self, on: bool | None) -> str:
        recording = self._recording
        wanted = recording is None if on is None else on
        if wanted and recording is not None:
            return f"{recording.name} is being recorded already."
        if recording is not None:
            await self._pipeline.remove_sink(recording)
            return f"{recording.name} is recorded."
        if not wanted:
            return "Nothing is being recorded."
        if self._record_to is None:
            raise InputError("Recording is switched off here.")
        if not self._pipeline.sinks:
            raise InputError("There is no picture to record yet.", "Try again in a moment.")
        recording = _Recording(self._record_to(), self._recorded)
        await self._pipeline.add_sink(recording)
        if recording.closed:
            raise InputError("There is no picture to record any more.")
        self._recording = recording
        self.controls.apply(Command.RECORD, on=True)
        return f"Recording to {recording.name}, marked as synthetic."

    def _recorded(self, recording: _Recording) -> None:
        if recording is self._recording:
            self._recording = None
            self.controls.apply(Command.RECORD, on=False)
            if self._on_recorded is not None:
                self._on_recorded(recording.inner)

    def _tell(self, text: str) -> None:
        self.say(text)
        if self._on_notice is not None:
            self._on_notice(text)


class _Recording(SinkWrapper):
    """A recording's sink, which tells when it has been closed, whatever closed it."""

    def __init__(self, inner: Sink, on_closed: Callable[[_Recording], None]) -> None:
        super().__init__(inner)
        self.closed = False
        self._on_closed = on_closed

    async def close(self) -> None:
        try:
            await super().close()
        finally:
            if not self.closed:
                self.closed = True
                self._on_closed(self)
