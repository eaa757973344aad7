"""The process that sends a push: encodes pictures from its input and writes them to the network.

A process of its own, because FFmpeg connects and closes with Python's lock held, for as long as
the other side likes: here that stops nothing else, and can be ended at any moment.

Input: a line of JSON (:class:`Order`), then for each picture its time, a little-endian int64 in
milliseconds, and its I420 planes. After each picture a line of JSON comes back: ``{}`` when it was
sent, else ``{"error": NAME, "errno": NUMBER, "text": TEXT}`` as the last one.
"""

from __future__ import annotations

import io
import json
import os
import signal
import struct
import sys
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import BinaryIO

import av
import av.error
import numpy as np

from bunraku.stream.core.signals import ignore_in_child
from bunraku.stream.sinks.muxer import LiveMuxer, pushed_h264

HEADER = struct.Struct("<q")
PARTING_S = 3
"""How long it may take to say goodbye."""


@dataclass(frozen=True)
class Order:
    """What is to be sent where."""

    address: str
    format: str
    options: dict[str, str]
    # (width, height) of every picture, even.
    size: tuple[int, int]
    rate: float
    bitrate_kbps: int
    # How long the other side may take to connect, or to accept a picture.
    patience_s: int = 10

    def line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Order:
        fields = json.loads(line)
        return cls(**{**fields, "size": tuple(fields["size"])})


def send(pictures: io.BufferedReader, answers: BinaryIO) -> None:
    """Send pictures until there are no more.

    :raises av.error.FFmpegError, OSError: the other side cannot be reached, or is gone.
    """
    order = Order.read(pictures.readline())
    width, height = order.size
    rate = Fraction(order.rate).limit_denominator(1001)
    container = av.open(order.address, "w", format=order.format, options=order.options)
    muxer = LiveMuxer(container, order.size, pushed_h264(order.bitrate_kbps), rate=rate)
    planes = np.empty((height * 3 // 2, width), np.uint8)
    sent = False
    while len(header := pictures.read(HEADER.size)) == HEADER.size:
        if pictures.readinto(planes.data.cast("B")) < planes.size:
            break
        _limit(order.patience_s)
        muxer.write(planes, HEADER.unpack(header)[0])
        _limit(0)
        sent = True
        answers.write(b"{}\n")
        answers.flush()
    _limit(PARTING_S)
    if sent:
        muxer.finish()


def _limit(seconds: int) -> None:
    """Let the process end unless the next call comes in time; nothing else interrupts FFmpeg."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def main() -> None:
    """Serve standard input and output, until the input ends."""
    ignore_in_child()
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    try:
        pictures = io.FileIO(sys.stdin.fileno(), closefd=False)
        send(io.BufferedReader(pictures, 1 << 20), answers)
    except (av.error.FFmpegError, OSError, ValueError) as exc:
        number, text = getattr(exc, "errno", None), getattr(exc, "strerror", None)
        answer = {"error": type(exc).__name__, "errno": number, "text": text}
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()
        os._exit(1)  # closing the container would wait for the other side


if __name__ == "__main__":
    main()
