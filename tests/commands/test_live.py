"""``bunraku live`` from the command line, with a puppet that needs no networks."""

from __future__ import annotations

import itertools
import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
import pytest
from tests.stream.fakes import LostSource
from typer.testing import CliRunner

from bunraku.commands import live as command
from bunraku.commands.app import app
from bunraku.errors import FetchError, NoPersonError
from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.identity import Identity
from bunraku.runtime.later import Later
from bunraku.runtime.parts import ALL_PARTS
from bunraku.runtime.source.report import SourceReport
from bunraku.spec.arrays import Picture
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import Sink

MakeFile = Callable[..., Path]


class BrightnessPuppet:
    """Shows the photo, as bright as the middle of the driving frame."""

    def __init__(self) -> None:
        self.sizes: list[tuple[int, ...]] = []
        self.driven: list[Identity] = []
        self.mirrored: set[bool] = set()
        self.driven_shapes: set[tuple[int, ...]] = set()
        self.on_frame: Callable[[int], None] = lambda _: None
        self.has_faces, self.face, self.parts = False, 0.0, ALL_PARTS

    def make_identity(self, photo: str | Path | bytes | Picture) -> tuple[Identity, SourceReport]:
        picture = cast(Picture, photo)
        if picture.max() == 0:
            raise NoPersonError("No person was found in the photo.", "Use another.")
        self.sizes.append(picture.shape[:2])
        height, width = picture.shape[:2]
        report = SourceReport(width, height, 2, False, (0, 0, height), ("2 people",))
        return cast(Identity, _Held(picture)), report

    def news(self) -> list[str]:
        return []

    def calibrate(self) -> None:
        pass

    def drive(
        self, identity: Identity, frame: Picture, time_s: float, *, mirrored: bool = False
    ) -> Driving | None:
        self.driven.append(identity)
        self.mirrored.add(mirrored)
        self.driven_shapes.add(frame.shape[:2])
        self.on_frame(len(self.driven))
        level = float(frame[frame.shape[0] // 2, frame.shape[1] // 2].mean()) / 255
        densepose = np.full((1, 73, 8, 8), level, np.float32)
        return Driving(Later.of(densepose), np.zeros((33, 4), np.float32), None)

    def move(self, identity: Identity, driving: Driving) -> dict[str, Any]:
        return {"level": driving.surface[0, 0]}

    def paint(
        self, identity: Identity, moved: Any, *, window_only: bool = False, i420: bool = False
    ) -> Picture:
        photo = cast(_Held, identity).picture
        return photo if moved is None else (photo * moved["level"][0, 0]).astype(np.uint8)


class _Held:
    def __init__(self, picture: Picture) -> None:
        self.picture = picture


@pytest.fixture
def puppet() -> BrightnessPuppet:
    return BrightnessPuppet()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, puppet: BrightnessPuppet) -> Callable[..., Any]:
    """Run ``bunraku live`` with the fake puppet."""
    monkeypatch.setattr(command, "load_puppet", lambda *_: puppet)
    return lambda *words: CliRunner().invoke(app, ["live", *map(str, words)])


def levels(path: Path) -> list[float]:
    """The brightness of each picture of a file."""
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == SYNTHETIC_COMMENT
        return [float(f.to_ndarray(format="rgb24").mean()) for f in container.decode(video=0)]


def test_a_clip_drives_a_photo_into_a_file(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeFile, make_photo: MakeFile
) -> None:
    out = tmp_path / "out.mp4"
    result = run(make_photo(), "--from", make_clip(), "--fast", "--no-window", "-o", out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    seen = levels(out)
    assert len(seen) == 6
    assert all(later > earlier for earlier, later in itertools.pairwise(seen))
    lines = result.stderr.splitlines()
    assert lines[0].endswith("photo.png; 2 people")
    assert lines[1] == f"{out}: 6 frames, 0.2 s, marked as synthetic"
    assert lines[2].startswith("clip.mp4: 6 of 6 frames in ")


def test_the_numbers_are_written_as_json(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeFile, make_photo: MakeFile
) -> None:
    words = (make_photo(), "--from", make_clip(), "--fast", "--no-window", "--stats-json")
    told = json.loads(run(*words, "-").stdout)
    assert (told["frames_in"], told["frames_out"]) == (6, 6)
    assert told["sinks"] == ["null"]
    assert set(told["stages_ms"]) == {"densepose", "motion", "blend"}
    assert told["interrupted"] is False
    path = tmp_path / "stats.json"
    assert run(*words, path).exit_code == 0
    assert json.loads(path.read_bytes())["source"] == "clip.mp4"


def test_options_reach_the_session(
    run: Callable[..., Any],
    puppet: BrightnessPuppet,
    tmp_path: Path,
    make_clip: MakeFile,
    make_photo: MakeFile,
) -> None:
    big = make_photo("big.png", np.full((300, 600, 3), 90, np.uint8))
    out = tmp_path / "out.mkv"
    words = (big, make_photo(), "--from", make_clip(), "--fast", "--no-window", "--out", out)
    assert run(*words, "--max-side", "200", "--mirror", "--overlay", "--mark").exit_code == 0
    assert puppet.sizes == [(100, 200), (30, 40)]
    assert puppet.mirrored == {True}
    with av.open(str(out)) as container:
        first = next(container.decode(video=0)).to_ndarray(format="rgb24").astype(int)
    assert first[:40, :60].std() > 10  # numbers at the upper left
    assert first[85:, 140:].std() > 10  # "synthetic" at the lower right


def test_frames_are_turned_as_asked_for(
    run: Callable[..., Any],
    puppet: BrightnessPuppet,
    tmp_path: Path,
    make_clip: MakeFile,
    make_photo: MakeFile,
) -> None:
    words = (make_photo(), "--from", make_clip(), "--fast", "--no-window", "--rotate", "270")
    assert run(*words, "--out", tmp_path / "out.mkv").exit_code == 0
    assert puppet.driven_shapes == {(64, 48)}


def test_it_ends_after_the_duration(
    run: Callable[..., Any], tmp_path: Path, make_photo: MakeFile
) -> None:
    words = ("--from", "pattern", "--size", "160x120", "--rate", "50", "--duration", "0.3")
    result = run(make_photo(), *words, "--no-window", "--stats-json", "-")
    assert result.exit_code == 0
    assert 1 <= json.loads(result.stdout)["frames_out"] <= 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_completes_the_file(
    number: signal.Signals,
    run: Callable[..., Any],
    puppet: BrightnessPuppet,
    tmp_path: Path,
    make_photo: MakeFile,
) -> None:
    out = tmp_path / "out.mp4"
    puppet.on_frame = lambda n: os.kill(os.getpid(), number) if n == 5 else None
    words = ("--from", "pattern", "--size", "160x120", "--no-window", "-o", out)
    before = signal.signal(number, signal.SIG_DFL)  # it may be ignored, as under nohup
    try:
        result = run(make_photo(), *words, "--stats-json", "-")
    finally:
        signal.signal(number, before)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["interrupted"] is True
    assert len(levels(out)) >= 1
    names = [thread.name for thread in threading.enumerate()]
    ours = [name for name in names if name.startswith(("bunraku-", "recording"))]
    assert not [name for name in ours if "helper" not in name]  # those of the pool stay


def test_passthrough_shows_the_driver(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeFile, make_photo: MakeFile
) -> None:
    out = tmp_path / "out.mp4"
    words = ("--from", make_clip(), "--fast", "--no-window", "-o", out, "--passthrough")
    assert run(make_photo(), *words).exit_code == 0
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (64, 48)


Script = list[tuple[Callable[[], bool], str]]


class KeyWindow(Sink):
    """In place of a window: types each key at the first frame at which its condition holds."""

    name = "window"

    def __init__(self, on_key: Callable[[str], None], script: Script) -> None:
        self._on_key, self._script = on_key, script

    async def open(self) -> None:
        pass

    async def write(self, frame: LiveFrame) -> None:
        if self._script and self._script[0][0]():
            self._on_key(self._script.pop(0)[1])

    async def close(self) -> None:
        pass


def test_keys_switch_photos_record_and_quit(
    run: Callable[..., Any],
    puppet: BrightnessPuppet,
    tmp_path: Path,
    make_clip: MakeFile,
    make_photo: MakeFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def begun(number: int) -> Callable[[], bool]:
        """So many recordings have a picture."""
        return lambda: sum(p.stat().st_size > 0 for p in tmp_path.glob("synthetic-*")) == number

    def photos_driven(number: int) -> Callable[[], bool]:
        return lambda: len(set(puppet.driven)) == number

    script: Script = [
        (photos_driven(1), "r"),
        (begun(1), "2"),
        (photos_driven(2), "9"),
        (begun(1), "r"),
        (begun(1), "R"),
        (begun(2), "q"),
    ]
    monkeypatch.setattr(
        "bunraku.stream.sinks.choose.WindowSink", lambda title, *, on_key: KeyWindow(on_key, script)
    )
    words = ("--from", make_clip(), "--loop", "--fast", "--record-to", tmp_path)
    result = run(make_photo(), make_photo("b.png", np.full((50, 50, 3), 200, np.uint8)), *words)
    assert result.exit_code == 0, result.stderr
    recordings = sorted(tmp_path.glob("synthetic-*.mp4"))
    assert len(recordings) == 2
    for path in recordings:
        assert f"{path}: " in result.stderr
        assert levels(path)
    assert "There is no photo 9. Choose from 1 to 2." in result.stderr


def test_without_a_display_the_fix_is_told(
    run: Callable[..., Any],
    make_clip: MakeFile,
    make_photo: MakeFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    result = run(make_photo(), "--from", make_clip())
    assert result.exit_code == 2
    told = result.stderr.splitlines()[-1]
    assert told.startswith("bunraku: ")
    assert "--no-window" in told


def test_a_sink_that_ends_early_is_told_and_counts(
    run: Callable[..., Any], make_clip: MakeFile, make_photo: MakeFile
) -> None:
    words = ("--from", make_clip(), "--fast", "--no-window", "--push", "rtmp://127.0.0.1:9/a/key")
    result = run(make_photo(), *words)
    assert result.exit_code == 2
    assert "rtmp://127.0.0.1:9 cannot be pushed to" in result.stderr
    assert "key" not in result.stderr


def test_a_source_that_is_lost_leaves_the_numbers(
    run: Callable[..., Any],
    tmp_path: Path,
    make_clip: MakeFile,
    make_photo: MakeFile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bunraku.stream.sources.choose.FileSource", LostSource)
    out = tmp_path / "out.mp4"
    words = ("--from", make_clip(), "--fast", "--no-window", "-o", out, "--stats-json")
    result = run(make_photo(), *words, "-")
    assert result.exit_code == 2
    told = json.loads(result.stdout)
    assert (told["frames_out"], told["error"]) == (6, "The camera is gone. Plug it in.")
    assert f"{out}: 6 frames" in result.stderr
    assert result.stderr.splitlines()[-1] == "bunraku: The camera is gone. Plug it in."
    result = run(make_photo(), *words, "/dev/full")
    assert "/dev/full cannot be written: No space left on device." in result.stderr
    assert result.stderr.splitlines()[-1] == "bunraku: The camera is gone. Plug it in."


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--no-window",), "There is nowhere to send the pictures."),
        (("--fast",), "--fast is for files only."),
        (("--from", "gone.mp4"), "There is no file gone.mp4"),
        (("--no-window", "--out", "a.mp4", "--camera", "no such"), "There is no camera no such."),
        (("--size", "big"), "--size big is not WxH."),
        (("--backend", "v4l"), "--backend v4l is not known. Use opencv or pyav."),
        (("--rtsp-transport", "ip"), "--rtsp-transport ip is not known."),
        (("--record-to", "gone"), "The folder gone does not exist."),
        (("--record-to", ".", "--no-window"), "--record-to is for the R key of the window."),
        (("--bitrate-kbps", "900"), "--bitrate-kbps is for --push only."),
        (("--from", "pattern", "--backend", "pyav"), "--backend is for webcams only."),
        (("--stats-json", "gone/a.json"), "The folder gone does not exist."),
        (("--out", "a.txt"), "a.txt has no ending of a clip."),
        (("--out", "a.mp4", "--stats-json", "./a.mp4"), "a.mp4 is the recording itself."),
        (("--push", "a.m3u8", "--stats-json", "a.m3u8"), "a.m3u8 is the stream itself."),
    ],
)
def test_wrong_words_are_one_line(
    run: Callable[..., Any], make_photo: MakeFile, words: tuple[str, ...], told: str
) -> None:
    result = run(make_photo(), *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"bunraku: {told}")
    assert result.stderr.count("\n") == 1


def test_the_numbers_are_not_written_over_the_photo(
    run: Callable[..., Any], make_photo: MakeFile
) -> None:
    photo = make_photo()
    before = photo.read_bytes()
    result = run(photo, "--from", "pattern", "--no-window", "--stats-json", photo)
    assert result.stderr == f"bunraku: {photo} is the photo itself. Name another output file.\n"
    assert photo.read_bytes() == before


def test_a_photo_that_cannot_be_used_is_named(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeFile, make_photo: MakeFile
) -> None:
    good, empty = make_photo(), tmp_path / "empty.jpg"
    empty.touch()
    out = tmp_path / "out.mp4"
    words = ("--from", make_clip(), "--no-window", "--out", out)
    assert run(good, empty, *words).stderr.startswith(f"bunraku: {empty} is empty.")
    black = make_photo("black.png", np.zeros((30, 40, 3), np.uint8))
    result = run(good, black, *words)
    assert result.exit_code == 2
    assert result.stderr == f"bunraku: {black}: No person was found in the photo. Use another.\n"
    assert not out.exists()


def test_networks_that_are_missing_are_told(
    tmp_path: Path, make_clip: MakeFile, make_photo: MakeFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise FetchError("The pose networks are not there yet.", "Run `bunraku fetch` once.")

    monkeypatch.setattr(command, "load_puppet", fail)
    out = tmp_path / "out.mp4"
    words = [str(make_photo()), "--from", str(make_clip()), "--no-window", "--out", str(out)]
    result = CliRunner().invoke(app, ["live", *words])
    assert result.exit_code == 2
    assert result.stderr.endswith("Run `bunraku fetch` once.\n")
    assert not out.exists()


def test_help_asks_for_consent() -> None:
    told = " ".join(CliRunner().invoke(app, ["live", "--help"]).stdout.split())
    assert "Only animate people who have agreed to it." in told
