"""Which source is meant by which words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.stream.locked import lock

from bunraku.errors import InputError, SourceError
from bunraku.stream.sources.cameras import Camera
from bunraku.stream.sources.choose import SourceOptions, choose_source, is_camera, is_file
from bunraku.stream.sources.file import FileSource
from bunraku.stream.sources.pattern import PatternSource
from bunraku.stream.sources.url import Transport, UrlSource
from bunraku.stream.sources.webcam import WebcamBackend, WebcamSource


@pytest.fixture(autouse=True)
def cameras(monkeypatch: pytest.MonkeyPatch) -> list[Camera]:
    """Those that the system lists: none at first."""
    found: list[Camera] = []
    monkeypatch.setattr("bunraku.stream.sources.choose.list_cameras", lambda: found)
    return found


def test_the_first_camera_is_the_first_that_there_is(
    cameras: list[Camera], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    # Containers see all of their host's listed.
    cameras += [Camera(n, "Front", str(tmp_path / f"video{n}")) for n in (1, 2, 4)]
    assert choose_source(SourceOptions()).name == "webcam 0"
    for number in (2, 4):
        (tmp_path / f"video{number}").touch()
    assert choose_source(SourceOptions()).name == "webcam 2"
    assert choose_source(SourceOptions(camera="0")).name == "webcam 0"


@pytest.mark.parametrize(
    ("words", "kind", "name"),
    [
        (SourceOptions(), WebcamSource, "webcam 0"),
        (SourceOptions(camera="2", size=(640, 480), rate=60.0), WebcamSource, "webcam 2"),
        (
            SourceOptions(camera="Integrated", backend=WebcamBackend.PYAV),
            WebcamSource,
            "webcam Integrated",
        ),
        (SourceOptions(place="/dev/video3"), WebcamSource, "webcam /dev/video3"),
        (SourceOptions(place="pattern"), PatternSource, "test pattern bars"),
        (SourceOptions(place="pattern:checker"), PatternSource, "test pattern checker"),
        (SourceOptions(place="rtsp://u:secret@host/cam"), UrlSource, "rtsp://host/cam"),
        (
            SourceOptions(place="RTSP://host/cam", transport=Transport.UDP),
            UrlSource,
            "rtsp://host/cam",
        ),
        (SourceOptions(place="HTTPS://host/clip.mp4"), UrlSource, "https://host/clip.mp4"),
        (SourceOptions(place="udp://@:1234"), UrlSource, "udp://:1234"),
    ],
)
def test_words_name_a_source(words: SourceOptions, kind: type, name: str) -> None:
    source = choose_source(words)
    assert type(source) is kind
    assert source.name == name
    assert not is_file(words)
    assert is_camera(words) is (kind is WebcamSource)


@pytest.mark.parametrize("fast", [False, True])
def test_a_file_waits_only_when_read_fast(fast: bool, make_clip: Callable[..., Path]) -> None:
    words = SourceOptions(place=str(make_clip()), fast=fast, loop=True)
    source = choose_source(words)
    assert type(source) is FileSource
    assert source.waits is fast
    assert is_file(words)
    assert not is_camera(words)


def test_addresses_of_files_and_names_like_addresses_are_files(
    make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip()
    monkeypatch.chdir(clip.parent)
    clip.rename("udp:clip.mp4")
    for place in (f"file://{clip.parent}/udp:clip.mp4", "udp:clip.mp4"):
        words = SourceOptions(place=place)
        assert type(choose_source(words)) is FileSource
        assert is_file(words)


def test_what_lies_below_dev_and_is_no_device(
    make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip()
    monkeypatch.setattr("bunraku.stream.sources.choose._DEVICES", str(clip.parent))
    assert type(choose_source(SourceOptions(place=str(clip)))) is FileSource
    assert not is_camera(SourceOptions(place=str(clip)))
    os.mkfifo(clip.parent / "63")
    with pytest.raises(SourceError, match="63 is a pipe, which can be read only once"):
        choose_source(SourceOptions(place=str(clip.parent / "63")))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (SourceOptions(camera="0", place="pattern"), r"Give --camera or --from"),
        (SourceOptions(place="pattern:dots"), r"no test pattern 'dots'\. Choose pattern:bars or"),
        (SourceOptions(fast=True), r"--fast is for files only"),
        (SourceOptions(place="pattern", loop=True), r"--loop is for files only"),
        (SourceOptions(place="rtsp://host/a", fast=True), r"--fast is for files only"),
        (SourceOptions(place="rtsp://host/a", rate=5.0), r"are for cameras and the test pattern"),
        (SourceOptions(place="pattern", backend=WebcamBackend.PYAV), r"--backend is for webcams"),
        (SourceOptions(place="udp://@:1234", transport=Transport.UDP), r"is for rtsp URLs only"),
        (SourceOptions(transport=Transport.TCP), r"is for rtsp URLs only"),
        (SourceOptions(size=(0, 5)), r"no size of 0x5"),
    ],
)
def test_words_that_make_no_sense_are_refused(words: SourceOptions, told: str) -> None:
    with pytest.raises(InputError, match=told):
        choose_source(words)


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("gone.mp4", r"There is no file gone\.mp4"),
        (".", r"\. is a folder, not a clip\. Name one clip in it"),
        ("ftp://host/a", "'ftp'"),
        ("file:///gone.mp4", r"There is no file /gone\.mp4"),
        ("file://host/gone.mp4", r"file://host/gone\.mp4 is an address"),
    ],
)
def test_places_that_are_none_are_told_at_once(place: str, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        choose_source(SourceOptions(place=place))


def test_a_clip_that_may_not_be_looked_at(
    make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = make_clip()
    lock(clip.parent, monkeypatch)
    words = SourceOptions(place=str(clip))
    assert not is_file(words)
    with pytest.raises(SourceError, match=r"clip\.mp4 cannot be opened: permission denied\."):
        choose_source(words)
