"""Which video stream is read, of files that hold several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bunraku.stream.core.film import film_of

NONE = Disposition(0)


@dataclass(frozen=True)
class Video:
    codec: str
    size: tuple[int, int]
    frames: int = 6
    marked: Disposition | None = None


FILM, LARGE = Video("libx264", (64, 48)), Video("libx264", (128, 96))
POSTER, PNG = Video("mjpeg", (320, 240), 1), Video("png", (320, 240), 1)
COVER = Video("mjpeg", (320, 240), 1, Disposition.attached_pic)


def _write(path: Path, videos: Sequence[Video], *, sound: bool = False) -> Path:
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


@pytest.mark.parametrize(
    ("name", "videos", "expected"),
    [
        ("one.mp4", [FILM], 0),
        ("cover.mp4", [COVER, FILM], 1),
        ("poster.mp4", [POSTER, FILM], 1),
        ("poster.mkv", [POSTER, FILM], 1),
        ("poster.mov", [PNG, FILM], 1),
        ("still.mp4", [Video("libx264", (320, 240), 1), FILM], 1),
        ("larger.ts", [FILM, LARGE], 1),
        (
            "marked.mkv",
            [
                Video("libx264", (128, 96), marked=NONE),
                Video("libx264", (64, 48), marked=Disposition.default),
            ],
            1,
        ),
        ("pictures.mov", [Video("mjpeg", (64, 48))], 0),
        ("pictures.mkv", [Video("mjpeg", (64, 48))], 0),
        ("photo.mkv", [POSTER], 0),
        ("moving.mov", [PNG, Video("mjpeg", (64, 48))], 1),
    ],
)
def test_the_film_is_chosen(tmp_path: Path, name: str, videos: list[Video], expected: int) -> None:
    with av.open(str(_write(tmp_path / name, videos))) as container:
        film = film_of(container)
        assert film is not None
        assert (film.width, film.height) == videos[expected].size


def test_the_first_of_equals(tmp_path: Path) -> None:
    with av.open(str(_write(tmp_path / "same.mp4", [FILM, FILM]))) as container:
        assert film_of(container) is container.streams.video[0]


@pytest.mark.parametrize("cover", [COVER, POSTER, PNG])
def test_sound_and_a_cover_are_no_film(tmp_path: Path, cover: Video) -> None:
    with av.open(str(_write(tmp_path / "song.mov", [cover], sound=True))) as container:
        assert film_of(container) is None


def test_a_stream_that_cannot_be_decoded_comes_last(tmp_path: Path) -> None:
    path = _write(tmp_path / "clip.mp4", [LARGE, FILM])
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xyz1", 2).replace(b"xyz1", b"avc1", 1))
    with av.open(str(path)) as container:
        film = film_of(container)
        assert film is not None
        assert film.codec_context is not None
