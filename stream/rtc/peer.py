"""One browser's connection: its camera comes in, the result goes out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from enum import StrEnum

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability

from bunraku.errors import InputError
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.tasks import cancel
from bunraku.stream.rtc import ice, low_latency
from bunraku.stream.rtc.encoders import nvenc_works
from bunraku.stream.rtc.offer import Offer
from bunraku.stream.rtc.options import Codec, IceServer, PeerOptions
from bunraku.stream.rtc.tracks import BrowserSink, BrowserSource

__all__ = ["Codec", "IceServer", "Peer", "PeerOptions", "PeerState"]

CLOSE_TIMEOUT_S = 3.0
WATCH_S = 1.0

# What aiortc raises at SDP that it cannot use: it parses with assertions and plain look-ups.
_UNUSABLE = (
    *(AssertionError, AttributeError, LookupError, TypeError, ValueError, RuntimeError),
    *(InternalError, InvalidAccessError, InvalidStateError, OperationError),
)

log = logging.getLogger(__name__)


class PeerState(StrEnum):
    """How far a connection is."""

    NEW = "new"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    FAILED = "failed"
    CLOSED = "closed"


class Peer:
    """A WebRTC connection that takes one video from a browser and gives one back.

    ``source`` and ``sink`` can be given to a pipeline at once; frames come when the connection is
    up. ``on_connected`` and ``on_failed`` are called in the event loop; the latter, with a text for
    the user, at most once, and never after ``close``: the connection could not be made in time,
    was lost, or was ended by the browser. The owner then calls ``close``.
    """

    def __init__(
        self,
        options: PeerOptions | None = None,
        *,
        on_connected: Callable[[], None] | None = None,
        on_failed: Callable[[str], None] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.options = options or PeerOptions()
        self.on_connected = on_connected
        self.on_failed = on_failed
        self._clock = clock or SystemClock()
        limits = self.options
        self.source = BrowserSource(
            max_side_px=limits.max_side_px, max_rate=limits.max_rate, clock=self._clock
        )
        self.sink = BrowserSink(max_side_px=limits.max_side_px, clock=self._clock)
        self._state = PeerState.NEW
        self._connection: RTCPeerConnection | None = None
        self._transceiver: RTCRtpTransceiver | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def state(self) -> PeerState:
        return self._state

    async def answer(self, offer_sdp: str) -> str:
        """Take a browser's offer, with all its ICE candidates, and answer it with all of ours.

        Video is taken, everything else in the offer refused. Once in a peer's life; a peer that
        raised here has closed itself.

        :raises InputError: the offer is malformed, sends no video, or no codec is common.
        """
        if self._state is not PeerState.NEW:
            raise InputError("This connection has had its offer.", "Make a new one.")
        self._state = PeerState.CONNECTING
        try:
            return await self._answer(Offer.parse(offer_sdp))
        except _UNUSABLE as exc:
            await self.close()
            raise InputError("The offer is not usable: a part of it makes no sense.") from exc
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """End the connection and release everything; takes a few seconds at most."""
        if self._closing is None:
            self._state = PeerState.CLOSED
            self._closing = asyncio.create_task(self._close(), name="close peer")
        await asyncio.shield(self._closing)

    async def _answer(self, offer: Offer) -> str:
        connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[one.to_aiortc() for one in self.options.ice_servers])
        )
        self._connection = connection
        transceiver = connection.addTransceiver(self.sink.track, "sendrecv")
        self._transceiver = transceiver
        if self.options.codec is not Codec.AUTO:
            transceiver.setCodecPreferences(_capabilities(self.options.codec))
        elif await asyncio.to_thread(nvenc_works):
            transceiver.setCodecPreferences(_capabilities(Codec.H264, Codec.VP8))
        connection.on("connectionstatechange", self._on_state)
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        except OperationError as exc:
            raise InputError(
                f"The browser offers no video codec of those wanted here ({self.options.codec}).",
                "Allow VP8 and H.264.",
            ) from exc
        self.source.attach(transceiver.receiver.track)
        low_latency.tune(transceiver, self.options, self.sink.executor, offer.sdp)
        ice.prepare(connection, self.options.addresses)
        await connection.setLocalDescription(await connection.createAnswer())
        if self._state is PeerState.CONNECTING:
            self._watcher = asyncio.create_task(self._watch(), name="watch peer")
        return offer.complete(connection.localDescription.sdp)

    def _on_state(self) -> None:
        connection = self._connection
        if connection is None or self._state not in (PeerState.CONNECTING, PeerState.CONNECTED):
            return
        state = connection.connectionState
        if state == "connected" and self._state is PeerState.CONNECTING:
            self._state = PeerState.CONNECTED
            if self.on_connected is not None:
                self.on_connected()
        elif state == "failed":
            self._fail("The connection to the browser was lost or could not be made.")
        elif state == "closed":
            self._fail("The browser ended the connection.")

    def _fail(self, why: str) -> None:
        self._state = PeerState.FAILED
        if self.on_failed is not None:
            self.on_failed(why)

    async def _watch(self) -> None:
        """Fail where aiortc would wait: for half a minute, or for ever."""
        options = self.options
        since = self._clock.now()
        received = 0
        while self._state in (PeerState.CONNECTING, PeerState.CONNECTED):
            await self._clock.sleep(WATCH_S)
            silent_s = self._clock.now() - since
            if self._state is PeerState.CONNECTING:
                if silent_s >= options.connect_timeout_s:
                    self._fail(
                        f"No way to the browser was found within {options.connect_timeout_s:g} "
                        "seconds: a firewall may block UDP, or a TURN server is needed."
                    )
            elif self._state is PeerState.CONNECTED:
                now_received = await self._packets_received()
                if now_received != received:
                    received, since = now_received, self._clock.now()
                elif silent_s >= options.silence_timeout_s:
                    self._fail("Nothing comes from the browser any more.")

    async def _packets_received(self) -> int:
        assert self._transceiver is not None
        report = await self._transceiver.sender.getStats()
        return sum(int(one.packetsReceived) for one in report.values() if one.type == "transport")

    async def _close(self) -> None:
        if self._watcher is not None:
            await cancel([self._watcher])
        await self.source.close()
        await self.sink.close()
        connection = self._connection
        if connection is None:
            return
        try:
            await asyncio.wait_for(connection.close(), CLOSE_TIMEOUT_S)
        except TimeoutError:
            log.warning("A WebRTC connection did not close within %g seconds.", CLOSE_TIMEOUT_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_stop_the_rest(connection), CLOSE_TIMEOUT_S)
        connection.remove_all_listeners()
        await _finish_connecting(connection)


async def _stop_the_rest(connection: RTCPeerConnection) -> None:
    """Stop what aiortc, which waits for one part after the other, has not come to."""
    for transceiver in connection.getTransceivers():
        parts = {**vars(transceiver.sender), **vars(transceiver.receiver)}
        await cancel([part for part in parts.values() if isinstance(part, asyncio.Task)])
        dtls = transceiver.receiver.transport
        await dtls.stop()
        await dtls.transport.stop()


async def _finish_connecting(connection: RTCPeerConnection) -> None:
    """Wait for the tasks in which aiortc connects: ``close`` ends them but does not wait."""
    tasks = [task for task in asyncio.all_tasks() if _connects(task, connection)]
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=CLOSE_TIMEOUT_S)
        await cancel(late)


def _connects(task: asyncio.Task[object], connection: RTCPeerConnection) -> bool:
    coroutine = task.get_coro()
    frame = getattr(coroutine, "cr_frame", None)
    name = getattr(coroutine, "__qualname__", "")
    return (
        name == "RTCPeerConnection.__connect"
        and frame is not None
        and frame.f_locals.get("self") is connection
    )


def _capabilities(*codecs: Codec) -> list[RTCRtpCodecCapability]:
    """What can be sent and received of these codecs, the first preferred."""
    known = RTCRtpSender.getCapabilities("video").codecs
    wanted = (*(f"video/{codec}" for codec in codecs), "video/rtx")
    return [one for kind in wanted for one in known if one.mimeType.lower() == kind]
