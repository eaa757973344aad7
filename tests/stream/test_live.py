"""Live runs: the order of checks, steps, and what the summary tells."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from tests.commands.test_live import BrightnessPuppet
from tests.stream.fakes import LostSource

from bunraku.errors import InputError, OutputError, PhotoError, SourceError
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.preview import PreviewSink
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.core.session import LiveSession, SessionPuppet
from bunraku.stream.core.stats import Stats
from bunraku.stream.live import Live, LiveOptions, _RememberingSink
from bunraku.stream.sinks.choose import SinkOptions
from bunraku.stream.sinks.null import NullSink
from bunraku.stream.sinks.recording import Timing
from bunraku.stream.sources.choose import SourceOptions

MakeFile = Callable[..., Path]


def puppet() -> SessionPuppet:
    return cast(SessionPuppet, BrightnessPuppet())


@pytest.fixture
def options(make_photo: MakeFile, make_clip: MakeFile, tmp_path: Path) -> LiveOptions:
    return LiveOptions(
        photos=(make_photo(), make_photo("b.png")),
        source=SourceOptions(place=str(make_clip()), fast=True),
        sinks=SinkOptions(window=False, out=tmp_path / "out.mp4", source_time=True),
        record_to=tmp_path,
    )


def test_steps_and_summary_name_what_was_done(options: LiveOptions) -> None:
    live = Live(options)
    steps: list[tuple[str, int, int]] = []
    live.prepare(puppet, lambda *step: steps.append(step))
    assert steps == [("Loading", 0, 3), ("photo.png", 1, 3), ("b.png", 2, 3)]
    assert [photo.name for photo in live.photos] == ["photo.png", "b.png"]
    notices: list[str] = []
    summary = live.run(on_notice=notices.append)
    assert (summary.source, summary.sinks) == ("clip.mp4", ("out.mp4",))
    assert (summary.failed, summary.interrupted) == ((), False)
    assert summary.stats.frames_out == 6
    assert notices == list(summary.recorded)
    assert summary.as_json()["frames_out"] == 6


def test_photos_are_looked_at_before_anything_is_loaded(
    options: LiveOptions, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    with pytest.raises(PhotoError, match=r"broken\.jpg"):
        Live(replace(options, photos=(*options.photos, broken)))


def test_a_sink_that_ends_while_others_go_on_is_remembered(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(NullSink):
        async def write(self, frame: LiveFrame) -> None:
            raise SinkClosed("The disk is full.")

    monkeypatch.setattr("bunraku.stream.sinks.choose.VirtualCameraSink", lambda *_, **__: Full())
    sinks = SinkOptions(window=False, out=options.sinks.out, source_time=True, virtual_camera=True)
    live = Live(LiveOptions(options.photos, options.source, sinks, options.record_to))
    live.prepare(puppet)
    notices: list[str] = []
    summary = live.run(on_notice=notices.append)
    assert summary.failed == ("The disk is full.",)
    assert "The disk is full." in notices
    assert summary.stats.frames_out == 6


def test_what_cannot_be_opened_is_raised(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = Live(options)
    live.prepare(puppet)
    Path(cast(str, options.source.place)).write_bytes(b"no clip any more")
    with pytest.raises(SourceError):
        live.run()
    assert options.sinks.out is not None
    assert not options.sinks.out.exists()


def test_a_source_that_is_lost_leaves_summary_and_recording(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bunraku.stream.sources.choose.FileSource", LostSource)
    live = Live(options)
    live.prepare(puppet)
    summary = live.run()
    assert isinstance(summary.error, SourceError)
    assert summary.as_json()["error"] == "The camera is gone. Plug it in."
    assert summary.stats.frames_out == 6
    assert len(summary.recorded) == 1


def test_a_recording_without_a_picture_is_told(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object) -> None:
        live.stop()

    monkeypatch.setattr("bunraku.stream.sinks.recording.FileSink.write", late)
    live = Live(options)
    live.prepare(puppet)
    notices: list[str] = []
    summary = live.run(on_notice=notices.append)
    line = f"{options.sinks.out} is not written: it ended before there was a picture."
    assert summary.failed == (line,)
    assert notices == [line]
    assert summary.recorded == ()


def test_a_push_without_a_picture_is_told(
    options: LiveOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def late(*_: object) -> None:
        live.stop()

    monkeypatch.setattr("bunraku.stream.sinks.push.PushSink.write", late)
    push = SinkOptions(window=False, push=(str(tmp_path / "a.m3u8"),))
    live = Live(replace(options, sinks=push))
    live.prepare(puppet)
    notices: list[str] = []
    summary = live.run(on_notice=notices.append)
    line = "a.m3u8 was sent nothing: it ended before there was a picture."
    assert summary.failed == (line,)
    assert notices == [line]


def test_photos_without_a_key_are_refused(options: LiveOptions) -> None:
    with pytest.raises(InputError, match=r"10 photos .* at most 9\."):
        Live(replace(options, photos=options.photos * 5))


def test_a_photo_that_is_scaled_is_told(options: LiveOptions) -> None:
    live = Live(replace(options, max_side_px=20))
    live.prepare(puppet)
    note = "the photo was scaled from 40 x 30 to 20 x 15 to be recorded"
    assert live.photos[0].report.notes == (note, "2 people")


def test_a_missing_display_is_told_before_photos_are_read(
    options: LiveOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    with pytest.raises(OutputError, match="no display"):
        Live(replace(options, sinks=SinkOptions(), photos=(tmp_path / "gone.jpg",)))


@pytest.mark.parametrize("by_link", [False, True])
def test_the_clip_is_not_recorded_over(options: LiveOptions, tmp_path: Path, by_link: bool) -> None:
    clip = Path(cast(str, options.source.place))
    out, before = clip, clip.read_bytes()
    if by_link:
        out = tmp_path / "link.mp4"
        out.symlink_to(clip)
    with pytest.raises(OutputError, match="is the clip itself"):
        Live(replace(options, sinks=SinkOptions(window=False, out=out)))
    assert clip.read_bytes() == before


def test_a_photo_and_a_playlist_are_not_written_over(options: LiveOptions, tmp_path: Path) -> None:
    out, playlist = tmp_path / "out.mp4", tmp_path / "clip.m3u8"
    out.symlink_to(options.photos[0])
    with pytest.raises(OutputError, match="is the photo itself"):
        Live(replace(options, sinks=SinkOptions(window=False, out=out)))
    playlist.write_text("#EXTM3U")
    read = replace(options.source, place=str(playlist))
    pushed = SinkOptions(window=False, push=("rtmp://example.org/live", str(playlist)))
    with pytest.raises(OutputError, match="is the clip itself"):
        Live(replace(options, source=read, sinks=pushed))


@pytest.mark.parametrize("source_time", [False, True])
def test_recordings_on_demand_have_the_time_of_the_one_all_along(
    options: LiveOptions, source_time: bool
) -> None:
    sinks = replace(options.sinks, source_time=source_time)
    recording = Live(replace(options, sinks=sinks))._record()
    assert recording._timing is (Timing.SOURCE if source_time else Timing.CAPTURE)


def test_keys_are_pointed_at_when_there_is_a_picture(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("bunraku.stream.sinks.choose.WindowSink", lambda *_, **__: NullSink())
    monkeypatch.setattr(LiveSession, "say", lambda _, text: said.append(text))
    live = Live(replace(options, sinks=SinkOptions()))
    live.prepare(puppet)
    assert said == []
    live.run()
    assert said == ["Press ? for the keys."]


def test_a_window_that_is_gone_is_seen_through_its_wrappers() -> None:
    class Window(NullSink):
        gone = True

    controls, clock = Controls(), SystemClock()
    outlet = _RememberingSink(Window())
    preview = PreviewSink(outlet, controls, cast(Callable[[], Stats], None), clock)
    assert (outlet.gone, preview.gone) == (True, True)
    assert not _RememberingSink(NullSink()).gone
