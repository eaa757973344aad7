"""A peer and a stand-in for a browser, connected over loopback."""

from __future__ import annotations

import asyncio
import itertools
import socket
import time

import numpy as np
import pytest
from aioice.stun import Class, Message, Method
from tests.stream.fakes import FakeClock
from tests.stream.rtc.browser import Browser, local_options, number_of
from tests.stream.rtc.peers import connected, invert_below, pumping

from bunraku.errors import InputError
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.rtc import peer as peer_module
from bunraku.stream.rtc.ice import LOOPBACK
from bunraku.stream.rtc.options import Codec
from bunraku.stream.rtc.peer import Peer, PeerState


@pytest.mark.parametrize("codec", [Codec.VP8, Codec.H264])
async def test_pictures_go_there_and_back_in_order(codec: Codec) -> None:
    seen: list[LiveFrame] = []
    async with connected(local_options(codec=codec)) as (peer, browser):
        answer = browser.connection.remoteDescription.sdp
        assert f"{codec.upper()}/90000" in answer
        other = Codec.H264 if codec is Codec.VP8 else Codec.VP8
        assert f"{other.upper()}/90000" not in answer
        async with pumping(peer, invert_below, seen):
            frames = [await browser.see() for _ in range(30)]
    numbers = [number for frame in frames if (number := number_of(frame)) is not None]
    assert len(numbers) >= 28
    # A stalled machine makes the track send a picture again, so that browsers do not give up.
    assert numbers == sorted(numbers)
    assert len(set(numbers)) >= 25
    picture = frames[-1].to_ndarray(format="rgb24").astype(int)
    upper, lower = picture[80], picture[-20]
    assert upper[10, 0] < 60 < 190 < upper[-10, 0]
    assert lower[10, 0] > 190 > 60 > lower[-10, 0]
    stamps = [frame.pts for frame in frames]
    assert all(a < b for a, b in itertools.pairwise(stamps) if a and b)
    assert [frame.index for frame in seen] == sorted({frame.index for frame in seen})
    assert all(b.pts > a.pts for a, b in itertools.pairwise(seen))
    assert all(b.captured_s >= a.captured_s for a, b in itertools.pairwise(seen))


async def test_slow_work_drops_frames_instead_of_queueing_them() -> None:
    def slow(frame: LiveFrame) -> None:
        time.sleep(0.1)
        frame.shown = frame.picture()

    async with connected() as (peer, browser), pumping(peer, slow):
        await browser.see()
        ages = []
        for _ in range(15):
            number = number_of(await browser.see())
            if number is not None:
                ages.append(time.monotonic() - browser.camera.sent_s[number])
        missed = peer.source.missed
    assert len(ages) >= 12
    # 100 ms of work, at most 100 more in the slot; queued, the last one would be 1 s old and more.
    assert np.median(ages[-5:]) < 0.4
    assert missed >= 15


async def test_the_browser_is_told_at_once_what_it_may_send() -> None:
    async with (
        connected(local_options(start_kbps=2500)) as (peer, browser),
        pumping(peer, invert_below),
    ):
        await browser.see()
        encoder = vars(browser.connection.getSenders()[0])["_RTCRtpSender__encoder"]
        # aiortc, as a browser here, has its own upper limit of 1.5 Mbit/s; it starts from 0.5.
        assert encoder.target_bitrate == 1_500_000


async def test_a_lost_keyframe_is_answered_though_nothing_new_is_shown() -> None:
    def once(frame: LiveFrame) -> None:
        frame.shown = frame.picture()

    async with connected() as (peer, browser):
        frame = await peer.source.read()
        assert frame is not None
        once(frame)
        await peer.sink.write(frame)
        assert number_of(await browser.see()) is not None
        receiver = browser.connection.getReceivers()[0]
        ssrc = peer_ssrc(peer)
        await receiver._send_rtcp_pli(ssrc)
        assert number_of(await browser.see()) is not None


def peer_ssrc(peer: Peer) -> int:
    assert peer._transceiver is not None
    return peer._transceiver.sender._ssrc


async def test_sound_and_data_are_refused_and_video_goes_on() -> None:
    async with Browser() as browser:
        browser.connection.addTransceiver("audio")
        browser.connection.createDataChannel("chat")
        peer = Peer(local_options())
        answer = await peer.answer(await browser.offer())
        try:
            sections = [line.split()[:2] for line in answer.splitlines() if line.startswith("m=")]
            assert [kind for kind, _ in sections] == ["m=video", "m=audio", "m=application"]
            assert [port == "0" for _, port in sections] == [False, True, True]
            assert "a=group:BUNDLE 0\r\n" in answer
            assert peer._connection is not None
            assert len(peer._connection.getTransceivers()) == 1
            assert peer._connection.sctp is None
        finally:
            await peer.close()


