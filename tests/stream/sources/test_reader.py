from __future__ import annotations

import asyncio
import logging
import threading
import time

import pytest
from tests.stream.sources.feeds import END, ScriptedFeed, connector, shot

from bunraku.errors import SourceError
from bunraku.stream.sources import reader as reader_module
from bunraku.stream.sources.reader import READ_AHEAD, FeedLost, Reader


async def _until(condition: threading.Event) -> None:
    assert await asyncio.to_thread(condition.wait, 5)


async def _started(feed: ScriptedFeed) -> Reader:
    reader = Reader(connector(feed), "camera")
    assert await reader.start() is feed.live
    return reader


async def _spin(reads: int, feed: ScriptedFeed) -> None:
    """Wait until the thread asks the feed for the so-manieth time."""
    async with asyncio.timeout(5):
        while feed.reads < reads:
            await asyncio.sleep(0.001)


async def test_of_a_live_feed_the_newest_wins_and_the_others_are_counted() -> None:
    feed = ScriptedFeed()
    reader = await _started(feed)
    feed.push(*(shot(i) for i in range(5)))
    await _spin(6, feed)
    frame = await reader.take()
    assert frame is not None
    assert frame.pts == 4
    assert reader.missed == 4
    assert reader.upcoming_s is None
    feed.unreadable = 3
    assert reader.missed == 7
    feed.push(END)
    assert await reader.take() is None
    await reader.close()


async def test_other_feeds_wait_and_lose_nothing() -> None:
    feed = ScriptedFeed(live=False).push(*(shot(i) for i in range(10)), END)
    reader = await _started(feed)
    await _spin(READ_AHEAD + 1, feed)
    assert reader.upcoming_s == 0.0
    # It would read on if it did not wait for room.
    await asyncio.sleep(0.02)
    assert feed.reads == READ_AHEAD + 1
    pts = []
    while (frame := await reader.take()) is not None:
        pts.append(frame.pts)
    assert pts == list(range(10))
    assert reader.missed == 0
    await reader.close()


async def test_a_waiting_take_gets_the_frame_that_comes() -> None:
    feed = ScriptedFeed()
    reader = await _started(feed)
    task = asyncio.ensure_future(reader.take())
    await asyncio.sleep(0)
    feed.push(shot(1), END)
    frame = await task
    assert frame is not None
    assert frame.pts == 1
    await reader.close()


async def test_all_happens_in_one_thread_that_ends() -> None:
    feed = ScriptedFeed().push(shot(0), END)
    threads: list[threading.Thread] = []

    def connect() -> ScriptedFeed:
        threads.append(threading.current_thread())
        return feed

    reader = Reader(connect, "camera")
    await reader.start()
    await _until(feed.closed)
    await reader.close()
    assert threads == [feed.thread]
    assert threads[0] is not threading.main_thread()
    assert not threads[0].is_alive()


async def test_an_error_comes_after_the_frame_before_it() -> None:
    feed = ScriptedFeed(live=False).push(shot(0), FeedLost("gone"))
    reader = await _started(feed)
    assert await reader.take() is not None
    with pytest.raises(FeedLost, match="gone"):
        await reader.take()
    with pytest.raises(FeedLost, match="gone"):
        await reader.take()
    assert feed.closed.is_set()
    await reader.close()


async def test_what_connecting_raises_is_told() -> None:
    reader = Reader(connector(SourceError("No such camera.")), "camera")
    with pytest.raises(SourceError, match="No such camera"):
        await reader.start()
    await reader.close()
    assert await reader.take() is None


async def test_a_take_may_give_up() -> None:
    feed = ScriptedFeed()
    reader = await _started(feed)
    with pytest.raises(TimeoutError):
        await reader.take(0.01)
    feed.push(shot(3), END)
    frame = await reader.take(5)
    assert frame is not None
    assert frame.pts == 3
    await reader.close()


async def test_closing_ends_a_take_and_a_thread_that_waits_for_room() -> None:
    feed = ScriptedFeed(live=False).push(*(shot(i) for i in range(10)))
    reader = await _started(feed)
    await _spin(READ_AHEAD + 1, feed)
    await reader.close()
    assert feed.closed.is_set()
    assert feed.thread is not None
    assert not feed.thread.is_alive()
    assert await reader.take() is None


async def test_closing_is_bounded_when_reading_hangs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(reader_module, "CLOSE_WAIT_S", 0.05)
    feed = ScriptedFeed()
    reader = await _started(feed)
    waiting = asyncio.ensure_future(reader.take())
    await _spin(1, feed)
    start_s = time.monotonic()
    with caplog.at_level(logging.WARNING):
        await reader.close()
    assert time.monotonic() - start_s < 5
    assert "camera does not answer" in caplog.text
    assert await waiting is None
    # What it reads at last is thrown away, and the feed is closed all the same.
    feed.push(shot(0))
    await _until(feed.closed)
    assert feed.thread is not None
    await asyncio.to_thread(feed.thread.join, 5)
    assert await reader.take() is None


async def test_closing_while_connecting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "CLOSE_WAIT_S", 0.05)
    feed, answered = ScriptedFeed(), threading.Event()

    def connect() -> ScriptedFeed:
        assert answered.wait(5)
        return feed

    reader = Reader(connect, "camera")
    start = asyncio.ensure_future(reader.start())
    await asyncio.sleep(0.01)
    await reader.close()
    await start
    answered.set()
    await _until(feed.closed)
    assert feed.reads == 0


async def test_closing_twice_and_before_the_start() -> None:
    reader = Reader(connector(ScriptedFeed()), "camera")
    await reader.close()
    await reader.close()


async def test_a_cancelled_take_loses_no_frame() -> None:
    feed = ScriptedFeed()
    reader = await _started(feed)
    task = asyncio.ensure_future(reader.take())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    feed.push(shot(1), END)
    frame = await reader.take()
    assert frame is not None
    await reader.close()
