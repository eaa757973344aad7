"""Photos moved live, from the first check to the summary: what is behind ``bunraku live``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bunraku.errors import BunrakuError, InputError
from bunraku.runtime.plan import live_shares
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.controls import MOST_KEYED_PHOTOS, Photo
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.layout import recordable_photo
from bunraku.stream.core.output_path import check_apart
from bunraku.stream.core.protocols import Sink, SinkClosed
from bunraku.stream.core.session import LiveSession, SessionPuppet, make_photo
from bunraku.stream.core.signals import StopRequest, exit_at_once
from bunraku.stream.core.sink_wrapper import SinkWrapper
from bunraku.stream.core.stats import Stats
from bunraku.stream.core.tasks import cancel
from bunraku.stream.sinks.choose import Recordings, SinkOptions, choose_sinks
from bunraku.stream.sinks.push import PushSink
from bunraku.stream.sinks.recording import FileSink
from bunraku.stream.sinks.window import WindowSink, check_display
from bunraku.stream.sources.cameras import find_camera
from bunraku.stream.sources.choose import SourceOptions, choose_source, file_of, is_file
from bunraku.stream.sources.turned import turned

STATS_S = 1.0
"""How often the numbers are told."""


OnStep = Callable[[str, int, int], None]
"""Told what is being done, and which of how many steps it is, from 0."""


@dataclass(frozen=True)
class LiveOptions:
    """What to move, with what, and where to show it."""

    photos: tuple[Path, ...]
    source: SourceOptions = field(default_factory=SourceOptions)
    sinks: SinkOptions = field(default_factory=SinkOptions)
    # The folder of recordings that begin on demand.
    record_to: Path = Path()
    # The state at the start.
    mirror: bool = False
    # By how much the source's frames are turned, clockwise (None: as makes the driver upright).
    rotate_deg: int | None = None
    overlay: bool = False
    passthrough: bool = False
    # Only the square that the networks see, not pasted into the photo.
    window_only: bool = False
    # A visible "synthetic" in the corner; the metadata says so in any case.
    mark: bool = False
    # Photos with a longer side are scaled down first.
    max_side_px: int = 1280
    # How long it lasts, from the first frame on; None: until something ends it.
    duration_s: float | None = None


def inputs_of(options: LiveOptions) -> list[tuple[Path, str]]:
    """The files that are read, each with what it is called."""
    inputs = [(path, "photo") for path in options.photos]
    if is_file(options.source):
        inputs.append((file_of(options.source), "clip"))
    return inputs


def outputs_of(options: LiveOptions) -> list[tuple[Path, str]]:
    """The files that sinks write, likewise, and addresses that are taken for such."""
    outputs = [(Path(place), "stream") for place in options.sinks.push]
    if options.sinks.out is not None:
        outputs.append((options.sinks.out, "recording"))
    return outputs


@dataclass(frozen=True)
class LiveSummary:
    """What happened, for people and as JSON."""

    source: str
    sinks: tuple[str, ...]
    photos: tuple[str, ...]
    stats: Stats
    # A line for each file that was recorded.
    recorded: tuple[str, ...]
    # Why sinks, other than a window, ended before the rest: a line each.
    failed: tuple[str, ...]
    # Whether a signal ended it.
    interrupted: bool
    # What ended it, where something failed on the way: the source is lost for good.
    error: BunrakuError | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values for :func:`json.dumps`."""
        return {
            "source": self.source,
            "sinks": list(self.sinks),
            "photos": list(self.photos),
            "recorded": list(self.recorded),
            "failed": list(self.failed),
            "interrupted": self.interrupted,
            "error": None if self.error is None else str(self.error),
            **self.stats.as_json(),
        }


