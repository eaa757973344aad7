from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.drivers.iuv_images.people import facing, write_folder
from typer.testing import CliRunner

from bunraku.commands import animate as command
from bunraku.commands.animate import parse_frames
from bunraku.commands.app import app
from bunraku.commands.loading import Loading
from bunraku.errors import FetchError, InputError
from bunraku.runtime.parts import ALL_PARTS, Part

MakeClip = Callable[..., Path]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, make_puppet: Callable[..., Any]) -> Callable[..., Any]:
    """Run ``bunraku animate`` with a fake puppet."""

    def run_with(*arguments: object, **puppet: Any) -> Any:
        monkeypatch.setattr(command, "load_puppet", lambda *_: make_puppet(**puppet))
        return CliRunner().invoke(app, ["animate", *map(str, arguments)])

    return run_with


def test_writes_the_file_and_says_so(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    out = tmp_path / "out.mp4"
    result = run(make_photo(), make_clip(audio="aac"), "-o", out, notes=("half a person",))
    assert result.exit_code == 0
    assert out.is_file()
    assert result.stdout == ""
    assert "note: half a person" in result.stderr
    assert f"{out}: 6 frames of 40 x 30 in " in result.stderr
    assert "sound: copied" in result.stderr


def test_json_goes_to_stdout_alone(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    out = tmp_path / "out.mp4"
    result = run(make_photo(), make_clip(), "-o", out, "--json", "--frames", "1:4")
    told = json.loads(result.stdout)
    assert told["output"] == str(out)
    assert told["frames"] == 3
    assert set(told) >= {"fps", "stages_ms", "drops", "lost_person_frames"}


def test_a_single_frame_is_told_as_one(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    result = run(make_photo(), make_clip(), "-o", tmp_path / "out.mp4", "--frames", ":1")
    assert "out.mp4: 1 frame of 40 x 30 in " in result.stderr


def test_options_reach_the_loop(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    out = tmp_path / "out.mkv"
    flags = ("--side-by-side", "--window-only", "--calibrate", "2", "--mark", "--max-side", "64")
    result = run(make_photo(), make_clip(), "--out", out, "--json", *flags)
    told = json.loads(result.stdout)
    assert (told["width"], told["height"]) == (64, 28)  # of 43 + 32 by 32, even


def test_iuv_images_are_not_written_over(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    folder = write_folder(tmp_path / "iuv", [facing()] * 6)
    words = ("--driver", "iuv-images", "--iuv", folder, "-o", folder / "out.mp4")
    result = run(make_photo(), make_clip(), *words)
    assert result.exit_code == 2
    assert f"would be in {folder}, which is read." in result.stderr
    assert len(list(folder.iterdir())) == 6


@pytest.mark.parametrize(
    ("words", "upright"), [((), True), (("--rotate", "auto"), True), (("--rotate", "0"), False)]
)
def test_only_auto_turns_the_driver_upright(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    make_clip: MakeClip,
    make_photo: MakeClip,
    make_puppet: Callable[..., Any],
    words: tuple[str, ...],
    upright: bool,
) -> None:
    told: list[bool] = []

    def load(loading: Loading, upright: bool, *_: Any) -> Any:
        assert loading == Loading()
        told.append(upright)
        return make_puppet()

    monkeypatch.setattr(command, "load_puppet", load)
    command_line = ["animate", str(make_photo()), str(make_clip()), "-o", str(tmp_path / "o.mp4")]
    assert CliRunner().invoke(app, [*command_line, *words]).exit_code == 0
    assert told == [upright]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), Loading("live", "iuv", None, "body", "auto", 1.0, True)),
        (("--face", "0.8"), Loading(face=0.8)),
        (("--no-face",), Loading(face=None)),
        (("--driver", "landmarks"), Loading(driver="landmarks")),
        (("--pose", "heavy"), Loading(pose="heavy")),
        (("--no-hands",), Loading(hands=False)),
        (("--parts", "arms,hands"), Loading(parts=frozenset({Part.ARMS, Part.HANDS}))),
        (("--parts", "-head"), Loading(parts=ALL_PARTS - {Part.HEAD})),
        (("--engine", "onnxruntime:f32"), Loading(engine="onnxruntime:f32")),
        (("--threads", "2", "--iuv-bundle", "mine"), Loading(iuv="mine", threads=2)),
    ],
)
def test_what_is_loaded_is_told(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    make_clip: MakeClip,
    make_photo: MakeClip,
    make_puppet: Callable[..., Any],
    words: tuple[str, ...],
    told: Loading,
) -> None:
    seen: list[Loading] = []

    def load(loading: Loading, *_: Any) -> Any:
        seen.append(loading)
        return make_puppet()

    monkeypatch.setattr(command, "load_puppet", load)
    command_line = ["animate", str(make_photo()), str(make_clip()), "-o", str(tmp_path / "o.mp4")]
    assert CliRunner().invoke(app, [*command_line, *words]).exit_code == 0
    assert seen == [told]


def test_a_part_that_is_none_is_refused_in_one_line(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    result = run(make_photo(), make_clip(), "-o", tmp_path / "o.mp4", "--parts", "arms,tail")
    assert result.exit_code == 2
    assert "--parts arms,tail: there is no part 'tail'." in result.stderr
    assert not (tmp_path / "o.mp4").exists()


def test_a_turn_that_is_none_is_refused(
    run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip
) -> None:
    result = run(make_photo(), make_clip(), "-o", tmp_path / "o.mp4", "--rotate", "45")
    assert result.exit_code == 2
    assert "auto, 0, 90, 180 or 270" in result.stderr
    assert not (tmp_path / "o.mp4").exists()


def test_interrupted_runs_end_with_130(
    run: Callable[..., Any],
    tmp_path: Path,
    make_clip: MakeClip,
    make_photo: MakeClip,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from bunraku.stream.core import signals

    asked = iter([False, False, True])
    monkeypatch.setattr(signals.StopRequest, "__call__", lambda _: next(asked))
    out = tmp_path / "out.mp4"
    result = run(make_photo(), make_clip(), "-o", out)
    assert result.exit_code == 130
    assert "stopped early, 2 frames" in result.stderr
    assert out.is_file()


def test_a_signal_ends_the_loading_at_once(
    tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def load(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        loaded.append(True)

    monkeypatch.setattr(command, "load_puppet", load)
    photo, clip, out = make_photo(), make_clip(), tmp_path / "out" / "out.mp4"
    out.parent.mkdir()
    result = CliRunner().invoke(app, ["animate", str(photo), str(clip), "-o", str(out)])
    assert (result.exit_code, result.stderr) == (130, "bunraku: interrupted\n")
    assert not loaded
    assert not list(out.parent.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_completes_the_file(
    number: signal.Signals,
    tmp_path: Path,
    make_clip: MakeClip,
    make_photo: MakeClip,
    make_puppet: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    puppet = make_puppet()
    animate_frame = puppet.animate

    def animate_and_kill(*arguments: Any, **options: Any) -> Any:
        if len(puppet.drives) == 2:
            os.kill(os.getpid(), number)
        return animate_frame(*arguments, **options)

    monkeypatch.setattr(puppet, "animate", animate_and_kill)
    monkeypatch.setattr(command, "load_puppet", lambda *_: puppet)
    out = tmp_path / "out" / "out.mp4"
    out.parent.mkdir()
    before = signal.signal(number, signal.SIG_DFL)  # it may be ignored, as under nohup
    try:
        arguments = ["animate", str(make_photo()), str(make_clip()), "-o", str(out)]
        result = CliRunner().invoke(app, arguments)
    finally:
        signal.signal(number, before)
    assert result.exit_code == 130
    assert "stopped early, 3 frames" in result.stderr
    assert list(out.parent.iterdir()) == [out]


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, (0, None)), ("3:7", (3, 7)), ("3:", (3, None)), (":7", (0, 7)), (":", (0, None))],
)
def test_parse_frames(text: str | None, expected: tuple[int, int | None]) -> None:
    assert parse_frames(text) == expected


@pytest.mark.parametrize("text", ["", "7", "a:b", "1:2:3", "-1:4", "1.5:2", "0:" + "9" * 5000])
def test_parse_frames_refuses(text: str) -> None:
    with pytest.raises(InputError, match=r"is not A:B\. Give frame numbers"):
        parse_frames(text)


def test_errors_are_one_line(run: Callable[..., Any], tmp_path: Path, make_clip: MakeClip) -> None:
    (tmp_path / "photo.jpg").touch()
    result = run(tmp_path / "photo.jpg", make_clip(), "-o", tmp_path / "out.mp4")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (
        f"bunraku: {tmp_path / 'photo.jpg'} is empty. Copy or export it again.\n"
    )
    assert not (tmp_path / "out.mp4").exists()


def test_addresses_are_told_as_they_were_spelled(
    run: Callable[..., Any], tmp_path: Path, make_photo: MakeClip
) -> None:
    address = "http://127.0.0.1:9//clip.mp4?at=http://host/"
    for words in ((make_photo(), address), (address, "clip.mp4")):
        result = run(*words, "-o", tmp_path / "out.mp4")
        assert result.exit_code == 2
        assert result.stderr.startswith(f"bunraku: {address} is an address")
        assert result.stderr.count("\n") == 1


def test_an_address_is_no_file_to_write(
    run: Callable[..., Any], make_clip: MakeClip, make_photo: MakeClip
) -> None:
    result = run(make_photo(), make_clip(), "-o", "rtmp://me:secret@host/key.mp4")
    assert result.exit_code == 2
    assert result.stderr == (
        "bunraku: rtmp://me:…@host/key.mp4 is an address, and --out names a file. Name one, or "
        "stream live: `bunraku live PHOTO --push URL` takes addresses.\n"
    )


def test_missing_pose_networks_name_the_command(
    tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise FetchError("The pose networks are not there yet.", "Run `bunraku fetch` once.")

    monkeypatch.setattr(command, "load_puppet", fail)
    arguments = [str(make_photo()), str(make_clip()), "-o", str(tmp_path / "out.mp4")]
    result = CliRunner().invoke(app, ["animate", *arguments])
    assert result.exit_code == 2
    assert result.stderr.endswith("Run `bunraku fetch` once.\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "photo.png"]


def test_help_asks_for_consent() -> None:
    told = " ".join(CliRunner().invoke(app, ["animate", "--help"]).stdout.split())
    assert "Only animate people who have agreed to it." in told
