"""Packets and frames of a track, past what is damaged; runs in the process of ``sound_child``.

Decoding is left to that process, because PyAV frees the layout of a frame twice where its channels
stand in an order of their own, and because FFmpeg's decoders meet whatever a file holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

import av.error
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from bunraku.stream.clip.damage import flush_of, past_damage
from bunraku.stream.clip.timeline import ClipTimeline

# Damage that is no longer is a click, not a part that is missing.
_MOMENT_S = Fraction(1, 2)


def track(container: InputContainer, index: int) -> AudioStream:
    """The stream of a number, which is one of sound."""
    return cast(AudioStream, container.streams[index])


def demux(stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Yield the stream's packets, as far as the file can be read, and a last one that flushes."""
    container = stream.container
    assert isinstance(container, InputContainer)
    # On the clip's clock, which looks at all tracks.
    packets = (packet for packet in past_damage(container, stream) if packet.size)
    for packet in ClipTimeline(container).follow(packets):
        if packet.stream.index == stream.index:
            yield packet
    yield cast("Packet[AudioStream]", flush_of(stream))


_kept: list[AudioLayout] = []


def decode(packet: Packet[AudioStream]) -> list[AudioFrame]:
    """Decode a packet; what is damaged is a gap in the sound."""
    try:
        frames = packet.decode()
    except av.error.FFmpegError:
        return []
    # PyAV's copy of a custom layout shares its memory with the frame: it must never be freed.
    _kept.extend(frame.layout for frame in frames if " " in frame.layout.name)
    return [frame for frame in frames if frame.samples]


class Silence:
    """Tells whether a track could not be decoded for longer than a moment, as where its codec
    changes: FFmpeg keeps to the first.
    """

    def __init__(self) -> None:
        self._since: Fraction | None = None
        self.broken = False

    def watch(self, packet: Packet[AudioStream], frames: list[AudioFrame]) -> None:
        """Take note of a packet, and of what was decoded of it."""
        if frames or packet.is_discard:
            self._since = None
        elif packet.pts is not None and packet.size:
            time_s = packet.pts * packet.time_base
            self._since = time_s if self._since is None else self._since
            self.broken |= time_s - self._since > _MOMENT_S


def time_of(frame: AudioFrame) -> Fraction | None:
    """Seconds on the clip's clock, where the frame knows them."""
    if frame.pts is None or frame.time_base is None:
        return None
    return frame.pts * frame.time_base
