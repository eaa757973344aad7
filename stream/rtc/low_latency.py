"""What makes aiortc quick and keeps it so: parts of a connection exchanged for our own.

They are private parts, so this is done with the versions of aiortc that it was written for and no
others; without it connections work, only slower.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from importlib.metadata import version
from typing import Any

from aiortc import RTCRtpTransceiver, rtcrtpreceiver
from aiortc.mediastreams import MediaStreamError

from bunraku.stream.rtc.codecs import encoder_for
from bunraku.stream.rtc.decoding import decoder_worker
from bunraku.stream.rtc.limits import limit
from bunraku.stream.rtc.options import PeerOptions
from bunraku.stream.rtc.playout import PlayoutMap, accept
from bunraku.stream.rtc.receiving import EagerEstimator, MarkerBuffer, RepeatingNacks

KNOWN_VERSIONS = ("1.16",)
_RECEIVER_PARTS = ("jitter_buffer", "nack_generator", "remote_bitrate_estimator")
_SENDER_PARTS = ("encoder", "loop", "rtp_header_extensions_map", "rtp_history")

log = logging.getLogger(__name__)


@functools.cache
def install() -> bool:
    """Exchange the one part that all connections of the process share: the decoders' thread.

    Called by ``tune``. False, with one warning in the log, where this version of aiortc is unknown.
    """
    found = version("aiortc")
    if found.rpartition(".")[0] not in KNOWN_VERSIONS:
        log.warning(
            "aiortc %s is not one of the versions (%s) that can be tuned: pictures from and to "
            "browsers take longer.",
            found,
            ", ".join(KNOWN_VERSIONS),
        )
        return False
    rtcrtpreceiver.decoder_worker = decoder_worker
    return True


def tune(
    transceiver: RTCRtpTransceiver, options: PeerOptions, executor: Executor, offer: str
) -> bool:
    """Make a negotiated video transceiver quick, before the answer is made.

    :param executor: of one thread, in which its frames are encoded; aiortc's encoders share theirs
        with whatever else the process does.
    :param offer: the browser's, as SDP.
    :returns: whether it was done.
    """
    sender, receiver = transceiver.sender, transceiver.receiver
    known = all(_has(receiver, part) for part in _RECEIVER_PARTS) and all(
        _has(sender, part) for part in _SENDER_PARTS
    )
    if not install() or not known:
        return False
    _exchange(receiver, "jitter_buffer", MarkerBuffer())
    _exchange(receiver, "nack_generator", RepeatingNacks())
    estimator = EagerEstimator(options.start_kbps * 1000, options.max_kbps * 1000)
    _exchange(receiver, "remote_bitrate_estimator", estimator)
    encoder = encoder_for(transceiver._codecs[0].mimeType, options)
    if encoder is not None:
        _exchange(sender, "encoder", encoder)
    _exchange(sender, "loop", _EncodingLoop(executor))
    _exchange(sender, "rtp_header_extensions_map", PlayoutMap())
    accept(transceiver, offer)
    limit(transceiver)
    return True


class _EncodingLoop:
    """The event loop as a sender sees it, who only asks it to run its encoder elsewhere."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def run_in_executor(
        self, _: Executor | None, encode: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        try:
            return asyncio.get_running_loop().run_in_executor(self._executor, encode, *args)
        except RuntimeError as exc:
            # The thread has ended, and the track with it.
            raise MediaStreamError from exc


def _attribute(owner: object, part: str) -> str:
    return f"_{type(owner).__name__}__{part}"


def _has(owner: object, part: str) -> bool:
    return hasattr(owner, _attribute(owner, part))


def _exchange(owner: object, part: str, own: object) -> None:
    setattr(owner, _attribute(owner, part), own)
