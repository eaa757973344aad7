"""Which sinks are meant by which words, and how recordings are named."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from tests.stream.locked import lock

from bunraku.errors import InputError, OutputError
from bunraku.stream.sinks.choose import Recordings, SinkOptions, choose_sinks
from bunraku.stream.sinks.null import NullSink
from bunraku.stream.sinks.push_target import PushTarget
from bunraku.stream.sinks.window import WindowSink


def names(words: SinkOptions) -> list[str]:
    return [sink.name for sink in choose_sinks(words, on_key=lambda _: None)]


def test_a_window_is_what_one_gets_without_words() -> None:
    sinks = choose_sinks(SinkOptions(), on_key=lambda _: None)
    assert [type(sink) for sink in sinks] == [WindowSink]


def test_the_one_to_look_at_comes_first(tmp_path: Path) -> None:
    words = SinkOptions(
        out=tmp_path / "a.mkv",
        virtual_camera_name="/dev/video9",
        push=("rtmp://host/app/key", "udp://host:1234"),
    )
    others = ["a.mkv", "virtual camera /dev/video9", "rtmp://host", "udp://host:1234"]
    assert names(words) == ["window", *others]
    assert names(SinkOptions(window=False, virtual_camera=True)) == ["virtual camera"]


def test_pictures_that_go_nowhere_must_be_asked_for() -> None:
    with pytest.raises(InputError, match=r"nowhere to send.* Leave --no-window out, or give --out"):
        names(SinkOptions(window=False))
    sinks = choose_sinks(SinkOptions(window=False, nowhere=True), on_key=lambda _: None)
    assert [type(sink) for sink in sinks] == [NullSink]
    assert names(SinkOptions(nowhere=True)) == ["window"]


def test_a_bitrate_that_nothing_has_is_refused() -> None:
    with pytest.raises(InputError, match="--bitrate-kbps is for --push only"):
        names(SinkOptions(bitrate_kbps=900))
    assert names(SinkOptions(push=("rtmp://host/a",), bitrate_kbps=900)) == [
        "window",
        "rtmp://host",
    ]


def test_a_place_is_given_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"udp://host:1234 is given more than once"):
        names(SinkOptions(push=("udp://host:1234", "udp://host:1234")))
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    places = "rtmp://host/app/ONE", "rtmp://host/app/TWO"
    playlists = str(tmp_path / "a/live.m3u8"), str(tmp_path / "b/live.m3u8")
    told = ["rtmp://host", "rtmp://host #2", "live.m3u8", "live.m3u8 #2"]
    assert names(SinkOptions(window=False, push=(*places, *playlists))) == told


@pytest.mark.parametrize(
    "words",
    [
        SinkOptions(out=Path("/nowhere/a.mp4")),
        SinkOptions(out=Path("a.txt")),
        SinkOptions(push=("ftp://host/a",)),
    ],
)
def test_places_that_cannot_be_are_told_at_once(words: SinkOptions) -> None:
    with pytest.raises(OutputError):
        names(words)


async def test_each_recording_has_a_name_of_its_own(tmp_path: Path) -> None:
    made = Recordings(tmp_path, now=lambda: datetime(2031, 2, 3, 4, 5, 6))
    first = made()
    assert first.path == tmp_path / "synthetic-20310203-040506.mp4"
    first.path.write_bytes(b"kept")
    assert made().path.name == "synthetic-20310203-040506-2.mp4"
    taken = {"synthetic-20310203-040506-2.mp4"}
    again = Recordings(tmp_path, taken=taken, now=lambda: datetime(2031, 2, 3, 4, 5, 6))
    assert again().path.name == "synthetic-20310203-040506-3.mp4"


def test_the_folder_of_recordings_must_be_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match=r"does not exist\. Make it first"):
        Recordings(tmp_path / "gone")
    made = Recordings(tmp_path)
    lock(tmp_path, monkeypatch)
    for begin in (made, lambda: Recordings(tmp_path)):
        with pytest.raises(OutputError, match="permission denied"):
            begin()
    with pytest.raises(OutputError, match="permission denied"):
        PushTarget.parse(str(tmp_path / "live.m3u8"))
