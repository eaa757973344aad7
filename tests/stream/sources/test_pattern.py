from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.stream.sources.feeds import JumpClock

from bunraku.errors import InputError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.barcode import read_code
from bunraku.stream.sources.pattern import PatternKind, PatternSource


async def _frames(source: PatternSource, count: int) -> list[LiveFrame]:
    await source.open()
    frames = []
    for _ in range(count):
        frame = await source.read()
        assert frame is not None
        frames.append(frame)
    await source.close()
    return frames


@pytest.mark.parametrize("kind", PatternKind)
async def test_moves_and_tells_its_number(kind: PatternKind) -> None:
    source = PatternSource(kind, size=(320, 240), rate=20, clock=JumpClock())
    frames = await _frames(source, 5)
    pictures = [frame.picture() for frame in frames]
    assert [read_code(picture) for picture in pictures] == list(range(5))
    assert {picture.shape for picture in pictures} == {(240, 320, 3)}
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])
    for before, after in itertools.pairwise(pictures):
        assert not np.array_equal(before[16:], after[16:])
    assert source.missed == 0
    assert kind.value in source.name
    assert source.notice is None
    assert not source.waits


async def test_keeps_its_rate_on_the_clock() -> None:
    frames = await _frames(PatternSource(rate=29.97, size=(64, 48), clock=JumpClock()), 7)
    steps = np.diff([frame.captured_s for frame in frames])
    assert steps == pytest.approx([1 / 29.97] * 6, abs=1e-4)


async def test_frames_do_not_share_memory() -> None:
    first, second = await _frames(PatternSource(size=(64, 48), clock=JumpClock()), 2)
    assert not np.shares_memory(first.picture(), second.picture())


async def test_ends_when_it_is_closed() -> None:
    source = PatternSource(size=(64, 48))
    await source.close()
    await source.open()
    assert await source.read() is not None
    await source.close()
    await source.close()
    assert await source.read() is None


@pytest.mark.parametrize(("size", "rate"), [
    ((10, 480), 30), ((640, 8), 30), ((99_999, 480), 30), ((640, 480), 0), ((640, 480), -3),
    ((640, 480), float("nan")), ((640, 480), 1e9),
])  # fmt: skip
def test_refuses_what_cannot_be_made(size: tuple[int, int], rate: float) -> None:
    with pytest.raises(InputError, match="test pattern"):
        PatternSource(size=size, rate=rate)
