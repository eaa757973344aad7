from __future__ import annotations

import contextlib
import errno
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import pytest

from bunraku.errors import OutputError
from bunraku.stream.clip.audio import AudioMode, AudioTrack
from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT, ClipWriter, writable_target

MakeClip = Callable[..., Path]
MS = Fraction(1, 1000)
TOO_LARGE = "File too large. Name another place for it."


def _picture(level: int = 100, width: int = 64, height: int = 48) -> Any:
    return np.full((height, width, 3), (200, level, 60), np.uint8)


def _write(path: Path, times_ms: list[int], **size: int) -> None:
    with ClipWriter(path) as writer:
        for index, time_ms in enumerate(times_ms):
            writer.write(_picture(20 * index, **size), time_ms, MS)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("name", ["out.mp4", "out.m4v", "out.mov", "out.mkv", "out.webm"])
def test_writes_containers_with_their_timing(tmp_path: Path, name: str) -> None:
    times_ms = [0, 40, 90, 100, 300, 333]
    _write(tmp_path / name, times_ms)

    with ClipReader(tmp_path / name) as reader:
        frames = list(reader.frames())
    assert [round(frame.time_s * 1000) for frame in frames] == times_ms
    for index, frame in enumerate(frames):
        assert np.allclose(frame.image[20, 20], (200, 20 * index, 60), atol=4)
    assert _names(tmp_path) == [name]


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv", "out.webm"])
def test_says_that_it_is_synthetic(tmp_path: Path, name: str) -> None:
    _write(tmp_path / name, [0, 40])
    with av.open(str(tmp_path / name)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["comment"] == SYNTHETIC_COMMENT == "synthetic: animated from a photo by Bunraku"


def test_odd_sizes_gain_a_row_and_a_column(tmp_path: Path) -> None:
    _write(tmp_path / "out.mp4", [0, 40], width=67, height=51)
    with ClipReader(tmp_path / "out.mp4") as reader:
        image = next(reader.frames()).image
    assert image.shape == (52, 68, 3)
    assert np.allclose(image[-1, -1], image[20, 20], atol=6)


def test_origin_becomes_zero(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "out.mkv") as writer:
        for time_ms in (5000, 5040):
            writer.write(_picture(), time_ms, MS, origin=Fraction(5))
    with ClipReader(tmp_path / "out.mkv") as reader:
        assert [round(frame.time_s * 1000) for frame in reader.frames()] == [0, 40]


def test_nothing_is_there_before_the_end(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "out.mp4") as writer:
        writer.write(_picture(), 0, MS)
        assert not (tmp_path / "out.mp4").exists()
    assert (tmp_path / "out.mp4").exists()


def test_exception_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("older")
    with contextlib.suppress(ZeroDivisionError), ClipWriter(tmp_path / "out.mp4") as writer:
        writer.write(_picture(), 0, MS)
        raise ZeroDivisionError
    assert _names(tmp_path) == ["out.mp4"]
    assert (tmp_path / "out.mp4").read_text(encoding="utf-8") == "older"


def test_no_picture_leaves_nothing(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "out.mp4"):
        pass
    assert _names(tmp_path) == []


def test_replaces_an_older_file_and_follows_links(tmp_path: Path) -> None:
    (tmp_path / "real.mp4").write_text("older")
    (tmp_path / "link.mp4").symlink_to("real.mp4")
    _write(tmp_path / "link.mp4", [0, 40])
    assert (tmp_path / "link.mp4").is_symlink()
    assert (tmp_path / "real.mp4").stat().st_size > 100


def test_permissions_are_those_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    _write(tmp_path / "out.mp4", [0, 40])
    assert (tmp_path / "out.mp4").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_unknown_ending() -> None:
    with pytest.raises(OutputError, match=r"out\.gif has no ending of a clip\. Use one of \.m4v"):
        writable_target(Path("out.gif"))


def test_folder_as_output(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").mkdir()
    with pytest.raises(OutputError, match=r"is a folder\. Name a file in it\."):
        ClipWriter(tmp_path / "out.mp4")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"does not exist\. Make it first\."):
        ClipWriter(tmp_path / "no" / "out.mp4")


@pytest.mark.parametrize("below", ["out.mp4", "films/new/out.mp4"])
def test_a_file_as_folder(tmp_path: Path, below: str) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(OutputError, match=r"notes\.txt is no folder\. Name a file in a folder\."):
        ClipWriter(tmp_path / "notes.txt" / below)


def test_device_as_output(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").symlink_to("/dev/null")
    with pytest.raises(OutputError):
        ClipWriter(tmp_path / "out.mp4")


def test_unwritable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "open", refuse)  # permissions do not stop root
    with pytest.raises(OutputError, match=r"out\.mp4 cannot be written: permission denied"):
        ClipWriter(tmp_path / "out.mp4")
    assert _names(tmp_path) == []


@pytest.mark.parametrize("step", ["write", "finish"])
def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: Any) -> None:
        raise av.error.OSError(errno.ENOSPC, "No space left on device", "out.mp4")

    writer = ClipWriter(tmp_path / "out.mp4")
    writer.write(_picture(), 0, MS)
    container = writer._container

    class Full:
        mux = staticmethod(fail)

        def close(self) -> None:
            assert container is not None
            container.close()
            fail()

    monkeypatch.setattr(writer, "_container", Full())
    with pytest.raises(OutputError, match=r"The disk of .*out\.mp4 is full; nothing was kept"):
        writer.write(_picture(), 40, MS) if step == "write" else writer.finish()
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["out.mp4", "out.mkv"])
def test_file_that_may_not_grow(tmp_path: Path, name: str) -> None:
    code = f"""
import resource, numpy as np
from fractions import Fraction
from bunraku.errors import OutputError
from bunraku.stream.clip.writer import ClipWriter
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
noise = np.random.default_rng(0)
try:
    with ClipWriter({str(tmp_path / name)!r}) as writer:
        for i in range(20):
            writer.write(noise.integers(0, 255, (240, 320, 3), dtype=np.uint8), i, Fraction(1, 25))
except OutputError as error:
    print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    command = [sys.executable, "-P", "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert result.stdout == f"{tmp_path / name} cannot be written: {TOO_LARGE}\n", result.stderr
    assert _names(tmp_path) == []


def test_sound_is_copied_and_stays_in_step(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip(frames=25, audio="aac")
    out = tmp_path / "out.mp4"
    with ClipWriter(out) as writer:
        audio = AudioTrack(clip, ".mp4")
        writer.carry(audio)
        for index in range(25):
            writer.write(_picture(), 40 * index, MS)
        writer.finish(whole_audio=True)
    assert audio.mode is AudioMode.COPIED
    assert _packets(out) == _packets(clip)


def test_sound_ends_with_the_pictures(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip(frames=50, audio="aac")
    out = tmp_path / "out.mp4"
    with ClipWriter(out) as writer:
        writer.carry(AudioTrack(clip, ".mp4"))
        for index in range(10):
            writer.write(_picture(), 40 * index, MS, duration=40)
    assert 0.35 < _packets(out)[-1][0] < 0.42


def test_sound_that_the_file_refuses_is_left_out(
    tmp_path: Path, make_clip: MakeClip, monkeypatch: pytest.MonkeyPatch
) -> None:
    track = AudioTrack(make_clip(audio="aac"), ".mp4")
    copied = track._copied

    def going_back(stream: Any, origin: Fraction) -> Iterator[Any]:
        for index, (time, packet) in enumerate(copied(stream, origin)):
            packet.dts = packet.pts = 5000 - 1024 * index
            yield time, packet

    monkeypatch.setattr(track, "_copied", going_back)
    with ClipWriter(tmp_path / "out.mp4") as writer:
        writer.carry(track)
        for index in range(6):
            writer.write(_picture(), 40 * index, MS)
    assert track.mode is AudioMode.FAILED
    with ClipReader(tmp_path / "out.mp4") as reader:
        assert len(list(reader.frames())) == 6


def _packets(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        return [
            (round(float(packet.pts * packet.time_base), 4), bytes(packet))
            for packet in container.demux(stream)
            if packet.pts is not None
        ]
