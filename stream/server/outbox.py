"""What is on its way to a page: in order, bounded, and of numbers only the newest."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import deque
from typing import Protocol

from bunraku.stream.server.protocol import CloseCode, Message

MOST_WAITING = 256
"""Messages that wait for a page; one that does not read so many is hung up on."""

# Of these only the newest counts.
_REPLACED = ("stats", "state")


class TextSocket(Protocol):
    """What is needed of aiohttp's WebSocketResponse."""

    @property
    def closed(self) -> bool: ...

    async def send_str(self, data: str) -> None: ...

    async def close(self, *, code: int, message: bytes) -> bool: ...


class Outbox:
    """Sends messages one after the other in ``run``; putting one in never waits."""

    def __init__(self) -> None:
        self._waiting: deque[Message] = deque()
        self._wake = asyncio.Event()
        self._closing: tuple[int, bytes] | None = None

    @property
    def closing(self) -> bool:
        """Whether nothing more is taken."""
        return self._closing is not None

    def put(self, message: Message) -> None:
        """Send it soon, in place of an older one of its kind where only the newest counts."""
        if self.closing:
            return
        if message["type"] in _REPLACED:
            self._take_out(message["type"])
        self._waiting.append(message)
        if len(self._waiting) > MOST_WAITING:
            self._waiting.clear()
            self.close(CloseCode.SESSION_ENDED, "nothing is read")
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close once what waits has been sent; the first call counts."""
        if self._closing is None:
            self._closing = (int(code), reason.encode())
        self._wake.set()

    async def run(self, socket: TextSocket) -> None:
        """Send what is put in, until it is closed or the page has gone."""
        with contextlib.suppress(ConnectionError):
            while True:
                while self._waiting:
                    await socket.send_str(json.dumps(self._waiting.popleft()))
                if self._closing is not None:
                    break
                self._wake.clear()
                await self._wake.wait()
        if not socket.closed:
            code, reason = self._closing or (int(CloseCode.SESSION_ENDED), b"")
            await socket.close(code=code, message=reason)

    def _take_out(self, kind: str) -> None:
        for index, waiting in enumerate(self._waiting):
            if waiting["type"] == kind:
                del self._waiting[index]
                return
