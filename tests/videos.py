"""Files with several video streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


@dataclass(frozen=True)
class Video:
    """One stream: grey, 25 frames a second."""

    codec: str
    size: tuple[int, int]
    frames: int = 6
    marked: Disposition | None = None


def write_videos(path: Path, videos: Sequence[Video], *, sound: bool = False) -> Path:
    """Write them, in this order; with ``sound``, a packet of silence."""
    with av.open(str(path), "w") as container:
        streams = []
        for video in videos:
            stream = cast(VideoStream, container.add_stream(video.codec, rate=25))
            stream.width, stream.height = video.size
            stream.pix_fmt = {"png": "rgb24", "mjpeg": "yuvj420p"}.get(video.codec, "yuv420p")
            if video.marked is not None:
                stream.disposition = video.marked
            streams.append(stream)
        if sound:
            tone = container.add_stream("aac", rate=48000)
            quiet = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            quiet.sample_rate, quiet.pts = 48000, 0
            tone.codec_context.layout = "mono"
        for stream, video in zip(streams, videos, strict=True):
            for pts in range(video.frames):
                picture = np.full((*video.size[::-1], 3), 90 + pts, np.uint8)
                frame = VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts, frame.time_base = pts, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        if sound:
            container.mux(tone.encode(quiet))
            container.mux(tone.encode())
    return path
