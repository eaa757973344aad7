"""The clip that Chromium's fake camera plays, over and over."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

EXAMPLES = Path(__file__).parents[3] / "examples"
# Chromium takes an MJPEG file for one of this rate.
RATE = 30


def write_mjpeg(clip: Path, target: Path, *, side: int = 384, frames: int = 90) -> Path:
    """Transcode the first frames of a square clip into an MJPEG file."""
    with av.open(str(clip)) as source, av.open(str(target), "w", format="mjpeg") as sink:
        stream = sink.add_stream("mjpeg", rate=RATE)
        assert isinstance(stream, VideoStream)
        stream.width = stream.height = side
        stream.pix_fmt = "yuvj420p"
        stream.codec_context.bit_rate = 20_000_000
        for index, frame in enumerate(source.decode(video=0)):
            if index == frames:
                break
            picture = frame.reformat(side, side, "yuvj420p", dst_color_range=ColorRange.JPEG)
            picture.pts, picture.time_base = index, Fraction(1, RATE)
            sink.mux(stream.encode(picture))
        sink.mux(stream.encode())
    return target
