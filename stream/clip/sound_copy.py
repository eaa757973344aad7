"""Packets of sound copied into another container, and whether that works."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

import av
import av.error
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet

from bunraku.runtime.source.local_file import open_file
from bunraku.stream.clip.timeline import packets_of


def packets_to_copy(stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    """Yield the packets of a track that a container takes: whole, timed, and in order.

    :raises av.error.FFmpegError: the rest of the file cannot be read.
    """
    assert isinstance(stream.container, InputContainer)
    last: int | None = None
    for packet in packets_of(stream.container, stream):
        if packet.dts is None or packet.pts is None or packet.is_corrupt:
            continue
        if last is not None and packet.dts <= last:
            continue  # containers take no packet that goes back
        last = packet.dts
        yield packet


def can_be_copied(path: str, index: int, target: str, until_s: float | None = None) -> bool:
    """Whether a container really takes every packet of a track: tried, and thrown away.

    What it refuses it may refuse late, and then the whole file is lost.

    :param path: the clip's, as FFmpeg opens it.
    :param index: the track's number among all its streams.
    :param target: FFmpeg's name of the container's format.
    :param until_s: seconds on the clip's clock after which nothing is copied; None for all.
    """
    try:
        with (
            open_file(path) as container,
            av.open(_Nowhere(), "w", format=target) as trial,
        ):
            stream = cast(AudioStream, container.streams[index])
            copy = trial.add_stream_from_template(stream)
            for packet in packets_to_copy(stream):
                if until_s is not None and (packet.pts or 0) * packet.time_base > until_s:
                    break
                packet.stream = copy
                trial.mux(packet)
    except (av.error.FFmpegError, ValueError):
        return False
    return True


class _Nowhere:
    """A file for PyAV that keeps nothing."""

    def __init__(self) -> None:
        self._at = self._size = 0

    def write(self, data: bytes) -> int:
        self._at += len(data)
        self._size = max(self._size, self._at)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at
