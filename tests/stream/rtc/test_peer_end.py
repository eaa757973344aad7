"""What a peer leaves behind: no thread, no file, no task."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import threading

import psutil
import pytest
from tests.stream.rtc.browser import Browser, Camera, local_options
from tests.stream.rtc.peers import connected, invert_below, pump

from bunraku.errors import InputError
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.rtc.peer import Peer, PeerState


async def test_a_part_that_does_not_end_keeps_nothing_open(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Never(asyncio.Event):
        def set(self) -> None:
            """As where aiortc's task has died of an error that it does not expect."""

    async def one() -> None:
        async with connected(camera=Camera(side_px=64)) as (peer, _):
            assert peer._transceiver is not None
            receiver, sender = peer._transceiver.receiver, peer._transceiver.sender
            vars(receiver)["_RTCRtpReceiver__rtcp_exited"] = Never()
            ice = sender.transport.transport
            await peer.close()
            assert ice.state == "closed"
            assert not ice._connection._protocols

    monkeypatch.setattr("bunraku.stream.rtc.peer.CLOSE_TIMEOUT_S", 1.0)
    await one()
    before = await settled_counts()
    await one()
    await settled_at(before)
    assert caplog.text.count("did not close within") == 2


async def settled_counts() -> tuple[int, int, int]:
    """Threads, file descriptors and tasks, once those that are ending have ended."""
    counts = (10**6, 10**6, 10**6)
    gc.collect()
    for _ in range(20):
        now = (
            # The loop's own pool, which the browser here encodes in, grows as it likes.
            sum(not one.name.startswith("asyncio_") for one in threading.enumerate()),
            psutil.Process().num_fds(),
            len(asyncio.all_tasks()),
        )
        counts = min(counts[0], now[0]), min(counts[1], now[1]), min(counts[2], now[2])
        await asyncio.sleep(0.01)
    return counts


async def settled_at(before: tuple[int, int, int]) -> None:
    """Wait until there are no more than before."""
    async with asyncio.timeout(15):
        while any(now > was for was, now in zip(before, await settled_counts(), strict=True)):
            pass  # threads that wait for a core have not ended yet


async def test_ten_connections_leave_nothing_behind() -> None:
    async def one() -> None:
        async with connected(camera=Camera(side_px=64)) as (peer, browser):
            task = asyncio.create_task(pump(peer, invert_below))
            await browser.see()
        # The peer's end is the end of its source: nobody needs to be cancelled.
        with contextlib.suppress(SinkClosed):
            await asyncio.wait_for(task, 10)

    await one()
    before = await settled_counts()
    for _ in range(10):
        await one()
    await settled_at(before)


async def test_mutated_offers_are_answered_or_refused_and_leave_nothing_behind() -> None:
    async def outcome(offer: str) -> str:
        peer = Peer(local_options())
        try:
            return await peer.answer(offer)
        except InputError:
            assert peer.state is PeerState.CLOSED
            return ""
        finally:
            await peer.close()

    rng = random.Random(7)
    async with Browser() as browser:
        browser.connection.addTransceiver("audio")
        offer = await browser.offer()
        await outcome(offer)
        before = await settled_counts()
        answers = []
        for _ in range(10):
            offers = [mutated(offer, rng) for _ in range(20)]
            answers += await asyncio.gather(*map(outcome, offers))
        after = await settled_counts()
    answered = [answer for answer in answers if answer]
    assert 20 < len(answered) < 150
    assert all(answer.startswith("v=0\r\n") and "m=video" in answer for answer in answered)
    assert all(b <= a for a, b in zip(before, after, strict=True)), (before, after)


def mutated(offer: str, rng: random.Random) -> str:
    """The offer after a few accidents."""
    lines = offer.split("\r\n")
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        line = lines[at]
        match rng.randrange(8):
            case 0:
                del lines[at]
            case 1:
                lines.insert(rng.randrange(len(lines)), line)
            case 2:
                lines[at] = line[: rng.randrange(len(line) + 1)]
            case 3:
                place = rng.randrange(len(line) + 1)
                lines[at] = line[:place] + chr(rng.randrange(1, 0x2FF)) + line[place + 1 :]
            case 4:
                lines[at] = line.replace(" ", rng.choice(["", "  ", "/"]), 1)
            case 5:
                digits = str(rng.choice([-1, 0, 255, 65536, 2**32, 10**20]))
                head, colon, _ = line.partition(":")
                lines[at] = head + colon + digits
            case 6:
                other = rng.randrange(len(lines))
                lines[at], lines[other] = lines[other], line
            case _:
                lines[at] = line.swapcase()
    return "\r\n".join(lines)[: rng.choice([10**6, 10**6, rng.randrange(1, len(offer))])]
