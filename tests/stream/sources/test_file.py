from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.stream.sources.feeds import JumpClock

from bunraku.errors import SourceError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.file import FileSource, Pace
from bunraku.stream.sources.reader import READ_AHEAD

MakeClip = Callable[..., Path]


def _level(frame: LiveFrame) -> int:
    """Which ``frame_picture`` it is."""
    return round((int(frame.picture()[-4, -4].mean()) - 20) / 8)


async def _read_fast(source: FileSource, most: int = 1000) -> list[LiveFrame]:
    await source.open()
    frames: list[LiveFrame] = []
    while len(frames) < most and (frame := await source.read()) is not None:
        frames.append(frame)
    await source.close()
    return frames


async def test_fast_gives_every_frame_and_waits(make_clip: MakeClip) -> None:
    source = FileSource(make_clip(frames=20), pace=Pace.FAST, clock=JumpClock())
    frames = await _read_fast(source)
    assert [_level(frame) for frame in frames] == list(range(20))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(20)])
    assert source.waits
    assert source.missed == 0
    assert source.name == "clip.mp4"
    assert source.notice is None


async def test_own_pace_follows_the_clips_times(make_clip: MakeClip) -> None:
    times_ms = [0, 40, 50, 300, 333]
    clock = JumpClock()
    source = FileSource(make_clip("clip.mkv", times_ms=times_ms), clock=clock)
    assert not source.waits
    await source.open()
    frames = []
    while (frame := await source.read()) is not None:
        assert frame.captured_s == clock.now()
        frames.append(frame)
    assert [(f.captured_s - 100) * 1e3 for f in frames] == pytest.approx(times_ms)
    await source.close()


async def test_frames_that_nobody_came_for_are_dropped(make_clip: MakeClip) -> None:
    clock = JumpClock()
    source = FileSource(make_clip(frames=20), clock=clock)
    await source.open()
    first = await source.read()
    assert first is not None
    # A frame is dropped only for another that is ready, and decoding takes real time.
    assert source._reader is not None
    async with asyncio.timeout(10):
        while len(source._reader._frames) < READ_AHEAD:
            await asyncio.sleep(0.001)
    clock.now_s += 0.4
    later = []
    while (frame := await source.read()) is not None:
        later.append(frame)
    assert source.missed >= 1
    assert source.missed + 1 + len(later) == 20
    assert later[-1].captured_s == pytest.approx(100 + 19 / 25)
    await source.close()


async def test_a_clip_that_loops_goes_on_in_time(make_clip: MakeClip) -> None:
    source = FileSource(make_clip(frames=6), pace=Pace.FAST, loop=True)
    frames = await _read_fast(source, 20)
    assert [_level(frame) for frame in frames] == [i % 6 for i in range(20)]
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(20)])


@pytest.mark.parametrize("offset_s", [0, 600])
async def test_joined_parts_play_at_their_own_pace(make_clip: MakeClip, offset_s: int) -> None:
    path = make_clip("a.ts", frames=20, audio="aac")
    second = make_clip("b.ts", frames=20, options={"output_ts_offset": str(offset_s)})
    path.write_bytes(path.read_bytes() + second.read_bytes())
    clock = JumpClock()
    source = FileSource(path, clock=clock)
    await source.open()
    paced_s, told_s = [], []
    while (frame := await source.read()) is not None:
        paced_s.append(frame.captured_s - 100)
        told_s.append(frame.time_s)
    await source.close()
    assert told_s == pytest.approx([i / 25 for i in range(40)], abs=1e-3)
    assert paced_s == pytest.approx(told_s, abs=1e-3)


async def test_a_long_pause_is_the_clips_own(make_clip: MakeClip) -> None:
    clock = JumpClock()
    source = FileSource(make_clip("clip.mkv", times_ms=[0, 40, 20_000, 20_040]), clock=clock)
    await source.open()
    paced_s = []
    while (frame := await source.read()) is not None:
        paced_s.append(frame.captured_s - 100)
    await source.close()
    assert paced_s == pytest.approx([0, 0.04, 20.0, 20.04])


async def test_frames_are_upright(make_clip: MakeClip) -> None:
    frames = await _read_fast(FileSource(make_clip(rotation=90), pace=Pace.FAST))
    assert {frame.picture().shape for frame in frames} == {(64, 48, 3)}


async def test_damage_is_counted_and_survived(make_clip: MakeClip) -> None:
    path = make_clip("clip.ts", frames=60, options={"x264-params": "keyint=10"})
    data, noise = bytearray(path.read_bytes()), np.random.default_rng(0)
    for start in range(len(data) // 3, len(data) // 2, 188 * 3):
        data[start + 20 : start + 120] = noise.bytes(100)
    path.write_bytes(data)
    source = FileSource(path, pace=Pace.FAST)
    frames = await _read_fast(source)
    assert len(frames) > 20
    assert len(frames) + source.missed >= 30


@pytest.mark.parametrize(("content", "message"), [
    (None, "does not exist"), (b"", "is empty"), (b"no clip at all" * 99, "not a clip"),
])  # fmt: skip
async def test_what_is_no_clip_fails_at_once(
    tmp_path: Path, content: bytes | None, message: str
) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    source = FileSource(path)
    with pytest.raises(SourceError, match=message):
        await source.open()
    await source.close()


@pytest.mark.parametrize("name", ["concat:a.mp4|b.mp4", "http://127.0.0.1:1/a.mp4", "file:a.mp4"])
async def test_a_name_is_never_a_protocol(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_clip: MakeClip, name: str
) -> None:
    make_clip("a.mp4")
    make_clip("b.mp4")
    monkeypatch.chdir(tmp_path)
    source = FileSource(name)
    with pytest.raises(SourceError, match="does not exist"):
        await source.open()
    await source.close()


async def test_a_clip_that_vanishes_while_it_loops_ends_it(make_clip: MakeClip) -> None:
    path = make_clip(frames=3)
    source = FileSource(path, pace=Pace.FAST, loop=True)
    await source.open()
    path.unlink()

    async def read_on() -> None:
        for _ in range(100):
            await source.read()

    with pytest.raises(SourceError, match="does not exist"):
        await read_on()
    await source.close()


async def test_closing_early_leaves_nothing_behind(make_clip: MakeClip) -> None:
    threads = set(threading.enumerate())
    source = FileSource(make_clip(frames=25))
    await source.close()
    await source.open()
    await source.read()
    await source.close()
    await source.close()
    assert await source.read() is None
    assert set(threading.enumerate()) <= threads
