"""What makes aiortc quick: parts of one connection exchanged for our own."""

from __future__ import annotations

from concurrent.futures import Executor

from aiortc import RTCRtpTransceiver

from bunraku.stream.rtc.options import PeerOptions


def tune(transceiver: RTCRtpTransceiver, options: PeerOptions, executor: Executor) -> None:
    """Make one negotiated video transceiver quick, before its connection starts."""
