"""The live pipeline: a source, stages that work on different frames at once, and sinks.

    source ─►[ ]─► densepose ─►[ ]─► motion ─►[ ]─► blend ─►[ ]─► sink
                                                         └─►[ ]─► sink

Each ``[ ]`` is a slot for one frame in which the newest wins, so that no frame ever waits behind
another: what is late is dropped and counted. Only frames of a source that ``waits`` are all kept,
by the stages and by sinks that keep all; a window may fall behind even then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bunraku.errors import InputError
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import LiveFrame, Span
from bunraku.stream.core.log_lines import has_doubled, one_line
from bunraku.stream.core.protocols import Observer, Sink, SinkClosed, Source, Stage
from bunraku.stream.core.slot import Slot, SlotFinished
from bunraku.stream.core.stats import Meter, Stats
from bunraku.stream.core.tasks import CLOSE_S, cancel, close_quietly, finish

log = logging.getLogger(__name__)

WATCH_S = 0.25
"""How often notices of the source and the sinks are looked at."""


@dataclass(eq=False)
class _Outlet:
    """A sink, the slot before it and the task between them."""

    sink: Sink
    slot: Slot[LiveFrame] = field(default_factory=Slot)
    task: asyncio.Task[None] | None = None


class Pipeline:
    """Moves frames from a source through stages to sinks until something ends it.

    :param sinks: at least one; what is reported as the frame's age is measured at the first.
    :param observers: told of each frame.
    :param on_notice: told, in the event loop, what the user should know.
    :param in_flight: how many frames may be between the first stage and the sinks at once; None for
        as many as there is room for. On few cores less is more: a frame that a later one overtakes
        half-way has cost the others their time.
    :param i420: whether frames may come in I420 where every sink gives them to a video encoder: not
        where a stage draws on them.
    :raises InputError: there is no sink, or two things have one name.
    """

    def __init__(
        self,
        source: Source,
        stages: Sequence[Stage],
        sinks: Sequence[Sink],
        *,
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        on_notice: Callable[[str], None] | None = None,
        in_flight: int | None = None,
        i420: bool = True,
    ) -> None:
        if not sinks:
            raise InputError("There is nowhere to send the pictures.", "Name at least one sink.")
        self._source = source
        self._stages = list(stages)
        self._outlets: list[_Outlet] = []
        self._first_sinks = list(sinks)
        self._to_close = list(sinks)
        self._clock = clock or SystemClock()
        self._observers = list(observers)
        self._on_notice = on_notice
        self._i420 = i420
        self._meter = Meter(self._clock)
        self._slots = [Slot[LiveFrame]() for _ in self._stages]
        self._room = asyncio.Semaphore(in_flight or len(self._stages) * 2)
        self._stopped = asyncio.Event()
        self._started = self._closed = False
        names = [s.name for s in self._stages] + [s.name for s in sinks]
        self._names = set(names)
        if len(self._names) < len(names):
            raise InputError(
                f"Two stages or sinks have one name: {', '.join(sorted(names))}.",
                "Name each sink once.",
            )

    async def run(self) -> None:
        """Work until the source ends, every sink has closed, ``stop`` is called or the task is
        cancelled; frames on their way at the source's end still arrive. Everything is closed then.

        :raises SourceError: the source cannot be opened, or is lost for good.
        :raises OutputError: a sink cannot be opened.
        """
        if self._started:
            raise RuntimeError("a pipeline runs once")
        self._started = True
        try:
            if not self._stopped.is_set():
                await self._open()
            if not self._stopped.is_set():
                await self._move()
        finally:
            await finish(self._close())

    def stop(self) -> None:
        """End ``run`` soon; frames on their way are given up. May be called at any time."""
        self._stopped.set()

    async def add_sink(self, sink: Sink) -> None:
        """Open a sink and send it every frame from now on.

        :raises OutputError: it cannot be opened; nothing changes then.
        :raises InputError: a sink or stage of its name is there already.
        """
        if sink.name in self._names:
            raise InputError(f"There is a {sink.name!r} already.", "Remove it first.")
        self._names.add(sink.name)
        self._to_close.append(sink)
        try:
            await sink.open()
        except BaseException:
            self._names.discard(sink.name)
            self._to_close.remove(sink)
            await finish(close_quietly(sink.name, sink.close()))
            raise
        if self._closed:
            await close_quietly(sink.name, sink.close())
        else:
            self._outlets.append(self._outlet(sink))

    async def remove_sink(self, sink: Sink) -> None:
        """Send it what waits for it, then close it; a sink that is not there is ignored."""
        outlet = next((o for o in self._outlets if o.sink is sink), None)
        if outlet is not None:
            await finish(self._detach(outlet))

    @property
    def sinks(self) -> list[Sink]:
        """Those that still take frames."""
        return [outlet.sink for outlet in self._outlets]

    def stats(self) -> Stats:
        """How it goes, at this moment."""
        return self._meter.snapshot(self._source.missed)

    async def _open(self) -> None:
        """Open the source and the sinks, unless told to stop meanwhile."""
        parts: list[Source | Sink] = [self._source, *self._first_sinks]
        for part in parts:
            if not self._stopped.is_set():
                await self._unless_stopped(asyncio.ensure_future(part.open()))
        self._outlets[:0] = [self._outlet(sink) for sink in self._first_sinks]

    async def _move(self) -> None:
        """Feed and work until the source has ended and the last frame has arrived."""
        feed = asyncio.create_task(self._feed())
        work = [asyncio.create_task(self._work(index)) for index in range(len(self._stages))]
        watch = asyncio.create_task(self._watch())
        try:
            await self._unless_stopped(asyncio.gather(asyncio.wait([feed]), *work))
            for outlet in list(self._outlets):
                await self._unless_stopped(asyncio.ensure_future(self._detach(outlet)))
            await self._unless_stopped(feed)  # raises what ended it, now that all has arrived
        finally:
            await cancel([watch, feed, *work])

    async def _unless_stopped(self, work: asyncio.Future[Any]) -> None:
        """Wait for the work, or cancel it when ``stop`` is called."""
        stopped = asyncio.ensure_future(self._stopped.wait())
        try:
            await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                await work
        finally:
            await cancel([work, stopped])

    async def _feed(self) -> None:
        """Read the source, always: frames that wait in it would only grow old."""
        index = 0
        try:
            while (frame := await self._source.read()) is not None:
                frame.index = index
                frame.i420 = self._i420 and all(sink.takes_i420 for sink in self.sinks)
                index += 1
                self._meter.arrived()
                for observer in self._observers:
                    observer.arrived(frame)
                await self._pass_on(frame, 0)
        finally:
            self._meter.end()
            self._finish_after(-1)

    async def _work(self, index: int) -> None:
        """One stage: a frame at a time, until there are no more."""
        stage, slot = self._stages[index], self._slots[index]
        try:
            while True:
                if index == 0:
                    await self._room.acquire()  # and only then choose the newest frame
                frame = await slot.take()
                start_s = self._clock.now()
                try:
                    await stage.run(frame)
                except Exception as error:  # noqa: BLE001 - it costs this frame only
                    self._room.release()
                    self._fault(stage.name, error)
                    continue
                span = frame.spans[stage.name] = Span(start_s, self._clock.now())
                if stage.name not in frame.idle:
                    self._meter.worked(stage.name, span)
                await self._pass_on(frame, index + 1)
        except SlotFinished:
            pass
        finally:
            self._finish_after(index)

    async def _pass_on(self, frame: LiveFrame, index: int) -> None:
        """Put the frame before the next stage, or after the last one before every sink."""
        if index < len(self._stages):
            slot, name = self._slots[index], self._stages[index].name
            overtaken = await self._put(slot, name, frame, keep=self._source.waits)
            if overtaken and index > 0:
                self._room.release()
            return
        self._meter.finished(frame)
        self._room.release()
        for outlet in list(self._outlets):
            keep = self._source.waits and outlet.sink.keeps_all
            await self._put(outlet.slot, outlet.sink.name, frame, keep=keep)

    async def _put(self, slot: Slot[LiveFrame], name: str, frame: LiveFrame, *, keep: bool) -> bool:
        """Returns whether the frame took the place of another."""
        if keep:
            await slot.put_when_free(frame)
            return False
        if slot.put(frame) is None:
            return False
        self._meter.dropped[name] += 1
        for observer in self._observers:
            observer.dropped(name)
        return True

    def _finish_after(self, index: int) -> None:
        """The stage (-1: the source) gives nothing more."""
        if index + 1 < len(self._slots):
            self._slots[index + 1].finish()

    def _outlet(self, sink: Sink) -> _Outlet:
        outlet = _Outlet(sink)
        outlet.task = asyncio.create_task(self._pour(outlet))
        return outlet

    async def _leave(self, outlet: _Outlet) -> None:
        """A sink has ended by itself. Those that were added on the way do not keep the rest going:
        nobody may be left to end a recording whose window is closed.
        """
        await self._detach(outlet)
        if not any(other.sink in self._first_sinks for other in self._outlets):
            self.stop()

    async def _detach(self, outlet: _Outlet) -> None:
        """Let the sink take what waits for it, then close it."""
        outlet.slot.finish()
        if outlet.task is not None and outlet.task is not asyncio.current_task():
            await asyncio.wait([outlet.task], timeout=CLOSE_S)
            await cancel([outlet.task])
        if outlet in self._outlets:
            self._outlets.remove(outlet)
            self._names.discard(outlet.sink.name)
            await close_quietly(outlet.sink.name, outlet.sink.close())
            self._to_close.remove(outlet.sink)

    async def _pour(self, outlet: _Outlet) -> None:
        """Give the sink the newest frame whenever it can take one."""
        sink = outlet.sink
        while True:
            try:
                frame = await outlet.slot.take()
                await sink.write(frame)
            except SlotFinished:
                return
            except SinkClosed as closing:
                self._tell(str(closing))
                await self._leave(outlet)
                return
            except Exception as error:  # noqa: BLE001 - it costs this frame only
                self._fault(sink.name, error)
                continue
            age_s = self._clock.now() - frame.captured_s
            if self._outlets and outlet is self._outlets[0]:
                self._meter.delivered(age_s)
            for observer in self._observers:
                observer.delivered(frame, sink.name, age_s)

    def _fault(self, where: str, error: Exception) -> None:
        """Count it; log the first of each place, and then each time their number doubles."""
        self._meter.faults[where] += 1
        count = self._meter.faults[where]
        if has_doubled(count):
            log.warning("%s gave up a frame (%d so far): %s", where, count, one_line(error))
        for observer in self._observers:
            observer.failed(where, error)

    async def _watch(self) -> None:
        """Pass on what the source and the sinks want the user to know, once each."""
        told: dict[tuple[bool, str], str | None] = {}
        while True:
            parts: list[Source | Sink] = [self._source, *self.sinks]
            for part in parts:
                # A browser is both, under one name.
                key, notice = (part is self._source, part.name), part.notice
                if notice != told.get(key):
                    told[key] = notice
                    self._tell(notice or f"{part.name}: all is well again.")
            for outlet in list(self._outlets):
                if outlet.sink.gone:
                    await self._leave(outlet)
            await self._clock.sleep(WATCH_S)

    def _tell(self, text: str) -> None:
        if text and self._on_notice is not None:
            self._on_notice(text)

    async def _close(self) -> None:
        self._closed = True
        await cancel([o.task for o in self._outlets if o.task is not None])
        self._outlets.clear()
        parts: list[Source | Stage | Sink] = [self._source, *self._stages, *self._to_close]
        await asyncio.gather(*(close_quietly(part.name, part.close()) for part in parts))
