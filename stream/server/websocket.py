"""One page's WebSocket: it stays open for as long as the session, and is its sign of life."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bunraku.errors import InputError
from bunraku.stream.core.tasks import cancel, finish
from bunraku.stream.server.logs import told
from bunraku.stream.server.options import is_loopback
from bunraku.stream.server.outbox import Outbox
from bunraku.stream.server.protocol import (
    ApiError,
    ByeReason,
    ClientMessage,
    CloseCode,
    CommandMessage,
    ErrorCode,
    Hello,
    Message,
    Offer,
    Ping,
    Stop,
    bad_message,
    parse,
)
from bunraku.stream.server.rate_limit import RateLimit
from bunraku.stream.server.service import Service
from bunraku.stream.server.sessions import Session
from bunraku.stream.server.welcome import welcome

log = logging.getLogger(__name__)

_CLOSE_S = 1.0
# Messages that wait for a server that is at work.
_MOST_ASKED = 16


class Connection:
    """Talks to one page. Nothing is done for it before its hello."""

    def __init__(
        self,
        service: Service,
        socket: web.WebSocketResponse,
        transport: asyncio.WriteTransport,
        remote: str,
    ) -> None:
        self._service = service
        self._socket = socket
        self._transport = transport
        self._remote = remote
        self._clock = service.clock
        self._session: Session | None = None
        self._heard_s = self._clock.now()
        self._messages = RateLimit(service.limits.messages_per_second, 1.0, service.clock)
        self._outbox = Outbox()
        self._asked: asyncio.Queue[ClientMessage] = asyncio.Queue(_MOST_ASKED)

    @property
    def silent_s(self) -> float:
        return self._clock.now() - self._heard_s

    def send(self, message: Message) -> None:
        """Send soon; of stats and states that wait, only the newest."""
        self._outbox.put(message)

    def bye(self, reason: ByeReason, text: str) -> None:
        """Say goodbye and close soon."""
        self.send({"type": "bye", "reason": reason, "text": text})
        self._outbox.close(CloseCode.SESSION_ENDED, reason)

    async def run(self) -> None:
        """Serve the page until it goes, or is told to."""
        writer = asyncio.create_task(self._outbox.run(self._socket), name="websocket writer")
        tasks = [writer]
        try:
            if await self._welcome():
                tasks += [
                    asyncio.create_task(self._work(), name="websocket worker"),
                    asyncio.create_task(self._pulse(), name="websocket pulse"),
                ]
                await self._converse()
        finally:
            await finish(self._end(writer, tasks))

    async def _end(self, writer: asyncio.Task[None], tasks: list[asyncio.Task[None]]) -> None:
        """What is still to be said is said; then the place is freed and everything ended."""
        session = self._session
        try:
            await cancel(task for task in tasks if task is not writer)
            if session is not None:
                await self._service.lose(session, self)
        finally:
            self._outbox.close(CloseCode.SESSION_ENDED, "")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(writer), 2 * _CLOSE_S)
            if not writer.done():
                self._transport.abort()  # nobody reads there: what is written would wait for ever
            await cancel([writer])

    async def _welcome(self) -> bool:
        """Wait for the hello and answer it; False if the page may not come in."""
        try:
            with self._service.knocking.joined(self._remote):
                async with asyncio.timeout(self._service.limits.hello_s):
                    message = await self._socket.receive()
        except TimeoutError:
            self._outbox.close(CloseCode.NO_HELLO, "no hello")
            return False
        if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
            return False
        try:
            hello = self._read(message)
            if not isinstance(hello, Hello):
                raise bad_message("The first message must be a hello.")
        except ApiError as error:
            self._refuse(error, CloseCode.NO_HELLO)
            return False
        try:
            self._service.access.check_token(hello.token, self._remote)
            session = self._resume(hello.session)
        except ApiError as error:
            self._service.metrics.refused.labels(error.code).inc()
            unauthorized = error.code is ErrorCode.UNAUTHORIZED
            self._refuse(error, CloseCode.UNAUTHORIZED if unauthorized else CloseCode.FULL)
            return False
        await self._take(session)
        return True

    def _resume(self, session_id: str | None) -> Session:
        """The session that the page names; a new one where it is gone, or names none."""
        if session_id is not None:
            with contextlib.suppress(ApiError):
                self._service.check_stopping()
                return self._service.sessions.find(session_id)
        return self._service.open()

    async def _take(self, session: Session) -> None:
        self._session = session
        former = self._service.sessions.attach(session, self)
        if former is not None:
            former.bye(ByeReason.REPLACED, "The session goes on in another window.")
        if session.stream is not None:
            await self._service.stop_stream(session)
        self.send(welcome(self._service, session))
        session.send_state()

    async def _converse(self) -> None:
        assert self._session is not None
        while not self._outbox.closing:
            message = await self._socket.receive()
            self._heard_s = self._clock.now()
            if message.type is WSMsgType.PING:
                with contextlib.suppress(ConnectionError):
                    await self._socket.pong(message.data)
                continue
            if message.type is WSMsgType.PONG:
                continue
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            if not self._messages.take():
                error = ApiError(429, ErrorCode.TOO_MANY_REQUESTS, "Too many messages at once.")
                self._refuse(error, CloseCode.FULL)
                return
            try:
                self._ask(self._read(message))
            except ApiError as error:
                self._send_error(error)

    def _ask(self, message: ClientMessage) -> None:
        """Answer at once what takes no time, and leave the rest to the worker, in its order."""
        if isinstance(message, Ping):
            self.send({"type": "pong", "t": message.t})
            return
        if isinstance(message, Hello):
            raise bad_message("There was a hello already.")
        assert self._session is not None
        self._service.sessions.touch(self._session)
        try:
            self._asked.put_nowait(message)
        except asyncio.QueueFull:
            raise ApiError(
                429, ErrorCode.TOO_MANY_REQUESTS, "Too much was asked at once.", "Wait a moment."
            ) from None

    def _read(self, message: WSMessage) -> ClientMessage:
        if message.type is not WSMsgType.TEXT:
            raise bad_message("A message is not a text.")
        return parse(message.data)

    async def _work(self) -> None:
        """Do what the page asks for, one after the other."""
        session = self._session
        assert session is not None
        while True:
            message = await self._asked.get()
            number = message.id if isinstance(message, Offer) else None
            try:
                await self._do(session, message)
            except ApiError as error:
                self._send_error(error, number)
            except InputError as error:
                self._send_error(
                    ApiError(400, ErrorCode.BAD_MESSAGE, error.message, error.hint), number
                )
            except Exception:
                log.exception("a message failed", extra=told(session=session.label))
                self._send_error(
                    ApiError(500, ErrorCode.INTERNAL, "The server made a mistake.", "Try again."),
                    number,
                )

    async def _do(self, session: Session, message: ClientMessage) -> None:
        match message:
            case Offer():
                sdp = await self._service.start_stream(session, message)
                self.send({"type": "answer", "id": message.id, "sdp": sdp})
                session.send_state()
            case CommandMessage():
                await self._service.command(session, message)
            case Stop():
                await self._service.stop_stream(session)

    async def _pulse(self) -> None:
        """Ask for a sign of life over and over, and hang up when there is none."""
        limits = self._service.limits
        while True:
            began_s = self._clock.now()
            await self._clock.sleep(limits.heartbeat_s)
            # A stall of ours is no silence of the page's.
            now_s = self._clock.now()
            stalled_s = max(0.0, now_s - began_s - limits.heartbeat_s)
            self._heard_s = min(now_s, self._heard_s + stalled_s)
            if self.silent_s >= limits.dead_s:
                self._outbox.close(WSCloseCode.GOING_AWAY, "")
                self._transport.abort()
                return
            with contextlib.suppress(ConnectionError):
                await self._socket.ping()

    def _refuse(self, error: ApiError, code: CloseCode) -> None:
        self._send_error(error)
        self._outbox.close(code, error.code)

    def _send_error(self, error: ApiError, number: int | None = None) -> None:
        message: dict[str, Any] = {"type": "error", **error.as_json()}
        if number is not None:
            message["id"] = number
        self.send(message)


async def talk(request: web.Request, service: Service) -> web.StreamResponse:
    """Serve GET /ws, whose host and origin have been checked."""
    remote = request.remote or ""
    # From this machine comes whoever a proxy or a tunnel lets in.
    if not service.knocking.admits(remote, shared=is_loopback(remote)):
        raise ApiError(
            503, ErrorCode.SERVER_FULL, "Too many want to come in at once.", "Try again soon."
        )
    limits = service.limits
    socket = web.WebSocketResponse(
        timeout=_CLOSE_S, autoping=False, compress=False, max_msg_size=limits.message_bytes
    )
    await socket.prepare(request)
    if request.transport is not None:
        await Connection(service, socket, request.transport, remote).run()
    return socket
