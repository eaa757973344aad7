"""One session's stream: its browser's connection and the live session that runs over it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from bunraku.errors import BunrakuError
from bunraku.runtime.parts import Parts
from bunraku.runtime.plan import SERVER_SPARE, live_shares
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Command, Controls
from bunraku.stream.core.protocols import Sink, Stage
from bunraku.stream.core.session import LiveSession
from bunraku.stream.core.stats import Stats
from bunraku.stream.core.tasks import cancel
from bunraku.stream.rtc.peer import Peer, PeerState
from bunraku.stream.server.logs import told
from bunraku.stream.server.metrics import FrameMetrics, Metrics
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.recordings import RecordingSink
from bunraku.stream.server.sessions import Recording, Session

log = logging.getLogger(__name__)

Stages = Callable[[Controls], list[Stage]]
"""Makes the stages of one stream, which read these controls frame by frame."""

STATS_S = 1.0
_CLOSE_S = 8.0


class Stream:
    """Runs from an accepted offer until it is closed, or ends by itself.

    :param peer: has had its offer; closed with the stream.
    :param on_recorded: takes each recording once it is complete.
    :param on_end: called once, in the event loop, when everything has been released.
    """

    def __init__(
        self,
        session: Session,
        peer: Peer,
        stages: Stages,
        options: ServerOptions,
        metrics: Metrics,
        clock: Clock,
        on_recorded: Callable[[Session, Recording], None],
        on_end: Callable[[Stream], None],
    ) -> None:
        self._session = session
        self._peer = peer
        self._options = options
        self._metrics = metrics
        self._clock = clock
        self._on_recorded = on_recorded
        self._on_end = on_end
        self._controls = session.controls
        self._failing = False
        self._ending = False
        self._frames = FrameMetrics(metrics, peer.sink.name, clock.now())
        self._live = LiveSession(
            None,
            peer.source,
            [peer.sink],
            controls=session.controls,
            clock=clock,
            observers=[self._frames],
            record_to=self._recording,
            on_notice=self._tell,
            stages=stages,
            in_flight=live_shares(spare=SERVER_SPARE).in_flight,
        )
        peer.on_connected, peer.on_failed = self._connected, self._failed
        session.controls.failing = False  # a stream that is still ending is told
        session.controls.on_change = self._changed
        if peer.state is PeerState.FAILED:  # before anybody listened
            self._failed("The connection to the browser was lost.")
        self._task = asyncio.create_task(self._run(), name=f"stream {session.label}")

    async def command(
        self,
        command: Command,
        number: int | None,
        on: bool | None,
        strength: float | None,
        parts: Parts | None,
    ) -> str:
        """Carry out what the page asks for, see ``LiveSession.command``; returns what to tell the
        user.

        :raises InputError: it makes no sense now.
        """
        return await self._live.command(command, number, on, strength, parts)

    @property
    def silent_s(self) -> float:
        """Seconds since the browser's last picture, or since it began."""
        return self._clock.now() - self._frames.newest_s

    def stats(self) -> Stats:
        """How the frames fare."""
        return self._live.stats()

    async def close(self) -> None:
        """End it and release everything; recordings are completed. Takes seconds at most."""
        self._peer.on_failed = None  # a browser that is told to stop hangs up, which is no failure
        self._stop()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._task), _CLOSE_S)
        await cancel([self._task])

    async def _run(self) -> None:
        ticker = asyncio.create_task(self._tick(), name=f"stats {self._session.label}")
        try:
            await self._live.run()
            if not self._ending:
                self._session.notice("error", "The browser sends no more pictures; start again.")
        except BunrakuError as error:
            self._session.notice("error", str(error))
        except Exception:
            log.exception("a stream failed", extra=told(session=self._session.label))
            self._session.notice("error", "The stream failed; start it again.")
        finally:
            await cancel([ticker])
            self._count_missed(self._live.stats())
            await self._peer.close()
            if self._controls.on_change == self._changed:  # and not that of a stream after this one
                self._controls.failing = False
                self._controls.on_change = self._session.send_state
            self._on_end(self)

    def _stop(self) -> None:
        self._ending = True
        self._live.stop()

    def _count_missed(self, stats: Stats) -> None:
        self._frames.missed("source", stats.dropped.get("source", 0))
        self._frames.missed("encoder", self._peer.sink.replaced)

    async def _tick(self) -> None:
        """Tell the page the numbers, and end a stream to which no picture comes."""
        frames, since_s = 0, self._clock.now()
        while True:
            await self._clock.sleep(STATS_S)
            stats = self._live.stats()
            self._count_missed(stats)
            self._session.send({"type": "stats", **stats.as_json()})
            if stats.frames_in != frames:
                frames, since_s = stats.frames_in, self._clock.now()
            elif self._clock.now() - since_s >= self._options.limits.stalled_s:
                why = self._peer.source.notice or "No picture comes from the camera any more."
                self._session.notice("error", why)
                self._stop()

    def _changed(self) -> None:
        failing = self._controls.failing
        if failing is not self._failing:
            self._failing = failing
            if failing:
                self._metrics.failing.inc()
                self._metrics.failures.inc()
                log.error(
                    "the engine keeps failing, the camera passes through",
                    extra=told(session=self._session.label),
                )
            else:
                self._metrics.failing.dec()
        self._session.send_state()

    def _connected(self) -> None:
        log.info("connected", extra=told(session=self._session.label))

    def _failed(self, why: str) -> None:
        self._session.notice("error", why)
        self._stop()

    def _tell(self, text: str) -> None:
        self._session.notice("warning" if self._controls.failing else "info", text)

    def _recording(self) -> Sink:
        return RecordingSink(
            self._session.folder, self._options.limits, self._options.rate, self._recorded
        )

    def _recorded(self, recording: Recording) -> None:
        self._metrics.recordings.inc()
        self._on_recorded(self._session, recording)
