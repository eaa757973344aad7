"""From packets to frames without waiting: a jitter buffer, requests for lost packets, an estimate.

Each of these takes the place of the part of aiortc's receiver that it is derived from.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from aiortc.jitterbuffer import MAX_MISORDER, JitterBuffer, JitterFrame
from aiortc.rate import RemoteBitrateEstimator
from aiortc.rtcrtpreceiver import NackGenerator
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add, uint16_gt

CAPACITY_PACKETS = 512
PATIENCE_S = 0.5
"""How long frames wait for a lost packet of theirs before they are given up."""

REPEAT_REQUEST_S = 0.06
"""A request for lost packets is lost as easily as they are."""


class ReadyFrame(JitterFrame):
    """A frame for the decoder, and those behind it that became complete by the same packet."""

    def __init__(self, first: JitterFrame, followers: list[JitterFrame]) -> None:
        super().__init__(first.data, first.timestamp)
        # By how much they are later, in ticks: the receiver rewrites the first one's timestamp.
        self.followers = [
            (frame.data, (frame.timestamp - first.timestamp) & 0xFFFFFFFF) for frame in followers
        ]

    def unpack(self) -> list[JitterFrame]:
        """All frames in their order."""
        later = [JitterFrame(data, self.timestamp + after) for data, after in self.followers]
        return [JitterFrame(self.data, self.timestamp), *later]


class MarkerBuffer(JitterBuffer):
    """Gives a video frame away as soon as its last packet is there.

    aiortc's own knows a frame's end by the next frame's begin: every frame is one interval late.
    The RTP marker bit tells it at once. Besides: packets of padding, which it takes for an empty
    frame, are skipped; a lost packet fills in for all frames that waited for it, not for one; it is
    given up after ``patience_s`` instead of 512 packets later; and a late copy of an old packet is
    not taken for a new beginning.
    """

    def __init__(
        self,
        capacity: int = CAPACITY_PACKETS,
        *,
        patience_s: float = PATIENCE_S,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(capacity=capacity, is_video=True)
        self._patience_s = patience_s
        self._now = now
        self._newest: int | None = None
        self._blocked_s = math.inf
        self._stray: RtpPacket | None = None
        self._released: int | None = None
        self._trusts_markers = True

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Take a packet; whether a keyframe is needed, and what became complete."""
        ask = False
        if self._is_far_behind(packet):
            stray, self._stray = self._stray, packet
            if stray is None or uint16_add(stray.sequence_number, 1) != packet.sequence_number:
                return False, None
            # Two in a row, as RFC 3550 has it: the sender has begun anew.
            self._newest, self._stray = None, None
            ask, _ = super().add(stray)
        number = packet.sequence_number
        if self._newest is None or uint16_gt(number, self._newest):
            self._newest = number
        ask_too, first = super().add(packet)
        frames = [] if first is None else [first]
        frames += self._remove_all()
        if self._gives_up(bool(frames)):
            ask = True
            frames += self._remove_all()
        return ask or ask_too, ReadyFrame(frames[0], frames[1:]) if frames else None

    def _remove_all(self) -> list[JitterFrame]:
        frames = []
        while (frame := self._remove_frame(0)) is not None:
            frames.append(frame)
        return frames

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        while (packet := self._at(0)) is not None and not _data(packet):
            self.remove(1)
        if packet is not None and packet.timestamp == self._released:
            # This sender marks the ends of something smaller than a frame.
            self._trusts_markers = False
        if not self._trusts_markers:
            return super()._remove_frame(sequence_number)
        return self._remove_marked() or super()._remove_frame(sequence_number)

    def _remove_marked(self) -> JitterFrame | None:
        first = self._at(0)
        parts: list[bytes] = []
        for offset in range(self.capacity):
            packet = self._at(offset)
            if first is None or packet is None or packet.timestamp != first.timestamp:
                return None
            parts.append(_data(packet))
            if packet.marker:
                self.remove(offset + 1)
                self._released = packet.timestamp
                return JitterFrame(b"".join(parts), packet.timestamp)
        return None

    def _is_far_behind(self, packet: RtpPacket) -> bool:
        if self._origin is None:
            return False
        behind = uint16_add(self._origin, -packet.sequence_number)
        return MAX_MISORDER <= behind < uint16_add(packet.sequence_number, -self._origin)

    def _gives_up(self, progress: bool) -> bool:
        """Skip to the next frame that is there from its first packet, if a gap is too old."""
        gap = self._gap()
        if gap is None:
            self._blocked_s = math.inf
            return False
        if progress or self._blocked_s == math.inf:
            self._blocked_s = self._now()
        if self._now() - self._blocked_s < self._patience_s:
            return False
        for offset in range(gap + 1, self._span()):
            before, packet = self._at(offset - 1), self._at(offset)
            if before is None or packet is None or before.timestamp == packet.timestamp:
                continue
            self.remove(offset)
            self._blocked_s = math.inf
            return True
        return False

    def _gap(self) -> int | None:
        """Where the first missing packet is, counted from the origin; None without one."""
        return next((i for i in range(self._span()) if self._at(i) is None), None)

    def _span(self) -> int:
        """How many packets there should be from the origin to the newest."""
        if self._origin is None or self._newest is None:
            return 0
        span = uint16_add(self._newest, 1 - self._origin)
        return span if span <= self.capacity else 0

    def _at(self, offset: int) -> RtpPacket | None:
        if self._origin is None:
            return None
        return self._packets[(self._origin + offset) % self._capacity]


class RepeatingNacks(NackGenerator):
    """Asks for lost packets again until they come."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now = now
        self._asked_s = -math.inf

    def add(self, packet: RtpPacket) -> bool:
        """Take a packet; whether the missing ones are to be asked for now."""
        lost = super().add(packet)
        now = self._now()
        if not lost and (not self.missing or now - self._asked_s < REPEAT_REQUEST_S):
            return False
        self._asked_s = now
        return True


class EagerEstimator(RemoteBitrateEstimator):
    """Tells the browser at once what it may send.

    aiortc's own says nothing for three seconds; a browser believes what it is told in the first
    two, and else climbs from 300 kbit/s by 8 % a second.
    """

    def __init__(self, start: int, largest: int) -> None:
        super().__init__()
        self._start = start
        self._largest = largest
        self._begun = False

    def add(
        self, arrival_time_ms: int, abs_send_time: int, payload_size: int, ssrc: int
    ) -> tuple[int, list[int]] | None:
        """Take a packet's times and size; the bitrate to tell the browser (bit/s), if it is due."""
        if not self._begun:
            self._begun = True
            self.rate_control.set_estimate(self._start, arrival_time_ms)
        estimate = super().add(arrival_time_ms, abs_send_time, payload_size, ssrc)
        return None if estimate is None else (min(estimate[0], self._largest), estimate[1])


def _data(packet: RtpPacket) -> bytes:
    """A packet's part of the frame, where aiortc's receiver leaves it; empty for padding."""
    return bytes(getattr(packet, "_data", b""))
