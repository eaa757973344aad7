from __future__ import annotations

import asyncio
import itertools
import random
import struct
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.stream.sources.servers import http, streaming, transport_stream

from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources import backlog
from bunraku.stream.sources.av_feed import AvFeed
from bunraku.stream.sources.barcode import read_code
from bunraku.stream.sources.url import UrlSource

MATRIX = struct.Struct(">9i")
"""As MP4 has it: where the film's pixels are shown."""


async def _watch(pieces: list[bytes], count: int) -> tuple[list[LiveFrame], int]:
    """Frames of a live stream of those pieces, and how many were missed."""

    def again() -> Iterator[bytes]:
        return iter(pieces)

    async with http({"live": streaming(again, "video/mp2t")}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/live")
        await source.open()
        frames: list[LiveFrame] = []
        async with asyncio.timeout(15):
            while len(frames) < count:
                frame = await source.read()
                assert frame is not None
                frames.append(frame)
        await source.close()
        return frames, source.missed


async def test_what_is_left_out_to_keep_up_leaves_whole_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As if no read ever waited: it leaves out up to the next key frame, over and over.
    monkeypatch.setattr(backlog, "WINDOW_S", 0.3)
    monkeypatch.setattr(backlog, "LEAST_WAITING", 2.0)
    frames, missed = await _watch(list(transport_stream(100)), 60)
    assert missed > 5
    codes = [read_code(frame.picture()) for frame in frames]
    assert None not in codes
    # It goes on with key frames, which are every tenth.
    numbers = [code for code in codes if code is not None]
    resumed = [after for before, after in itertools.pairwise(numbers) if after > before + 2]
    # A slow machine may skip some more.
    assert sum(number % 10 == 0 for number in resumed) > len(resumed) / 2


async def test_damage_is_survived() -> None:
    chance = random.Random(0)
    pieces = list(transport_stream(100))
    for i in range(30, 100, 9):
        damaged = bytearray(pieces[i])
        for at in range(20, len(damaged), 5):
            damaged[at] = chance.randrange(256)
        pieces[i] = bytes(damaged)
    frames, _ = await _watch(pieces, 150)
    good = [read_code(frame.picture()) for frame in frames]
    # More than the undamaged beginning of each round.
    assert sum(code is not None and code > 40 for code in good) > 10


@pytest.mark.parametrize("matrix", [(1, 0, 0, 1), (-1, 0, 0, 1), (0, 1, 1, 0)])
def test_frames_are_shown_as_those_of_the_file(
    make_clip: Callable[..., Path], matrix: tuple[int, int, int, int]
) -> None:
    clip = make_clip(aspect=Fraction(2, 1), rotation=0)
    data = clip.read_bytes()
    at = data.rindex(MATRIX.pack(*_fixed(1, 0, 0, 1)))  # the track's, behind the film's
    clip.write_bytes(data[:at] + MATRIX.pack(*_fixed(*matrix)) + data[at + MATRIX.size :])
    with ClipReader(clip) as reader:
        expected = next(reader.frames()).image
    assert expected.shape[:2] == ((48, 128) if matrix[0] else (128, 48))
    container = av.open(str(clip))
    feed = AvFeed(container, container.streams.video[0], SystemClock(), live=False)
    frame = feed.read()
    assert frame is not None
    assert np.array_equal(frame.picture(), expected)
    feed.close()


def _fixed(a: int, b: int, c: int, d: int) -> tuple[int, ...]:
    one = 1 << 16
    return a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30
