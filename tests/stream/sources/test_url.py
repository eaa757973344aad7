from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from tests.stream.sources.feeds import JumpClock
from tests.stream.sources.servers import (
    RATE,
    Handler,
    UdpSender,
    free_udp_port,
    http,
    jpeg,
    mjpeg_pieces,
    streaming,
    transport_stream,
)
from tests.videos import Video, write_videos

from bunraku.errors import SourceError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources import reader as reader_module
from bunraku.stream.sources.address import StreamAddress
from bunraku.stream.sources.barcode import read_code
from bunraku.stream.sources.reconnect import Retry
from bunraku.stream.sources.url import Transport, UrlOptions, UrlSource, ffmpeg_options

OPTIONS = UrlOptions(
    open_timeout_s=5.0,
    read_timeout_s=5.0,
    retry=Retry(first_s=0.02, factor=1.5, longest_s=0.1, give_up_s=10),
)
IMPATIENT = replace(OPTIONS, read_timeout_s=0.5)
MJPEG = "multipart/x-mixed-replace; boundary=frame"


async def _take(source: UrlSource, count: int) -> list[LiveFrame]:
    frames: list[LiveFrame] = []
    async with asyncio.timeout(10):
        while len(frames) < count and (frame := await source.read()) is not None:
            frames.append(frame)
    return frames


def _codes(frames: list[LiveFrame]) -> list[int]:
    codes = [read_code(frame.picture()) for frame in frames]
    assert None not in codes
    return [code for code in codes if code is not None]


async def _refused(url: str, options: UrlOptions = OPTIONS) -> SourceError:
    source = UrlSource(url, options=options)
    try:
        with pytest.raises(SourceError) as caught:
            await source.open()
    finally:
        await source.close()
    # PyAV's own errors hold the whole URL.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


