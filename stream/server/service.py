"""The server's heart: what REST and WebSocket ask for, done; sessions begun, watched and ended."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from bunraku.errors import InputError
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.controls import Command, Photo
from bunraku.stream.core.session import Identify
from bunraku.stream.core.tasks import cancel, finish
from bunraku.stream.rtc.peer import Peer
from bunraku.stream.server.auth import AccessControl
from bunraku.stream.server.folders import sweep
from bunraku.stream.server.logs import told
from bunraku.stream.server.metrics import Metrics
from bunraku.stream.server.options import ServerOptions
from bunraku.stream.server.photo_worker import PhotoWorker, photo_json
from bunraku.stream.server.protocol import ApiError, ByeReason, CommandMessage, ErrorCode, Offer
from bunraku.stream.server.rate_limit import MINUTE_S, ConcurrencyLimit, RateLimits
from bunraku.stream.server.recordings import keep
from bunraku.stream.server.registry import Registry
from bunraku.stream.server.sessions import Link, Recording, Session, State
from bunraku.stream.server.streaming import Stages, Stream

log = logging.getLogger(__name__)

WATCH_S = 0.25


class Service:
    """One server's state and what can be done with it."""

    def __init__(
        self, options: ServerOptions, stages: Stages, identify: Identify, clock: Clock
    ) -> None:
        """:raises InputError: the options cannot be served safely."""
        options.check()
        self.options = options
        self.limits = options.limits
        self.clock = clock
        self.access = AccessControl(options, clock)
        self.metrics = Metrics(options.limits.sessions)
        self.sessions = Registry(options.limits, clock)
        self.photo_worker = PhotoWorker(identify, options.limits, self.metrics)
        self.stopping = False
        self.strangers = RateLimits(options.limits.uploads_per_minute, MINUTE_S, clock)
        """Uploads without a session, by address."""
        self.receiving = ConcurrencyLimit(
            options.limits.uploads_at_once, options.limits.uploads_at_once_each
        )
        """Photos on their way in or being looked at, by session or address."""
        self.knocking = ConcurrencyLimit(options.limits.knocking, options.limits.knocking_each)
        """WebSockets that have not said hello yet, by address."""
        self._stages = stages
        self._watcher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Delete what killed servers have left, make the operator's photos ready and begin to
        watch sessions.

        :raises PhotoError: a photo cannot be used.
        """
        await asyncio.to_thread(sweep)
        await self.photo_worker.offer(self.options.photos)
        self._watcher = asyncio.create_task(self._watch(), name="watch sessions")

    async def stop(self) -> None:
        """Tell every session, complete recordings, delete everything."""
        self.stopping = True
        if self._watcher is not None:
            await cancel([self._watcher])
        text = "The server is stopping."
        await asyncio.gather(*(self.end(s, ByeReason.STOPPING, text) for s in self.sessions))
        self.sessions.close()
        self.photo_worker.close()

    def open(self, *, scripted: bool = False) -> Session:
        """A new session. :raises ApiError: server_full, stopping."""
        self.check_stopping()
        session = self.sessions.open(self.photo_worker.offered, scripted=scripted)
        session.controls.window_only = self.options.window_only
        session.controls.parts = self.options.parts
        if self.options.face is not None:
            session.controls.offer_face(self.options.face)
        self.metrics.opened.inc()
        log.info("session opened", extra=told(session=session.label, scripted=scripted))
        return session

    def forget(self, session: Session) -> None:
        """Undo ``open``."""
        self.metrics.ended.labels("refused").inc()
        self.sessions.remove(session)

    def check_stopping(self) -> None:
        """:raises ApiError: nothing new is begun any more."""
        if self.stopping:
            raise ApiError(503, ErrorCode.STOPPING, "The server is stopping.", "Try again soon.")

    async def end(self, session: Session, reason: ByeReason, text: str) -> None:
        """Say goodbye, end the stream, delete all that belongs to the session."""
        if session.ended:
            return
        if not session.ending:  # stopping does not wait for an end that is under way
            session.ending = True
            log.info("session ended", extra=told(session=session.label, reason=reason))
            self.metrics.ended.labels(reason).inc()
        await self.stop_stream(session)
        link, session.link = session.link, None
        if link is not None:
            link.bye(reason, text)
        self.sessions.remove(session)

    async def lose(self, session: Session, link: Link) -> None:
        """A WebSocket is gone: its session's place is free at once, its photos stay a while."""
        if self.sessions.detach(session, link):
            log.info("connection lost", extra=told(session=session.label))
            await self.stop_stream(session)

    async def add_photo(self, session: Session, data: bytes, name: str) -> dict[str, Any]:
        """Make a photo ready for a session; returns what the page is told of it.

        :raises ApiError: it is refused, or there are too many.
        """
        self.sessions.touch(session)
        if len(session.previews) + session.pending >= self.limits.photos:
            raise ApiError(
                429,
                ErrorCode.TOO_MANY_PHOTOS,
                f"A session holds {self.limits.photos} photos at most.",
                "Remove one first.",
            )
        session.pending += 1
        try:
            photo, small = await self.photo_worker.take(data, name)
        finally:
            session.pending -= 1
        if session.ended:
            raise ApiError(
                404, ErrorCode.SESSION_EXPIRED, "The session has ended.", "Start a new one."
            )
        self.sessions.touch(session)
        session.previews[photo.id] = small
        number = session.controls.add(photo)
        self.metrics.uploads.inc()
        return photo_json(photo, number, own=True)

    async def remove_photo(self, session: Session, photo_id: str) -> None:
        """Delete one of a session's own photos. A stream ends before its last one goes: it would
        show, and record, the camera itself.

        :raises ApiError: not_found, or forbidden where it is the operator's.
        """
        if photo_id in self.photo_worker.previews:
            raise ApiError(403, ErrorCode.FORBIDDEN, "That photo belongs to the server.")
        if session.previews.pop(photo_id, None) is None:
            raise not_found("photo")
        async with session.starting:
            if session.stream is not None and len(session.controls.photos) == 1:
                session.notice("error", "The stream ended: its last photo was removed.")
                await self.stop_stream(session)
            if not session.ended:
                session.controls.remove(photo_id)

    def photos_json(self, session: Session | None) -> list[dict[str, Any]]:
        """A session's photos, the operator's first; without a session only those."""
        photos: list[Photo] = (
            self.photo_worker.offered if session is None else session.controls.photos
        )
        own = {} if session is None else session.previews
        return [photo_json(p, n, own=p.id in own) for n, p in enumerate(photos, 1)]

    async def start_stream(self, session: Session, offer: Offer) -> str:
        """Answer an offer; a stream that runs already makes way for the new one.

        :raises ApiError: no_photo, too_many_offers, server_full, bad_offer, stopping.
        """
        try:
            async with session.starting:
                answer = await self._start_stream(session, offer)
        except Exception as error:
            code = error.code if isinstance(error, ApiError) else ErrorCode.INTERNAL
            self.metrics.offers.labels(code).inc()
            raise
        self.metrics.offers.labels("accepted").inc()
        log.info("stream started", extra=told(session=session.label))
        return answer

    async def stop_stream(self, session: Session) -> None:
        """End a session's stream, if there is one. Its place is free at once."""
        stream, session.stream = session.stream, None
        self.sessions.free_place(session)
        if stream is not None:
            session.send_state()
            await finish(stream.close())

    async def command(self, session: Session, message: CommandMessage) -> None:
        """Carry out what a page's key asks for.

        :raises InputError: it makes no sense now.
        """
        if message.command is Command.QUIT:
            await self.stop_stream(session)
            return
        stream = session.stream
        asked = message.command, message.number, message.on, message.strength, message.parts
        if isinstance(stream, Stream):
            said = await stream.command(*asked)
        elif message.command is Command.RECORD:
            raise ApiError(
                409, ErrorCode.BAD_MESSAGE, "There is nothing to record.", "Press start first."
            )
        else:
            said = session.controls.apply(*asked)
        session.notice("info", said)

    async def _start_stream(self, session: Session, offer: Offer) -> str:
        self.check_stopping()
        if not session.offers.take():
            raise ApiError(
                429,
                ErrorCode.TOO_MANY_OFFERS,
                "The stream was started too often.",
                "Wait a moment.",
                retry_s=session.offers.wait_s(),
            )
        self._choose_photo(session, offer.photo)
        await self._make_room(session)
        self.sessions.take_place(session)
        former, session.stream = session.stream, None
        try:
            if former is not None:
                await finish(former.close())
            session.stream, answer = await self._connect(session, offer.sdp)
        except BaseException:
            self.sessions.free_place(session)
            raise
        return answer

    async def _connect(self, session: Session, sdp: str) -> tuple[Stream, str]:
        peer = Peer(self.options.peer, clock=self.clock)
        try:
            answer = await peer.answer(sdp)
        except InputError as error:  # the peer has closed itself
            raise ApiError(400, ErrorCode.BAD_OFFER, error.message, error.hint) from error
        try:
            if session.state is not State.STREAMING:
                raise ApiError(409, ErrorCode.SESSION_EXPIRED, "The session has lost its place.")
            stream = Stream(
                session,
                peer,
                self._stages,
                self.options,
                self.metrics,
                self.clock,
                self._keep,
                self._stream_ended,
            )
        except BaseException:
            await finish(peer.close())
            raise
        return stream, answer

    def _choose_photo(self, session: Session, photo_id: str | None) -> None:
        controls = session.controls
        if photo_id is not None:
            ids = [photo.id for photo in controls.photos]
            if photo_id not in ids:
                raise ApiError(
                    404, ErrorCode.NO_PHOTO, "That photo is not in this session.", "Choose another."
                )
            controls.current = ids.index(photo_id)
        elif controls.photo is None:
            raise ApiError(409, ErrorCode.NO_PHOTO, "There is no photo yet.", "Choose one first.")

    async def _make_room(self, session: Session) -> None:
        """Where all places are taken, one of whom nothing is heard any more gives its up."""
        if session.state is State.STREAMING or self.sessions.streaming < self.limits.sessions:
            return
        silent = self.sessions.silent_streamer()
        if silent is not None:
            log.info("a silent session gave its place up", extra=told(session=silent.label))
            silent.notice("warning", "The connection was lost, and another took the place.")
            await self.stop_stream(silent)

    def _keep(self, session: Session, recording: Recording) -> None:
        keep(session, recording, self.limits, self.sessions)

    def _stream_ended(self, stream: Stream) -> None:
        """It ended by itself, or was closed."""
        for session in self.sessions:
            if session.stream is stream:
                session.stream = None
                self.sessions.free_place(session)
                session.send_state()

    async def _watch(self) -> None:
        """End the sessions whose time is over."""
        while True:
            await self.clock.sleep(WATCH_S)
            due = [(session, self.sessions.overdue(session)) for session in self.sessions]
            ending = [self.end(session, *why) for session, why in due if why is not None]
            for error in await asyncio.gather(*ending, return_exceptions=True):
                if isinstance(error, Exception):
                    log.error("a session did not end well", exc_info=error)

    def count_sessions(self) -> None:
        """Bring the gauges up to date, before they are read."""
        for state in (State.READY, State.STREAMING, State.AWAY):
            count = sum(session.state is state for session in self.sessions)
            self.metrics.sessions.labels(state).set(count)


def not_found(what: str) -> ApiError:
    """The answer for what is not there, or not this session's."""
    return ApiError(404, ErrorCode.NOT_FOUND, f"There is no such {what}.")
