"""A peer and a stand-in for a browser, connected over loopback."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable

from tests.stream.rtc.browser import Browser, Camera, local_options

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.rtc.low_latency import install
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.rtc.peer import Peer

Work = Callable[[LiveFrame], None]


def invert_below(frame: LiveFrame) -> None:
    """Show the picture with its lower half inverted."""
    picture = frame.picture().copy()
    lower = picture[picture.shape[0] // 2 :]
    lower[:] = 255 - lower
    frame.shown = picture


@contextlib.asynccontextmanager
async def connected(
    options: PeerOptions | None = None, camera: Camera | None = None
) -> AsyncIterator[tuple[Peer, Browser]]:
    """A peer and a browser that have found each other."""
    assert install()
    up = asyncio.Event()
    async with Browser(camera) as browser:
        peer = Peer(options or local_options(), on_connected=up.set)
        try:
            await browser.accept(await peer.answer(await browser.offer()))
            await asyncio.wait_for(up.wait(), 5)
            yield peer, browser
        finally:
            await peer.close()


async def pump(peer: Peer, work: Work, seen: list[LiveFrame] | None = None) -> None:
    """What the pipeline does, in short."""
    while (frame := await peer.source.read()) is not None:
        await asyncio.to_thread(work, frame)
        if seen is not None:
            seen.append(frame)
        await peer.sink.write(frame)


@contextlib.asynccontextmanager
async def pumping(
    peer: Peer, work: Work, seen: list[LiveFrame] | None = None
) -> AsyncIterator[None]:
    task = asyncio.create_task(pump(peer, work, seen))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
