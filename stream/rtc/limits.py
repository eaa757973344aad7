"""What a browser cannot make its connection do: grow for ever, or keep the event loop busy.

aiortc does whatever the packets say that come over an encrypted connection. Whoever has one is let
in, but may not slow down everybody else.
"""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any

from aiortc import RTCRtpReceiver, RTCRtpSender, RTCRtpTransceiver
from aiortc.rtp import RTCP_RTPFB_NACK, AnyRtcpPacket, RtcpRtpfbPacket, RtpPacket

from bunraku.stream.core.token_bucket import TokenBucket

MAX_STREAMS = 8
"""Numbers (SSRC) under which packets may come; a browser uses two or three. Each is reported on in
every receiver report, and above 56 of them the report fits no packet."""
RESENT_PER_S = 500
RESENT_AT_ONCE = 64
"""Packets sent again: as many as the picture has at its highest bitrate, and a whole keyframe."""

Done = Coroutine[Any, Any, None]


def limit(transceiver: RTCRtpTransceiver) -> None:
    """Limit what the packets of a browser can cause; once, before the connection is up."""
    _limit_streams(transceiver.receiver)
    _limit_resending(transceiver.sender, TokenBucket(RESENT_PER_S, RESENT_AT_ONCE))


def _limit_streams(receiver: RTCRtpReceiver) -> None:
    handle = receiver._handle_rtp_packet
    streams: set[int] = set()

    def limited(packet: RtpPacket, arrival_time_ms: int) -> Done:
        if packet.ssrc not in streams:
            if len(streams) >= MAX_STREAMS:
                return _nothing()
            streams.add(packet.ssrc)
        return handle(packet, arrival_time_ms=arrival_time_ms)

    vars(receiver).update(_handle_rtp_packet=limited)


def _limit_resending(sender: RTCRtpSender, budget: TokenBucket) -> None:
    handle = sender._handle_rtcp_packet
    history: dict[int, RtpPacket] = vars(sender)["_RTCRtpSender__rtp_history"]

    def limited(packet: AnyRtcpPacket) -> Done:
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            # Only what can still be sent again counts: after a gap browsers ask for much more.
            there = {sent.sequence_number for sent in history.values()}
            wanted = [number for number in dict.fromkeys(packet.lost) if number in there]
            packet.lost = wanted[: budget.take(len(wanted), time.monotonic())]
        return handle(packet)

    vars(sender).update(_handle_rtcp_packet=limited)


async def _nothing() -> None:
    """Take no notice of a packet."""
