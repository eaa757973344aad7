"""Packets of a file past what is damaged in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from bunraku.stream.clip.timeline import AnyPacket

_MAX_FAILURES = 32
"""Failed reads after which the rest of a damaged file is given up."""


def past_damage(
    container: InputContainer, stream: Stream, on_failure: Callable[[], object] = lambda: None
) -> Iterator[AnyPacket]:
    """Yield all packets, past damage as far as the container can, and a last flush.

    :param stream: the one that is flushed where the rest of the file is given up.
    :param on_failure: called at each read that fails.
    """
    for _ in range(_MAX_FAILURES):
        try:
            yield from container.demux()
            return
        except av.error.FFmpegError:
            on_failure()
    yield flush_of(stream)


def flush_of(stream: Stream) -> AnyPacket:
    """A packet that makes the stream's decoder give what it holds back."""
    flush: AnyPacket = Packet()
    flush.stream = stream
    return flush
