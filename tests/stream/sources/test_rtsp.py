from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.stream.sources.servers import RtspServer, access_units

from bunraku.errors import SourceError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.barcode import read_code
from bunraku.stream.sources.reconnect import Retry
from bunraku.stream.sources.url import Transport, UrlOptions, UrlSource

OPTIONS = UrlOptions(
    open_timeout_s=10,
    read_timeout_s=1.0,
    retry=Retry(first_s=0.05, factor=1.5, longest_s=0.3, give_up_s=20),
)


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return access_units(tmp_path_factory.mktemp("units"), 500)


@pytest.fixture(scope="module")
def server(units: Path) -> Iterator[RtspServer]:
    server = RtspServer(units)
    yield server
    server.kill()


async def _take(source: UrlSource, count: int) -> list[LiveFrame]:
    frames = []
    for _ in range(count):
        frame = await source.read()
        assert frame is not None
        frames.append(frame)
    return frames


async def _first_after_a_loss(source: UrlSource) -> LiveFrame:
    while True:
        read = asyncio.ensure_future(source.read())
        lost = False
        while not read.done():
            lost = lost or source.notice is not None
            await asyncio.wait([read], timeout=0.005)
        frame = await read
        assert frame is not None
        if lost:
            return frame


@pytest.mark.parametrize("transport", Transport)
@pytest.mark.parametrize("path", ["h264", "mjpeg"])
async def test_reads_a_camera(server: RtspServer, path: str, transport: Transport) -> None:
    options = UrlOptions(transport=transport)
    source = UrlSource(f"rtsp://127.0.0.1:{server.port}/{path}", options=options)
    await source.open()
    frames = await _take(source, 30)
    await source.close()
    pictures = [frame.picture() for frame in frames]
    assert {picture.shape for picture in pictures} == {(128, 192, 3)}
    if path == "h264":
        codes = [read_code(picture) for picture in pictures]
        assert None not in codes, codes
        assert codes == sorted(code for code in codes if code is not None)
    assert not np.array_equal(pictures[0], pictures[-1])
    times_s = np.array([frame.time_s for frame in frames])
    arrivals_s = np.array([frame.captured_s for frame in frames])
    assert (np.diff(times_s) > 0).all()
    # 25 frames a second on the camera's clock, and none that has waited here, after those that
    # came while it was found out what the stream holds.
    assert np.median(np.diff(times_s)) == pytest.approx(0.04, abs=0.005)
    late_s = arrivals_s - times_s
    assert np.median(late_s[15:]) - late_s[15:].min() < 0.2
    assert source.notice is None


async def test_a_camera_that_restarts_is_regained(units: Path) -> None:
    server = RtspServer(units)
    source = UrlSource(f"rtsp://127.0.0.1:{server.port}/h264", options=OPTIONS)
    try:
        await source.open()
        before = (await _take(source, 30))[-1]
        server.kill()
        # What was on its way still comes.
        read = asyncio.ensure_future(_first_after_a_loss(source))
        async with asyncio.timeout(10):
            while source.notice is None:
                await asyncio.sleep(0.01)
        assert "being regained" in source.notice
        # Two attempts at least find nobody.
        await asyncio.sleep(0.2)
        assert not read.done()
        server = RtspServer(units, server.port)
        async with asyncio.timeout(15):
            after = await read
        assert source.notice is None
        # Time went on while it was away.
        away_s = after.captured_s - before.captured_s
        assert after.time_s - before.time_s == pytest.approx(away_s, abs=3)
    finally:
        await source.close()
        server.kill()


async def test_a_password_is_used_and_never_shown(units: Path) -> None:
    server = RtspServer(units, password="hunter2")
    try:
        source = UrlSource(f"rtsp://me:hunter2@127.0.0.1:{server.port}/mjpeg")
        await source.open()
        await _take(source, 1)
        await source.close()
        assert "hunter2" not in source.name
        wrong = UrlSource(f"rtsp://me:hunter3@127.0.0.1:{server.port}/mjpeg")
        with pytest.raises(SourceError, match="wants a name and a password") as caught:
            await wrong.open()
        await wrong.close()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "hunter3" not in f"{caught.value!r} {wrong.name}"
    finally:
        server.kill()


async def test_a_path_that_is_not_there(server: RtspServer) -> None:
    source = UrlSource(f"rtsp://127.0.0.1:{server.port}/nothing")
    with pytest.raises(SourceError, match="/nothing does not exist on that server"):
        await source.open()
    await source.close()
