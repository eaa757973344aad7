"""How far a clip says that it goes, and how far it went."""

from __future__ import annotations

import math

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from bunraku.stream.clip.timeline import AnyPacket, has_restarts
from bunraku.stream.clip.times import is_untimed

# What may be missing of a whole clip: containers round, and count what is not shown.
_LEAST_S = 0.25
_LEAST_SHARE = 0.05
_MOST_S = 10.0
_ROUNDING_S = 0.01


class Extent:
    """Follows the reading of a clip, to tell one that was cut off from one that is short.

    Lengths are compared, not frames, since frames come at varying rates and edit lists hide some of
    them; and those of the file, not of its pictures, since sound or subtitles may outlast them.
    """

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self._index = stream.index
        self._counted = is_untimed(container)
        self._start_s = (container.start_time or 0) / av.time_base
        # Ends on the container's clock: those it announces, of the file and of the pictures, and
        # those of what was read.
        self._told_s = _told_s(container, self._start_s)
        self._told_pictures_s = _told_pictures_s(container, stream)
        self._read_s = self._read_pictures_s = -math.inf
        # Ends on the clip's clock: of the pictures to decode, and of those decoded.
        self._pictures_s = self._decoded_s = -math.inf
        self._frame_s = 0.0
        # The shortest packet of the pictures, which no picture is shown for less than.
        self._shortest_s = math.inf

    def read(self, packet: AnyPacket) -> None:
        """Take note of a packet of any stream, as the container gives it."""
        end_s = self._end_s(packet)
        self._read_s = max(self._read_s, end_s)
        if self._is_picture(packet):
            self._read_pictures_s = max(self._read_pictures_s, end_s)

    def to_decode(self, packet: AnyPacket) -> None:
        """Take note of a packet whose times are those of the clip's clock."""
        if self._is_picture(packet):
            self._pictures_s = max(self._pictures_s, self._end_s(packet))

    def decoded(self, end_s: float, frame_s: float) -> None:
        """Take note of a picture that ends at ``end_s`` and lasts about ``frame_s``."""
        self._decoded_s, self._frame_s = end_s, frame_s

    def loss(self) -> tuple[float, float] | None:
        """Return how many seconds of how many could be read, None if they are about the same."""
        for read_s, whole_s, least_s in (
            (self._read_s, self._told_s, _LEAST_S),
            (self._read_pictures_s, self._told_pictures_s, self._frame_s),
            (self._decoded_s, self._pictures_s, self._frame_s),
        ):
            length_s = whole_s - self._start_s
            spared_s = max(least_s, min(_LEAST_SHARE * length_s, _MOST_S)) + _ROUNDING_S
            if whole_s - read_s > spared_s:
                return max(0.0, read_s - self._start_s), length_s
        return None

    def _is_picture(self, packet: AnyPacket) -> bool:
        return packet.stream.index == self._index and not packet.is_discard

    def _end_s(self, packet: AnyPacket) -> float:
        start = packet.pts if packet.dts is None else packet.dts
        if start is None or self._counted:
            return -math.inf
        end_s = float((start + (packet.duration or 0)) * packet.time_base)
        if packet.pts is None:
            return end_s
        # Durations are those between packets: added to the time of showing, they lead too far.
        shown_s = float(packet.pts * packet.time_base)
        if self._is_picture(packet) and packet.duration:
            self._shortest_s = min(self._shortest_s, float(packet.duration * packet.time_base))
            shown_s += self._shortest_s
        return max(end_s, shown_s)


def _told_s(container: InputContainer, start_s: float) -> float:
    """Return the end that the container announces, if it does."""
    if container.duration is None or has_restarts(container):
        return -math.inf  # FFmpeg takes the length of such streams from their last times
    duration_s: float = container.duration / av.time_base
    # Some count from their first time, others from 0.
    return duration_s if 0 <= start_s <= duration_s else start_s + duration_s


def _told_pictures_s(container: InputContainer, stream: VideoStream) -> float:
    """Return the end that an index or a count of the pictures alone has, if there is one."""
    names, base = container.format.name.split(","), stream.time_base or 0
    if "mov" in names and stream.duration:
        return float(((stream.start_time or 0) + stream.duration) * base)
    if "avi" in names and stream.frames:
        return float(stream.frames * base)
    return -math.inf
