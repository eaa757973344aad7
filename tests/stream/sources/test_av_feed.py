from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Iterator

import pytest
from tests.stream.sources.servers import http, streaming, transport_stream

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources import backlog
from bunraku.stream.sources.barcode import read_code
from bunraku.stream.sources.url import UrlSource


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
