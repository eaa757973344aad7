"""aiortc's parts are exchanged where they are known, and left alone where they are not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver, rtcrtpreceiver
from aiortc.mediastreams import MediaStreamError

from bunraku.stream.rtc import low_latency
from bunraku.stream.rtc.codecs import LiveVp8Encoder
from bunraku.stream.rtc.decoding import decoder_worker
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.rtc.playout import PlayoutMap
from bunraku.stream.rtc.receiving import EagerEstimator, MarkerBuffer, RepeatingNacks


@pytest.fixture(autouse=True)
def forgetful_install() -> Iterator[None]:
    low_latency.install.cache_clear()
    yield
    low_latency.install.cache_clear()


@pytest.fixture
async def transceiver() -> RTCRtpTransceiver:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    made = connection.addTransceiver("video")
    await connection.createOffer()
    return made


def part(owner: object, name: str) -> object:
    return getattr(owner, f"_{type(owner).__name__}__{name}")


async def test_every_part_is_exchanged(transceiver: RTCRtpTransceiver) -> None:
    with ThreadPoolExecutor(1) as executor:
        assert low_latency.tune(transceiver, PeerOptions(start_kbps=700), executor, "")
    receiver, sender = transceiver.receiver, transceiver.sender
    assert isinstance(part(receiver, "jitter_buffer"), MarkerBuffer)
    assert isinstance(part(receiver, "nack_generator"), RepeatingNacks)
    assert isinstance(part(receiver, "remote_bitrate_estimator"), EagerEstimator)
    encoder = part(sender, "encoder")
    assert isinstance(encoder, LiveVp8Encoder)
    assert encoder.target_bitrate == 700_000
    assert isinstance(part(sender, "rtp_header_extensions_map"), PlayoutMap)
    assert rtcrtpreceiver.decoder_worker is decoder_worker
    assert "_handle_rtp_packet" in vars(receiver)
    assert "_handle_rtcp_packet" in vars(sender)


async def test_encoding_has_a_thread_of_its_own(transceiver: RTCRtpTransceiver) -> None:
    executor = ThreadPoolExecutor(1, "own")
    low_latency.tune(transceiver, PeerOptions(), executor, "")
    loop = part(transceiver.sender, "loop")
    assert isinstance(loop, low_latency._EncodingLoop)

    def where() -> str:
        import threading

        return threading.current_thread().name

    assert (await loop.run_in_executor(None, where)).startswith("own")
    executor.shutdown()
    with pytest.raises(MediaStreamError):
        await loop.run_in_executor(None, where)


async def test_an_unknown_version_is_left_as_it_is(
    transceiver: RTCRtpTransceiver,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(low_latency, "version", lambda _: "2.0.1")
    stock = object()
    monkeypatch.setattr(rtcrtpreceiver, "decoder_worker", stock)
    with ThreadPoolExecutor(1) as executor, caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert not low_latency.tune(transceiver, PeerOptions(), executor, "")
    assert not isinstance(part(transceiver.receiver, "jitter_buffer"), MarkerBuffer)
    assert part(transceiver.sender, "encoder") is None
    assert rtcrtpreceiver.decoder_worker is stock
    assert [record.getMessage() for record in caplog.records] == [
        "aiortc 2.0.1 is not one of the versions (1.16) that can be tuned: pictures from and to "
        "browsers take longer."
    ]


async def test_a_version_without_the_parts_is_left_as_it_is(
    transceiver: RTCRtpTransceiver,
) -> None:
    del vars(transceiver.sender)["_RTCRtpSender__encoder"]
    with ThreadPoolExecutor(1) as executor:
        assert not low_latency.tune(transceiver, PeerOptions(), executor, "")
    assert not isinstance(part(transceiver.receiver, "jitter_buffer"), MarkerBuffer)
    await asyncio.sleep(0)
