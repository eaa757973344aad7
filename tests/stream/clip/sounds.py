"""Clips whose sound is told sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from numpy.typing import NDArray

RATE_HZ = 48_000
_BLOCK = 960

Samples = NDArray[np.float32]


def tone(seconds: float, hz: float, level: float = 0.5, rate_hz: int = RATE_HZ) -> Samples:
    """``[N]`` float32."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    return (level * np.sin(2 * np.pi * hz * times)).astype(np.float32)


@dataclass(frozen=True)
class Track:
    """One track of a clip; ``samples`` are ``[C,N]`` float32."""

    codec: str
    samples: Samples
    layout: str = "mono"
    rate_hz: int = RATE_HZ
    # Where it starts; what is before 0 is hidden by an edit list.
    start_s: Fraction = Fraction(0)


def clip_with(path: Path, tracks: Sequence[Track], *, seconds: float = 1.0, **options: str) -> Path:
    """Write grey pictures, 25 a second, with these tracks."""
    with av.open(str(path), "w", options=options) as container:
        video = container.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        streams = [_added(container, track) for track in tracks]
        for track, stream in zip(tracks, streams, strict=True):
            for frame in _frames(track, stream.codec_context.format.name):
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        for index in range(round(25 * seconds)):
            picture = VideoFrame.from_ndarray(np.full((48, 64, 3), 90, np.uint8), format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, 25)
            container.mux(video.encode(picture))
        container.mux(video.encode())
    return path


def _added(container: av.container.OutputContainer, track: Track) -> AudioStream:
    stream = cast(AudioStream, container.add_stream(track.codec, rate=track.rate_hz))
    stream.codec_context.layout = track.layout
    return stream


def _frames(track: Track, sample_format: str) -> list[AudioFrame]:
    resampler = av.AudioResampler(sample_format, track.layout, track.rate_hz, frame_size=_BLOCK)
    frame = AudioFrame.from_ndarray(track.samples, format="fltp", layout=track.layout)
    frame.sample_rate, frame.time_base = track.rate_hz, Fraction(1, track.rate_hz)
    frame.pts = round(track.start_s * track.rate_hz)
    return [*resampler.resample(frame), *resampler.resample(None)]


def heard(path: Path, **options: str) -> Samples:
    """What a player hears: ``[2,N]`` float32 at 48 kHz."""
    resampler = av.AudioResampler("fltp", "stereo", RATE_HZ)
    with av.open(str(path), options=options) as container:
        frames = [
            mixed for frame in container.decode(audio=0) for mixed in resampler.resample(frame)
        ]
    frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1).astype(np.float32)


def loudness(samples: Samples, hz: float) -> float:
    """How loud a tone is in ``[N]`` samples at 48 kHz, wherever in them it sounds."""
    blocks = samples[: len(samples) // 2400 * 2400].reshape(-1, 2400)
    times = np.arange(2400) / RATE_HZ
    return float(2 * np.abs(blocks @ np.exp(-2j * np.pi * hz * times)).max() / 2400)
