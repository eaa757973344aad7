"""The process that decodes a clip's sound: whatever becomes of it, the pictures are animated.

Input: a line of JSON (:class:`Order`), answered by one with what was found
(:class:`~bunraku.stream.clip.sound_probe.Sound`, or null); then, where the sound is wanted, another
line (:class:`Wanted`), answered by its pieces: each a header and float32 samples, [N, channels]. A
piece of no samples is the end, unless it says that some were missed; without an end the process
broke.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import BinaryIO

import av
import av.error
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from bunraku.runtime.source.local_file import open_file
from bunraku.stream.clip.sound_decoding import Silence, decode, demux, time_of, track
from bunraku.stream.clip.sound_mixer import Mixer
from bunraku.stream.clip.sound_probe import find_sound
from bunraku.stream.core.signals import ignore_in_child

Samples = NDArray[np.float32]

PIECE = struct.Struct("<qI")
"""When a piece starts, in samples on the clip's clock, and how many samples it has."""
UNKNOWN = -(1 << 63)
"""Instead of a time: right after the piece before."""
MISSED = UNKNOWN + 1
"""Instead of a time, with no samples: a part of the track before could not be decoded."""


@dataclass(frozen=True)
class Order:
    """Where the sound is."""

    path: str
    # Of the file that it is carried into (".mp4").
    suffix: str
    # Seconds on the clip's clock after which nothing of it is wanted; None for all of it.
    until_s: float | None = None

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


@dataclass(frozen=True)
class Wanted:
    """How the sound is sent."""

    # Its number among all streams of the file.
    stream: int
    rate_hz: int
    mono: bool

    @property
    def channels(self) -> int:
        return 1 if self.mono else 2

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"


def pieces(path: str, wanted: Wanted) -> Iterator[tuple[int, Samples]]:
    """Decode a track.

    :returns: when each piece starts, in samples on the clip's clock or ``UNKNOWN``, and its
        float32 samples, ``[N,channels]``; ``MISSED`` and none, at most once.
    :raises av.error.FFmpegError, OSError: the file cannot be opened.
    """
    with open_file(path) as container:
        # What stands before 0 there is hidden by an edit list.
        hides = container.format.name.startswith("mov")
        silence = Silence()
        for frame in _mixed(track(container, wanted.stream), wanted, silence):
            samples = np.asarray(frame.to_ndarray(), np.float32).reshape(-1, wanted.channels)
            time_s = time_of(frame)
            start = UNKNOWN if time_s is None else round(time_s * wanted.rate_hz)
            if hides and UNKNOWN < start < 0:
                samples, start = samples[-start:], 0
            if len(samples):
                yield start, samples
        if silence.broken:
            yield MISSED, np.empty((0, wanted.channels), np.float32)


def _mixed(stream: AudioStream, wanted: Wanted, silence: Silence) -> Iterator[AudioFrame]:
    mixer: Mixer | None = None
    for packet in demux(stream):
        frames = decode(packet)
        silence.watch(packet, frames)
        for frame in frames:
            try:
                if mixer is None or not mixer.fits(frame):
                    if mixer is not None:
                        yield from mixer.mix(None)
                    mixer = Mixer(frame, wanted.rate_hz, mono=wanted.mono)
                yield from mixer.mix(frame)
            except (av.error.FFmpegError, ValueError):
                mixer = None  # a gap in the sound
    if mixer is not None:
        yield from mixer.mix(None)


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Tell what is found, and send it if it is wanted.

    :raises av.error.FFmpegError, OSError: the file cannot be read, or nobody listens any more.
    """
    order = Order(**json.loads(orders.readline()))
    sound = find_sound(order.path, order.suffix, order.until_s)
    answers.write(json.dumps(None if sound is None else asdict(sound)).encode() + b"\n")
    answers.flush()
    if line := orders.readline():
        for start, samples in pieces(order.path, Wanted(**json.loads(line))):
            answers.write(PIECE.pack(start, len(samples)))
            answers.write(np.ascontiguousarray(samples).tobytes())
        answers.write(PIECE.pack(UNKNOWN, 0))
        answers.flush()


def main() -> None:
    """Serve standard input and output."""
    ignore_in_child()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        serve(sys.stdin.buffer, answers)
    except (av.error.FFmpegError, OSError, ValueError):
        os._exit(1)
    os._exit(0)  # layouts that are kept must not be freed, not even now


if __name__ == "__main__":
    main()
