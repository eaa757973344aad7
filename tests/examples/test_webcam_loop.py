from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from tests.conftest import FakePuppet
from tests.stream.fakes import FakeSink, FakeSource

import bunraku
from bunraku.errors import SourceError
from bunraku.runtime.engines.bundle import shipped
from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.core.clock import SystemClock

ROOT = Path(__file__).parents[2]
Load = Callable[[str], ModuleType]
MakeFile = Callable[..., Path]


@pytest.fixture
def puppet(monkeypatch: pytest.MonkeyPatch) -> FakePuppet:
    """What the script loads as its puppet; it has a photo already."""
    fake = FakePuppet(notes=("a note",))
    fake.set_source(np.zeros((30, 40, 3), np.uint8))
    monkeypatch.setattr(bunraku, "Puppet", SimpleNamespace(load=lambda _: fake))
    monkeypatch.setattr(fake, "set_source", lambda _: SimpleNamespace(notes=fake.notes))
    return fake


async def test_the_loop_ends_with_the_window(load_example: Load, puppet: FakePuppet) -> None:
    source = FakeSource(SystemClock(), interval_s=0.001)
    window = FakeSink("window", SystemClock(), closes_after=2)
    assert await load_example("webcam_loop").move(puppet, source, window) == 2
    assert [frame.shown_picture().shape for frame in window.frames] == [(30, 40, 3)] * 2
    assert source.closed == window.closed == 1


async def test_a_lost_camera_leaves_a_whole_recording(
    load_example: Load, puppet: FakePuppet
) -> None:
    lost = SourceError("The camera is gone.")
    source = FakeSource(SystemClock(), interval_s=0.001, count=3, error=lost)
    sink = FakeSink("recording", SystemClock())
    with pytest.raises(SourceError, match="gone"):
        await load_example("webcam_loop").move(puppet, source, sink)
    assert len(sink.frames) == 3
    assert source.closed == sink.closed == 1


def test_a_clip_stands_in_for_the_webcam(
    capsys: pytest.CaptureFixture[str],
    load_example: Load,
    puppet: FakePuppet,
    make_clip: MakeFile,
    tmp_path: Path,
) -> None:
    out = tmp_path / "live.mp4"
    arguments = ["me.jpg", "--from", str(make_clip(frames=6)), "--out", str(out), "--frames", "3"]
    assert load_example("webcam_loop").main(arguments) == 0
    with ClipReader(out) as reader:
        assert [frame.image.shape for frame in reader.frames()] == [(30, 40, 3)] * 3
    told = capsys.readouterr().out.splitlines()
    assert told == ["note: a note", "3 pictures; nobody was found in 0 frames"]


def test_no_window_and_no_such_camera(
    capsys: pytest.CaptureFixture[str], load_example: Load, puppet: FakePuppet
) -> None:
    main = load_example("webcam_loop").main
    assert main(["me.jpg", "--from", "pattern", "--no-window", "--frames", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("2 pictures")
    assert main(["me.jpg", "--camera", "no such camera", "--no-window"]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "no such camera" in line


@pytest.mark.skipif(
    not {"live", "iuv"} <= set(shipped()), reason="this checkout has no trained weights"
)
def test_for_real(capsys: pytest.CaptureFixture[str], load_example: Load) -> None:
    photo, clip = (str(ROOT / "examples" / name) for name in ("photo.jpg", "clip.mp4"))
    arguments = [photo, "--from", clip, "--no-window", "--frames", "2"]
    assert load_example("webcam_loop").main(arguments) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "2 pictures; nobody was found in 0 frames"
