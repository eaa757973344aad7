from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Callable

import pytest
from tests.stream.fakes import FakeClock
from tests.stream.sources.feeds import END, JumpClock, ScriptedFeed, connector, shot

from bunraku.errors import SourceError
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import MICROSECONDS
from bunraku.stream.sources import reader as reader_module
from bunraku.stream.sources.reader import FeedLost
from bunraku.stream.sources.reconnect import ReconnectingSource, Retry

EXACT = Retry(first_s=1.0, factor=2.0, longest_s=4.0, jitter=0.0, give_up_s=60.0)


def _source(
    clock: Clock,
    *feeds: ScriptedFeed | Exception,
    retry: Retry = EXACT,
    frame_timeout_s: float = 5.0,
    connect: Callable[[], ScriptedFeed] | None = None,
) -> ReconnectingSource:
    return ReconnectingSource(
        connect or connector(*feeds),
        name="cam",
        retry=retry,
        frame_timeout_s=frame_timeout_s,
        clock=clock,
    )


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def test_waits_grow_to_the_longest() -> None:
    waits = EXACT.waits_s(random.Random(0))
    assert list(itertools.islice(waits, 5)) == [1, 2, 4, 4, 4]


def test_waits_are_spread() -> None:
    retry = Retry(first_s=1.0, factor=1.0, longest_s=1.0, jitter=0.25)
    waits = list(itertools.islice(retry.waits_s(random.Random(0)), 100))
    assert all(0.75 <= wait <= 1 for wait in waits)
    assert max(waits) - min(waits) > 0.2


async def test_frames_are_timed_from_zero() -> None:
    clock = JumpClock()
    feed = ScriptedFeed()
    source = _source(clock, feed)
    await source.open()
    for number in range(3):
        feed.push(shot(500 + number, captured_s=100 + number / 25))
        frame = await source.read()
        assert frame is not None
        assert (frame.pts, frame.time_base) == (number * 40_000, MICROSECONDS)
        assert frame.captured_s == 100 + number / 25
    assert source.name == "cam"
    assert not source.waits
    feed.push(END)
    await source.close()


@pytest.mark.parametrize("loss", [FeedLost("it went silent"), END])
async def test_a_lost_connection_is_regained(
    loss: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    clock = JumpClock()
    first = ScriptedFeed().push(shot(0, captured_s=100))
    second = ScriptedFeed()
    source = _source(clock, first, SourceError("refused"), SourceError("refused"), second)
    await source.open()
    assert await source.read() is not None
    first.push(loss)
    with caplog.at_level(logging.INFO):
        read = asyncio.ensure_future(source.read())
        await _until(lambda: second.reads)
        assert source.notice is not None
        assert "cam is lost" in source.notice
        second.push(shot(0, captured_s=107))
        frame = await read
    # 1 + 2 + 4 seconds between the attempts.
    assert clock.now() == 107
    assert frame is not None
    assert frame.pts == 7_000_000
    assert source.notice is None
    assert first.closed.is_set()
    assert "is back" in caplog.text
    assert all(record.levelno < logging.WARNING for record in caplog.records)  # the notice tells
    second.push(END)
    await source.close()


async def test_waits_start_over_only_after_a_frame() -> None:
    """A server that takes connections but sends nothing is not asked ever so often."""
    clock = JumpClock()
    empty = [ScriptedFeed().push(END) for _ in range(3)]
    last = ScriptedFeed().push(shot(0))
    source = _source(clock, *empty, ScriptedFeed().push(shot(0), END), last)
    await source.open()
    assert await source.read() is not None
    assert clock.now() == 107
    assert await source.read() is not None
    assert clock.now() == 108
    last.push(END)
    await source.close()


async def test_a_picture_that_never_comes_is_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "CLOSE_WAIT_S", 0.02)
    clock = JumpClock()
    hangs, second = ScriptedFeed(), ScriptedFeed()
    source = _source(clock, hangs, second, frame_timeout_s=0.5)
    await source.open()
    read = asyncio.ensure_future(source.read())
    await _until(lambda: second.reads)
    assert source.notice is not None
    assert "no picture for 0.5 s" in source.notice
    second.push(shot(0))
    assert await read is not None
    hangs.push(END)
    second.push(END)
    await source.close()
    assert await asyncio.to_thread(hangs.closed.wait, 5)


async def test_gives_up_in_the_end() -> None:
    clock = JumpClock()
    source = _source(clock, ScriptedFeed().push(END), SourceError("refused"))
    await source.open()
    with pytest.raises(SourceError, match=r"cam was lost and could not be regained for 60 s\. Che"):
        await source.read()
    assert clock.now() == 100 + EXACT.give_up_s
    await source.close()


async def test_the_first_connection_fails_at_once() -> None:
    source = _source(JumpClock(), SourceError("No such camera.", "Plug it in."))
    with pytest.raises(SourceError, match="Plug it in"):
        await source.open()
    await source.close()


async def test_missed_frames_of_all_connections_are_counted() -> None:
    first = ScriptedFeed().push(FeedLost("gone"))
    second = ScriptedFeed().push(shot(0))
    first.unreadable, second.unreadable = 2, 3
    source = _source(JumpClock(), first, second)
    await source.open()
    assert await source.read() is not None
    assert source.missed == 5
    second.push(END)
    await source.close()
    assert source.missed == 5


async def test_what_is_not_live_keeps_its_pace_and_ends() -> None:
    clock = JumpClock()
    feed = ScriptedFeed(live=False).push(shot(10), shot(11), shot(35), END)
    source = _source(clock, feed)
    await source.open()
    at_s = []
    while (frame := await source.read()) is not None:
        at_s.append(frame.captured_s)
    assert at_s == pytest.approx([100, 100.04, 101])
    assert source.notice is None
    await source.close()


async def test_closing_while_the_connection_is_being_regained() -> None:
    clock = FakeClock()
    source = _source(clock, ScriptedFeed().push(END), SourceError("refused"))
    await source.open()
    read = asyncio.ensure_future(source.read())
    await _until(lambda: source.notice)
    await source.close()
    await clock.advance(10)
    assert await read is None
    assert await source.read() is None
    await source.close()


async def test_a_cancelled_read_can_be_asked_again() -> None:
    clock = FakeClock()
    second = ScriptedFeed().push(shot(0))
    source = _source(clock, ScriptedFeed().push(END), second)
    await source.open()
    read = asyncio.ensure_future(source.read())
    await _until(lambda: source.notice)
    read.cancel()
    with pytest.raises(asyncio.CancelledError):
        await read
    read = asyncio.ensure_future(source.read())
    while not read.done():
        await clock.advance(0.5)
        await asyncio.sleep(0.001)
    assert await read is not None
    second.push(END)
    await source.close()


async def test_closing_before_opening() -> None:
    source = _source(JumpClock(), ScriptedFeed())
    await source.close()
    assert await source.read() is None