async def test_motion_jpeg_of_a_web_camera() -> None:
    async with http({"video": streaming(mjpeg_pieces, MJPEG)}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/video", options=OPTIONS)
        await source.open()
        frames = await _take(source, 20)
        await source.close()
    codes = _codes(frames)
    assert codes == sorted(set(codes))
    # The format tells no times: those of arrival count.
    for before, after in itertools.pairwise(frames):
        passed_s = after.captured_s - before.captured_s
        assert after.time_s - before.time_s == pytest.approx(passed_s, abs=1e-5)
    assert source.name == f"http://127.0.0.1:{port}/video"


async def test_a_live_transport_stream_keeps_its_own_times_when_it_starts_over() -> None:
    pieces = list(transport_stream(25))
    async with http({"live": streaming(lambda: iter(pieces), "video/mp2t")}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/live", options=OPTIONS)
        await source.open()
        frames = await _take(source, 60)
        await source.close()
    codes = _codes(frames)
    assert any(after < before for before, after in itertools.pairwise(codes))
    times_us = [frame.pts for frame in frames]
    assert times_us == sorted(set(times_us))
    # Of two frames that follow one another, the times do so at the stream's rate.
    steps = [
        after.time_s - before.time_s
        for (before, after), (a, b) in zip(
            itertools.pairwise(frames), itertools.pairwise(codes), strict=True
        )
        if b == a + 1 and after.captured_s - before.captured_s < 0.5
    ]
    assert steps == pytest.approx([1 / RATE] * len(steps), abs=1e-3)


async def test_a_clip_on_a_web_server_plays_at_its_own_pace_and_ends(
    make_clip: Callable[..., Path],
) -> None:
    path = make_clip(frames=30, options={"movflags": "+faststart"})

    async def clip(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    clock = JumpClock()
    async with http({"clip": clip}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/clip", options=OPTIONS, clock=clock)
        await source.open()
        frames = await _take(source, 99)
        assert source.notice is None
        await source.close()
    assert len(frames) == 30
    paced_s = [frame.captured_s - 100 for frame in frames]
    assert paced_s == pytest.approx([i / 25 for i in range(30)], abs=1e-3)


async def test_a_joined_clip_on_a_web_server_plays_at_its_own_pace(
    make_clip: Callable[..., Path],
) -> None:
    path = make_clip("a.ts", frames=20)
    second = make_clip("b.ts", frames=20, options={"output_ts_offset": "600"})
    path.write_bytes(path.read_bytes() + second.read_bytes())

    async def clip(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    clock = JumpClock()
    async with http({"clip": clip}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/clip", options=OPTIONS, clock=clock)
        await source.open()
        frames = await _take(source, 99)
        await source.close()
    expected_s = [i / 25 for i in range(40)]
    assert [frame.captured_s - 100 for frame in frames] == pytest.approx(expected_s, abs=2e-3)
    assert [frame.time_s for frame in frames] == pytest.approx(expected_s, abs=2e-3)


@pytest.mark.parametrize("ends", [True, False])
async def test_what_comes_in_pieces_plays_at_its_own_pace(ends: bool) -> None:
    """HLS: a second of pictures at once, then nothing for a second."""
    pieces = [b"".join(transport_stream(50, first=50 * i)) for i in range(4)]
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines += [line for i in range(4) for line in ("#EXTINF:1.0,", f"{i}.ts")]

    async def playlist(request: web.Request) -> web.StreamResponse:
        text = "\n".join(lines + ["#EXT-X-ENDLIST"] * ends) + "\n"
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl")

    def piece(number: int) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            return web.Response(body=pieces[number], content_type="video/mp2t")

        return handle

    handlers = {"live.m3u8": playlist} | {f"{i}.ts": piece(i) for i in range(4)}
    clock = JumpClock()
    async with http(handlers) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/live.m3u8", options=OPTIONS, clock=clock)
        await source.open()
        frames = await _take(source, 60)
        await source.close()
    codes = _codes(frames)
    # A live one begins near its end; none is left out.
    assert codes == list(range(codes[0], codes[0] + 60))
    paced_s = [frame.captured_s - 100 for frame in frames]
    assert paced_s == pytest.approx([i / RATE for i in range(60)], abs=2e-3)


async def test_a_turned_clip_is_upright(make_clip: Callable[..., Path]) -> None:
    path = make_clip(rotation=90)

    async def clip(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    async with http({"clip": clip}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/clip", options=OPTIONS)
        await source.open()
        frame = (await _take(source, 1))[0]
        await source.close()
    assert frame.picture().shape == (64, 48, 3)
    # As conftest.py draws it, with its red corner turned to the lower left.
    assert frame.picture()[-5, 4, 0] > 200


async def test_a_poster_before_the_film_is_left_out(tmp_path: Path) -> None:
    videos = [Video("mjpeg", (320, 240), 1), Video("libx264", (64, 48))]
    path = write_videos(tmp_path / "clip.mkv", videos)

    async def clip(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path)

    async with http({"clip": clip}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/clip", options=OPTIONS)
        await source.open()
        frames = await _take(source, 1)
        await source.close()
    assert frames[0].picture().shape == (48, 64, 3)


async def test_udp_with_changes_of_resolution() -> None:
    port = free_udp_port()
    sizes = ((192, 128), (128, 192))
    with UdpSender(port, *sizes, frames=20):
        source = UrlSource(f"udp://127.0.0.1:{port}", options=OPTIONS)
        await source.open()
        frames = await _take(source, 70)
        await source.close()
    seen = {frame.picture().shape[1::-1] for frame in frames}
    assert seen == set(sizes)
    assert source.notice is None


async def test_udp_that_falls_silent_is_regained(caplog: pytest.LogCaptureFixture) -> None:
    port = free_udp_port()
    source = UrlSource(f"udp://127.0.0.1:{port}", options=IMPATIENT)
    with UdpSender(port):
        await source.open()
        await _take(source, 3)
    with caplog.at_level(logging.INFO):
        read = asyncio.ensure_future(_take(source, 40))
        async with asyncio.timeout(5):
            while source.notice is None:
                await asyncio.sleep(0.01)
    assert "it went silent" in caplog.text
    with UdpSender(port):
        assert len(await read) == 40
    assert source.notice is None
    await source.close()


async def test_a_server_that_stops_sending_is_left_for_a_new_connection() -> None:
    asked = 0

    async def stalls(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        response = web.StreamResponse(headers={"Content-Type": MJPEG})
        await response.prepare(request)
        with contextlib.suppress(ConnectionError):
            for number, piece in enumerate(mjpeg_pieces(1000)):
                if asked == 1 and number == 40:
                    await asyncio.sleep(5)
                await response.write(piece)
                await asyncio.sleep(1 / RATE)
        return response

    async with http({"video": stalls}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/video", options=IMPATIENT)
        await source.open()
        while asked == 1:
            await _take(source, 1)
        assert len(await _take(source, 5)) == 5
        await source.close()


@pytest.mark.parametrize(("status", "message"), [
    (401, "wants a name and a password"), (403, "refuses access"),
    (404, "does not exist on that server"), (500, "reports an error"),
])  # fmt: skip
async def test_refusals_of_a_server(status: int, message: str) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status)

    async with http({"video": refuse}) as port:
        error = await _refused(f"http://me:hunter2@127.0.0.1:{port}/video?token=hunter3")
    assert message in str(error)
    assert "hunter" not in str(error)


async def test_credentials_of_the_url_are_sent() -> None:
    async def video(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Basic bWU6aHVudGVyMg==":
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        return await streaming(mjpeg_pieces, MJPEG)(request)

    async with http({"video": video}) as port:
        source = UrlSource(f"http://me:hunter2@127.0.0.1:{port}/video", options=OPTIONS)
        await source.open()
        assert len(await _take(source, 1)) == 1
        await source.close()


async def test_nobody_listens() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for scheme in ("http", "rtsp", "https"):
        error = await _refused(f"{scheme}://127.0.0.1:{port}/video")
        assert "refuses the connection" in str(error)


async def test_a_server_that_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        options = UrlOptions(open_timeout_s=0.3)
        error = await _refused(f"http://127.0.0.1:{port}/video", options)
    assert "did not answer within 0.3 s" in str(error)


async def test_closing_does_not_wait_for_a_server_that_hangs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reader_module, "CLOSE_WAIT_S", 0.05)
    threads = set(threading.enumerate())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = UrlSource(
            f"http://127.0.0.1:{silent.getsockname()[1]}/", options=UrlOptions(open_timeout_s=1.8)
        )
        opening = asyncio.ensure_future(source.open())
        await asyncio.sleep(0.05)
        opening.cancel()
        start_s = time.monotonic()
        await source.close()
        assert time.monotonic() - start_s < 1.6
        for thread in set(threading.enumerate()) - threads:
            await asyncio.to_thread(thread.join, 15)
            assert not thread.is_alive()


async def test_what_is_no_video() -> None:
    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(text="<html>" + "no video here " * 500, content_type="text/html")

    async with http({"page": page}) as port:
        error = await _refused(f"http://127.0.0.1:{port}/page")
    assert "no video that can be read" in str(error)


@pytest.mark.parametrize("playlist", [
    "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{path}\n#EXT-X-ENDLIST\n",
    "ffconcat version 1.0\nfile 'file://{path}'\n",
])  # fmt: skip
async def test_a_server_cannot_make_it_open_files(
    make_clip: Callable[..., Path], playlist: str
) -> None:
    path = make_clip("secret.ts")

    async def listing(request: web.Request) -> web.StreamResponse:
        return web.Response(
            text=playlist.format(path=path), content_type="application/vnd.apple.mpegurl"
        )

    async def moved(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(f"file://{path}")

    async with http({"list.m3u8": listing, "moved": moved}) as port:
        for name in ("list.m3u8", "moved"):
            await _refused(f"http://127.0.0.1:{port}/{name}")


async def test_a_single_picture_is_shown() -> None:
    async def still(request: web.Request) -> web.StreamResponse:
        return web.Response(body=jpeg(3), content_type="image/jpeg")

    async with http({"still": still}) as port:
        source = UrlSource(f"http://127.0.0.1:{port}/still", options=OPTIONS)
        await source.open()
        frame = (await _take(source, 1))[0]
        assert read_code(frame.picture()) == 3
        await source.close()


async def test_srt_says_what_helps_where_pyav_has_none() -> None:
    """PyAV's own builds have no SRT; if one day they do, nobody answers."""
    error = await _refused("srt://127.0.0.1:9?passphrase=hunter22222", UrlOptions(open_timeout_s=1))
    assert "cannot read SRT" in str(error) or "srt://127.0.0.1:9" in str(error)
    assert "hunter" not in str(error)


@pytest.mark.parametrize("url", ["rtsp://h/x", "rtsps://h/x", "http://h/x", "udp://h:1"])
def test_options_are_those_of_low_delay(url: str) -> None:
    address = StreamAddress.parse(url)
    options = ffmpeg_options(address, UrlOptions(transport=Transport.UDP))
    assert options["flags"] == "low_delay"
    assert "file" not in options["protocol_whitelist"].split(",")
    assert options.get("rtsp_transport") == ("udp" if url.startswith("rtsp") else None)