class Live:
    """Photos, a source and sinks, made ready one after the other, the quick checks first.

    :raises InputError: source, sinks or folder are not what they should be, there are more photos
        than keys for them, or one cannot be read.
    :raises OutputError: a window is asked for, and there is no display, or a file would be written
        that cannot be, or that is the clip or a photo itself.
    """

    def __init__(self, options: LiveOptions, *, clock: Clock | None = None) -> None:
        self._options = options
        self._clock = clock or SystemClock()
        if len(options.photos) > MOST_KEYED_PHOTOS:
            raise InputError(
                f"{len(options.photos)} photos are more than there are keys for.",
                f"Name at most {MOST_KEYED_PHOTOS}.",
            )
        out = options.sinks.out
        for written, _ in outputs_of(options):
            check_apart(written, inputs_of(options))
        self._record = Recordings(
            options.record_to,
            rate=options.source.rate,
            source_time=options.sinks.source_time,
            taken=[] if out is None else [out.name],
        )
        self._source = turned(choose_source(options.source, clock=self._clock), options.rotate_deg)
        sinks = choose_sinks(options.sinks, on_key=self._press, clock=self._clock)
        self._outlets = [_RememberingSink(sink) for sink in sinks]
        if any(isinstance(sink, WindowSink) for sink in sinks):
            check_display()
        if options.source.camera is not None:
            find_camera(options.source.camera)  # before networks are loaded
        self._pictures = [recordable_photo(path, options.max_side_px) for path in options.photos]
        self._session: LiveSession | None = None
        self._photos: list[Photo] = []
        self._recorded: list[str] = []
        self._error: BunrakuError | None = None
        self._on_notice: Callable[[str], None] = _ignore

    @property
    def photos(self) -> Sequence[Photo]:
        """Those that are ready."""
        return self._photos

    def prepare(self, load: Callable[[], SessionPuppet], on_step: OnStep | None = None) -> None:
        """Load the puppet and make every photo ready.

        :raises PhotoError: a photo shows nobody, or cannot be used otherwise; it is named.
        :raises BunrakuError: the puppet cannot be loaded.
        """
        options, tell = self._options, on_step or _ignore
        steps = 1 + len(options.photos)
        tell("Loading", 0, steps)
        puppet = load()
        for step, path in enumerate(options.photos, 1):
            tell(path.name, step, steps)
            picture, notes = self._pictures[step - 1]
            photo = make_photo(puppet.make_identity, picture, str(path))
            report = replace(photo.report, notes=(*notes, *photo.report.notes))
            self._photos.append(replace(photo, name=path.name, report=report))
        self._pictures.clear()
        self._session = LiveSession(
            puppet,
            self._source,
            self._outlets,
            photos=self._photos,
            clock=self._clock,
            observers=[_Begin(self._begin)],
            overlay=options.overlay,
            mark=options.mark,
            messages=options.sinks.window,
            record_to=self._record,
            on_notice=lambda text: self._on_notice(text),
            on_recorded=self._complete,
            in_flight=live_shares().in_flight,
        )
        controls = self._session.controls
        controls.mirror, controls.passthrough = options.mirror, options.passthrough
        controls.window_only = options.window_only

    def run(
        self,
        *,
        on_notice: Callable[[str], None] | None = None,
        on_stats: Callable[[Stats], None] | None = None,
    ) -> LiveSummary:
        """Go on until the source ends, the user quits, all sinks are closed, the time is over or a
        signal comes; recordings are complete then.

        :param on_notice: told what the user should know.
        :param on_stats: told the numbers once a second.
        :raises SourceError: the source cannot be opened; one that is lost for good later on is
            the summary's ``error``.
        :raises OutputError: a sink cannot be opened.
        """
        assert self._session is not None, "prepare comes first"
        self._on_notice = on_notice or _ignore
        interrupted = asyncio.run(self._run(self._session, on_stats or _ignore))
        for outlet in self._outlets:
            self._complete(outlet.inner)
            if (missing := _missing(outlet.inner)) and not (outlet.ended or self._error):
                outlet.ended = f"{missing}: it ended before there was a picture."
                self._on_notice(outlet.ended)
        return LiveSummary(
            source=self._source.name,
            sinks=tuple(outlet.name for outlet in self._outlets),
            photos=tuple(photo.name for photo in self._photos),
            stats=self._session.stats(),
            recorded=tuple(self._recorded),
            failed=tuple(o.ended for o in self._outlets if o.ended and o.name != "window"),
            interrupted=interrupted,
            error=self._error,
        )

    def stop(self) -> None:
        """End ``run`` soon."""
        if self._session is not None:
            self._session.stop()

    async def _run(self, session: LiveSession, on_stats: Callable[[Stats], None]) -> bool:
        loop = asyncio.get_running_loop()
        ticker = asyncio.create_task(self._tick(session, on_stats))
        try:
            stop = StopRequest(
                lambda: loop.call_soon_threadsafe(session.stop), on_second=exit_at_once
            )
            with stop:
                try:
                    await session.run()
                except BunrakuError as error:
                    if not all(outlet.opened for outlet in self._outlets):
                        raise
                    self._error = error
            return stop()
        finally:
            await cancel([ticker])

    async def _tick(self, session: LiveSession, on_stats: Callable[[Stats], None]) -> None:
        while True:
            await self._clock.sleep(STATS_S)
            on_stats(session.stats())

    def _begin(self) -> None:
        """The first frame has come."""
        if self._options.duration_s is not None:
            asyncio.get_running_loop().call_later(self._options.duration_s, self.stop)
        if self._session is not None and self._options.sinks.window:
            self._session.say("Press ? for the keys.")

    def _press(self, key: str) -> None:
        if self._session is not None:
            self._session.press(key)

    def _complete(self, sink: Sink) -> None:
        """A recording is complete."""
        if isinstance(sink, FileSink) and sink.frames:
            line = f"{sink.path}: {sink.frames} frames, {sink.seconds:.1f} s, marked as synthetic"
            self._recorded.append(line)
            self._on_notice(line)


class _Begin:
    """An observer that calls something at the first frame."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin: Callable[[], None] | None = begin

    def arrived(self, frame: LiveFrame) -> None:  # noqa: ARG002 - the first, whatever it is
        begin, self._begin = self._begin, None
        if begin is not None:
            begin()

    def dropped(self, where: str) -> None:
        pass

    def failed(self, where: str, error: Exception) -> None:
        pass

    def delivered(self, frame: LiveFrame, sink: str, age_s: float) -> None:
        pass


class _RememberingSink(SinkWrapper):
    """A sink of which is remembered why it ended."""

    def __init__(self, inner: Sink) -> None:
        super().__init__(inner)
        self.opened = False
        self.ended: str | None = None

    async def open(self) -> None:
        await super().open()
        self.opened = True

    async def write(self, frame: LiveFrame) -> None:
        try:
            await super().write(frame)
        except SinkClosed as closed:
            self.ended = str(closed)
            raise


def _missing(sink: Sink) -> str | None:
    """What did not come about of a recording or a push that had no picture; None of others."""
    if isinstance(sink, FileSink) and not sink.frames:
        return f"{sink.path} is not written"
    if isinstance(sink, PushSink) and not sink.frames:
        return f"{sink.name} was sent nothing"
    return None


def _ignore(*_: object) -> None:
    pass
