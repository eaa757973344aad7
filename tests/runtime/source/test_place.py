"""Where photos and clips are read from, and what people give that is no file."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bunraku.errors import ClipError, PhotoError
from bunraku.runtime.source.photo import read_photo
from bunraku.runtime.source.place import Read, check_kind, path_of


@pytest.mark.parametrize(
    "name",
    ["clip.mp4", "a:b.mp4", "-x.mp4", "http:x.mp4", "C:/clip.mp4", "gone:/clip.mp4", "x" * 255],
)
@pytest.mark.parametrize("what", list(Read))
def test_names_are_paths(name: str, what: Read) -> None:
    assert path_of(name, what) == Path(name)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/clip.mp4", "rtsp://host//a?b=c", "S3://bucket/p.jpg", "file://host/a.mp4"],
)
def test_addresses_are_told_as_they_were_spelled(address: str) -> None:
    with pytest.raises(ClipError) as told:
        path_of(address, Read.CLIP)
    assert str(told.value).startswith(f"{address} is an address, and clips are read from files.")
    assert "`bunraku live PHOTO --from URL` takes addresses" in str(told.value)
    with pytest.raises(PhotoError) as told_of_photo:
        path_of(address, Read.PHOTO)
    assert str(told_of_photo.value) == (
        f"{address} is an address, and photos are read from files. Download it."
    )


def test_a_path_gets_back_the_slash_that_it_lost() -> None:
    with pytest.raises(ClipError, match=r"^http://127\.0\.0\.1:9/clip\.mp4 is an address"):
        path_of(Path("http://127.0.0.1:9/clip.mp4"), Read.CLIP)


def test_no_password_is_shown() -> None:
    with pytest.raises(ClipError, match=r"^rtsp://me:…@host/a is") as told:
        path_of("rtsp://me:secret@host/a", Read.CLIP)
    assert "secret" not in str(told.value)


@pytest.mark.parametrize("place", ["file:///a/b%20c.mp4", "FILE://localhost/a/b c.mp4"])
def test_addresses_of_files_are_read(place: str) -> None:
    assert path_of(place, Read.CLIP) == Path("/a/b c.mp4")
    assert path_of(Path("file:///a/b%20c.mp4"), Read.PHOTO) == Path("/a/b c.mp4")


def test_what_is_there_is_a_file_whatever_it_looks_like(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("http:").mkdir()
    Path("http:/clip.mp4").touch()
    assert path_of("http://clip.mp4", Read.CLIP) == Path("http:/clip.mp4")


@pytest.mark.parametrize("what", list(Read))
def test_folders_and_devices(tmp_path: Path, what: Read) -> None:
    with pytest.raises(what.error("").__class__, match=f"is a folder, not a {what}"):
        check_kind(tmp_path, what)
    with pytest.raises(what.error("").__class__, match=f"^/dev/zero is a device, not a {what}"):
        check_kind(Path("/dev/zero"), what)


def test_block_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    class Disk:
        st_mode = stat.S_IFBLK | 0o600

    disk: Any = Disk()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: disk)
    with pytest.raises(ClipError, match="is a device"):
        check_kind(Path("/dev/sda"), Read.CLIP)


def test_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # addresses of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("here")
        with pytest.raises(PhotoError, match="here is a socket, not a photo"):
            check_kind(Path("here"), Read.PHOTO)


def test_a_photo_may_come_through_a_pipe_and_a_clip_may_not(tmp_path: Path) -> None:
    pipe, photo = tmp_path / "pipe", tmp_path / "photo.png"
    os.mkfifo(pipe)
    Image.new("RGB", (8, 8), (9, 9, 9)).save(photo)
    with pytest.raises(ClipError, match=r"is a pipe, which can be read only once; a clip must be"):
        check_kind(pipe, Read.CLIP)
    writer = threading.Thread(target=lambda: pipe.write_bytes(photo.read_bytes()))
    writer.start()
    assert read_photo(pipe).shape == (8, 8, 3)
    writer.join()