async def test_a_closed_browser_is_noticed() -> None:
    failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with connected() as (peer, browser):
        peer.on_failed = failed.set_result
        assert peer.state == "connected"
        await browser.close()
        assert "ended" in await asyncio.wait_for(failed, 3)
        assert peer.state == "failed"
        assert await asyncio.wait_for(drained(peer), 3) is None
    assert peer.state == "closed"


async def drained(peer: Peer) -> LiveFrame | None:
    while (frame := await peer.source.read()) is not None:
        pass
    return frame


async def test_a_browser_that_never_comes_fails_in_time() -> None:
    clock = FakeClock()
    failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with Browser() as browser:
        peer = Peer(local_options(connect_timeout_s=5), on_failed=failed.set_result, clock=clock)
        await peer.answer(await browser.offer())
        await clock.advance(4.5)
        assert not failed.done()
        await clock.advance(1.5)
        assert "within 5 seconds" in await asyncio.wait_for(failed, 1)
        assert peer.state is PeerState.FAILED
        await peer.close()


async def test_nobody_else_can_end_it() -> None:
    async with connected() as (peer, browser), pumping(peer, invert_below):
        await browser.see()
        assert peer._transceiver is not None
        transport = peer._transceiver.sender.transport
        port = transport.transport._connection.local_candidates[0].port
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.connect((LOOPBACK, port))
            stranger.setblocking(False)
            for datagram in (b"", b"\x80" * 1501, b"\x15\xfe\xfd" + bytes(12)):
                stranger.send(datagram)
            # What is sent last is answered: so all is there.
            stranger.send(
                bytes(Message(message_method=Method.BINDING, message_class=Class.REQUEST))
            )
            answer = asyncio.get_running_loop().sock_recv(stranger, 1500)
            assert await asyncio.wait_for(answer, 10)
        for _ in range(5):
            await browser.see()
        assert peer.state is PeerState.CONNECTED
        assert transport.state == "connected"


async def test_silence_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bunraku.stream.rtc.peer.WATCH_S", 0.1)
    failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    async with connected(local_options(silence_timeout_s=0.6)) as (peer, browser):
        peer.on_failed = failed.set_result
        # The browser's process stops dead: nothing is sent any more, nor is anything closed.
        transport = browser.connection.getSenders()[0].transport.transport

        async def nowhere(data: bytes) -> None:
            """Send nothing."""

        vars(transport)["_send"] = nowhere
        assert "Nothing comes" in await asyncio.wait_for(failed, 6)


async def test_an_offer_is_answered_once() -> None:
    async with connected() as (peer, browser):
        with pytest.raises(InputError, match="has had its offer"):
            await peer.answer(browser.connection.localDescription.sdp)


@pytest.mark.parametrize("works", [True, False])
async def test_what_the_gpu_encodes_is_preferred(
    works: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Browsers name VP8 first; both stay possible."""
    monkeypatch.setattr(peer_module, "nvenc_works", lambda: works)
    async with Browser() as browser:
        offer = await browser.offer()
        peer = Peer(local_options())
        answer = await peer.answer(offer)
        await peer.close()
    first = {at: answer.index(f"{name}/90000") for at, name in enumerate(("H264", "VP8"))}
    assert offer.index("VP8/90000") < offer.index("H264/90000")
    assert (first[0] < first[1]) is works


async def test_no_common_codec() -> None:
    async with Browser() as browser:
        offer = (await browser.offer()).replace("VP8/90000", "AV1/90000")
        with pytest.raises(InputError, match="no video codec"):
            await Peer(local_options(codec=Codec.VP8)).answer(offer)


async def test_closing_twice_and_at_once_is_fine() -> None:
    peer = Peer(local_options())
    await asyncio.gather(peer.close(), peer.close())
    with pytest.raises(InputError):
        await peer.answer("v=0")
    async with Browser() as browser:
        peer = Peer(local_options())
        answering = asyncio.create_task(peer.answer(await browser.offer()))
        await asyncio.sleep(0)
        await peer.close()
        await asyncio.wait([answering], timeout=3)
        assert answering.done()
        answering.exception()
