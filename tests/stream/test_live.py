"""Live runs: the order of checks, steps, and what the summary tells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest
from tests.commands.test_live import BrightnessPuppet

from bunraku.errors import PhotoError, SourceError
from bunraku.stream.frame import LiveFrame
from bunraku.stream.live import Live, LiveOptions
from bunraku.stream.ports import SinkClosed
from bunraku.stream.session import SessionPuppet
from bunraku.stream.sinks.choose import SinkWords
from bunraku.stream.sources.choose import SourceWords

MakeFile = Callable[..., Path]


def puppet() -> SessionPuppet:
    return cast(SessionPuppet, BrightnessPuppet())


@pytest.fixture
def options(make_photo: MakeFile, make_clip: MakeFile, tmp_path: Path) -> LiveOptions:
    return LiveOptions(
        photos=(make_photo(), make_photo("b.png")),
        source=SourceWords(place=str(make_clip()), fast=True),
        sinks=SinkWords(window=False, out=tmp_path / "out.mp4", source_time=True),
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
        Live(LiveOptions(photos=(*options.photos, broken), source=options.source))


def test_a_sink_that_ends_while_others_go_on_is_remembered(
    options: LiveOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        name = "full"

        async def open(self) -> None:
            pass

        async def write(self, frame: LiveFrame) -> None:
            raise SinkClosed("The disk is full.")

        async def close(self) -> None:
            pass

    monkeypatch.setattr("bunraku.stream.sinks.choose.VirtualCameraSink", lambda *_, **__: Full())
    sinks = SinkWords(window=False, out=options.sinks.out, source_time=True, virtual_camera=True)
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
