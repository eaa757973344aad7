"""Clips that are none, or whose names look like something else: one line for each."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bunraku.errors import ClipError
from bunraku.stream.clip.audio import AudioMode, AudioTrack
from bunraku.stream.clip.reader import ClipReader

MakeClip = Callable[..., Path]


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "-x.mp4", "http:x.mp4", "concat:a.mp4", "50%d.mp4", "x" * 251 + ".mp4"]
)
def test_names_are_names_of_files(
    make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clip = make_clip(audio="aac")
    monkeypatch.chdir(clip.parent)
    clip.rename(name)
    with ClipReader(name) as reader:
        assert len(list(reader.frames())) == 6
    sound = AudioTrack(name, ".mp4")
    with av.open(os.devnull, "w", format="mp4") as container:
        sound.attach(container, Fraction(0))
        assert list(sound.packets(None))
    assert sound.mode is AudioMode.COPIED
    sound.close()


def test_an_address_of_a_file_is_read(make_clip: MakeClip) -> None:
    with ClipReader(f"file://{make_clip()}") as reader:
        assert len(list(reader.frames())) == 6


def test_an_address_is_no_clip() -> None:
    with pytest.raises(ClipError, match=r"^http://host/clip\.mp4 is an address"):
        ClipReader("http://host/clip.mp4")


def test_a_pipe_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ClipError, match=r"pipe is a pipe, .* Save it to a file first\."):
        ClipReader(tmp_path / "pipe")


def test_a_device() -> None:
    with pytest.raises(ClipError, match=r"Cameras are for `bunraku live --camera`\."):
        ClipReader("/dev/zero")


def test_what_the_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match=r"x cannot be opened: File name too long\."):
        ClipReader(tmp_path / ("x" * 256))


def _pictures() -> list[Image.Image]:
    return [Image.fromarray(np.full((16, 16, 3), 60 * i, np.uint8)) for i in range(4)]


def test_an_animated_webp_is_told(tmp_path: Path) -> None:
    first, *rest = _pictures()
    first.save(tmp_path / "x.webp", save_all=True, append_images=rest)
    with pytest.raises(ClipError, match=r"is an animated WebP.*Convert it to MP4, GIF or APNG"):
        ClipReader(tmp_path / "x.webp")


@pytest.mark.parametrize("name", ["x.gif", "x.png", "x.avif"])
def test_other_animations_are_read(tmp_path: Path, name: str) -> None:
    first, *rest = _pictures()
    first.save(tmp_path / name, save_all=True, append_images=rest, duration=40)
    with ClipReader(tmp_path / name) as reader:
        assert len(list(reader.frames())) == 4


@pytest.mark.parametrize("name", ["x.webp", "x.jpg"])
def test_a_picture_is_a_clip_of_one_frame(tmp_path: Path, name: str) -> None:
    _pictures()[1].save(tmp_path / name)
    with ClipReader(tmp_path / name) as reader:
        assert len(list(reader.frames())) == 1


def test_a_codec_that_is_not_known(make_clip: MakeClip) -> None:
    path = make_clip()
    path.write_bytes(path.read_bytes().replace(b"avc1", b"xyz1"))
    with pytest.raises(ClipError, match=r"cannot be decoded here\. Convert it to H\.264\."):
        ClipReader(path)
