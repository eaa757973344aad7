"""What packets over an encrypted connection cannot do."""

from __future__ import annotations

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpTransceiver
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket, RtpPacket

from bunraku.stream.rtc.limits import MAX_STREAMS, RESENT_AT_ONCE, limit

HISTORY = 128


@pytest.fixture
async def transceiver() -> RTCRtpTransceiver:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    made = connection.addTransceiver("video")
    limit(made)
    return made


async def test_only_a_few_streams_are_taken(transceiver: RTCRtpTransceiver) -> None:
    receiver = transceiver.receiver
    for ssrc in [*range(60), *range(60)]:
        packet = RtpPacket(payload_type=96, sequence_number=ssrc)
        packet.ssrc = ssrc
        await receiver._handle_rtp_packet(packet, arrival_time_ms=ssrc)
    taken = [source.source for source in receiver.getSynchronizationSources()]
    assert taken == list(range(MAX_STREAMS))


class Resent:
    """A sender that has sent the packets up to ``newest``, and those it sends again."""

    def __init__(self, transceiver: RTCRtpTransceiver, newest: int) -> None:
        self.sender = transceiver.sender
        self.numbers: list[int] = []
        history = vars(self.sender)["_RTCRtpSender__rtp_history"]
        for number in range(newest - HISTORY + 1, newest + 1):
            history[number % HISTORY] = RtpPacket(sequence_number=number)
        vars(self.sender).update(_retransmit=self._retransmit)

    async def _retransmit(self, number: int) -> None:
        self.numbers.append(number)

    async def ask(self, numbers: list[int]) -> None:
        packet = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=1, media_ssrc=2, lost=numbers)
        await self.sender._handle_rtcp_packet(packet)


async def test_lost_packets_are_sent_again_once_each(transceiver: RTCRtpTransceiver) -> None:
    resent = Resent(transceiver, newest=1000)
    await resent.ask([990, 991, 990, 998])
    assert resent.numbers == [990, 991, 998]


async def test_a_packet_cannot_ask_for_thousands(transceiver: RTCRtpTransceiver) -> None:
    resent = Resent(transceiver, newest=1000)
    await resent.ask([*range(17)] * 368)
    assert not resent.numbers
    for _ in range(3):
        await resent.ask([*range(2000)] * 3)
    oldest = 1001 - HISTORY
    assert resent.numbers[:RESENT_AT_ONCE] == [*range(oldest, oldest + RESENT_AT_ONCE)]
    assert len(resent.numbers) <= 3 * RESENT_AT_ONCE
