"""Which video stream is read, of files that hold several."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from av.stream import Disposition
from tests.videos import Video, write_videos

from bunraku.runtime.source.film import film_of

NONE = Disposition(0)
FILM, LARGE = Video("libx264", (64, 48)), Video("libx264", (128, 96))
POSTER, PNG = Video("mjpeg", (320, 240), 1), Video("png", (320, 240), 1)
COVER = Video("mjpeg", (320, 240), 1, Disposition.attached_pic)


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
    with av.open(str(write_videos(tmp_path / name, videos))) as container:
        film = film_of(container)
        assert film is not None
        assert (film.width, film.height) == videos[expected].size


def test_the_first_of_equals(tmp_path: Path) -> None:
    with av.open(str(write_videos(tmp_path / "same.mp4", [FILM, FILM]))) as container:
        assert film_of(container) is container.streams.video[0]


@pytest.mark.parametrize("cover", [COVER, POSTER, PNG])
def test_sound_and_a_cover_are_no_film(tmp_path: Path, cover: Video) -> None:
    with av.open(str(write_videos(tmp_path / "song.mov", [cover], sound=True))) as container:
        assert film_of(container) is None


def test_a_stream_that_cannot_be_decoded_comes_last(tmp_path: Path) -> None:
    path = write_videos(tmp_path / "clip.mp4", [LARGE, FILM])
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xyz1", 2).replace(b"xyz1", b"avc1", 1))
    with av.open(str(path)) as container:
        film = film_of(container)
        assert film is not None
        assert film.codec_context is not None
