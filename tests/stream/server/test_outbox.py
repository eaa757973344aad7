from __future__ import annotations

import asyncio
import json
from typing import Any

from bunraku.stream.server.outbox import MOST_WAITING, Outbox


class FakeSocket:
    """Takes what is sent while it is open; fails once ``gone``."""

    def __init__(self) -> None:
        self.closed = self.gone = False
        self.sent: list[dict[str, Any]] = []
        self.code: int | None = None
        self.free = asyncio.Event()
        self.free.set()

    async def send_str(self, data: str) -> None:
        await self.free.wait()
        if self.gone:
            raise ConnectionResetError
        self.sent.append(json.loads(data))

    async def close(self, *, code: int, message: bytes) -> bool:
        self.closed, self.code = True, code
        return True


async def test_in_order_and_then_closed() -> None:
    outbox, socket = Outbox(), FakeSocket()
    for number in range(3):
        outbox.put({"type": "notice", "n": number})
    outbox.close(4000, "done")
    outbox.put({"type": "notice", "n": 3})
    outbox.close(1000, "again")
    await outbox.run(socket)
    assert [message["n"] for message in socket.sent] == [0, 1, 2]
    assert socket.code == 4000


async def test_only_the_newest_numbers() -> None:
    outbox, socket = Outbox(), FakeSocket()
    for number in range(3):
        outbox.put({"type": "stats", "n": number})
        outbox.put({"type": "notice", "n": number})
    outbox.close(4000, "")
    await outbox.run(socket)
    assert [(m["type"], m["n"]) for m in socket.sent] == [
        *(("notice", 0), ("notice", 1)),
        *(("stats", 2), ("notice", 2)),
    ]


async def test_a_page_that_reads_nothing_is_hung_up_on() -> None:
    outbox, socket = Outbox(), FakeSocket()
    socket.free.clear()
    running = asyncio.create_task(outbox.run(socket))
    for number in range(MOST_WAITING + 1):
        outbox.put({"type": "notice", "n": number})
    assert outbox.closing
    socket.free.set()
    await running
    assert socket.closed
    assert not socket.sent


async def test_a_page_that_is_gone() -> None:
    outbox, socket = Outbox(), FakeSocket()
    socket.gone = socket.closed = True
    outbox.put({"type": "notice"})
    await outbox.run(socket)
    assert socket.code is None
