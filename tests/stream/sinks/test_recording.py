from __future__ import annotations

import asyncio
import errno
import io
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import av.error
import numpy as np
import pytest
from av.container import InputContainer
from av.video.frame import VideoFrame

from bunraku.errors import OutputError
from bunraku.stream.clip.writer import SYNTHETIC_COMMENT
from bunraku.stream.core.encoding import to_i420
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.recording import FileSink, Timing

TOO_LARGE = "File too large. Name another place for it."
NAMES = ["out.mp4", "out.mov", "out.mkv", "out.webm"]
SOURCE = str(Path(__file__).parents[3] / "src")

# Records a picture every 20 ms of recorded time until it is killed; "ready" comes after the tenth.
ENDLESS = """
import asyncio, sys
import numpy as np
from fractions import Fraction
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sinks.recording import FileSink

async def main():
    sink = FileSink(sys.argv[1])
    await sink.open()
    index = 0
    while True:
        picture = np.full((240, 320, 3), (200, 8 * (index % 25), 60), np.uint8)
        await sink.write(LiveFrame(picture, index, Fraction(1, 50), index / 50))
        index += 1
        if index == 10:
            print("ready", flush=True)

asyncio.run(main())
"""

# Records noise into a file that must not grow beyond 100 kB.
CRAMPED = """
import asyncio, resource, sys
import numpy as np
from fractions import Fraction
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.protocols import SinkClosed
from bunraku.stream.sinks.recording import FileSink
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

async def main():
    noise = np.random.default_rng(0)
    sink = FileSink(sys.argv[1])
    await sink.open()
    try:
        for index in range(200):
            picture = noise.integers(0, 255, (120, 160, 3), dtype=np.uint8)
            await sink.write(LiveFrame(picture, index, Fraction(1, 25), index / 25))
    except SinkClosed as closed:
        print(sink.frames, closed)
    await sink.close()

asyncio.run(main())
"""


def _frame(index: int, time_s: float, *, width: int = 64, height: int = 48) -> LiveFrame:
    picture = np.full((height, width, 3), (200, 20 * index, 60), np.uint8)
    return LiveFrame(picture, index, Fraction(1, 25), time_s)


async def _record(sink: FileSink, frames: list[LiveFrame]) -> None:
    await sink.open()
    try:
        for frame in frames:
            await sink.write(frame)
    finally:
        await sink.close()


def _decoded(file: Path | io.BytesIO) -> list[VideoFrame]:
    """What a player shows: of half a frame at the end, nothing."""
    frames: list[VideoFrame] = []
    opened = av.open(str(file) if isinstance(file, Path) else file)
    with cast(InputContainer, opened) as container:
        packets = list(container.demux(video=0))
        for packet in packets:
            try:
                frames += packet.decode()
            except av.error.InvalidDataError:
                assert packet in packets[-2:]
    return frames


def _times_ms(frames: list[VideoFrame]) -> list[int]:
    return [round(1000 * frame.time) for frame in frames if frame.time is not None]


def _run(code: str, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-P", "-c", code, str(path)]
    environment = {**os.environ, "PYTHONPATH": SOURCE}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


@pytest.mark.parametrize("name", NAMES)
async def test_keeps_the_time_and_colours_of_frames(tmp_path: Path, name: str) -> None:
    times_s = [71.0, 71.04, 71.09, 71.1, 71.5, 72.533]
    sink = FileSink(tmp_path / name)
    await _record(sink, [_frame(index, time_s) for index, time_s in enumerate(times_s)])

    frames = _decoded(tmp_path / name)
    assert _times_ms(frames) == [0, 40, 90, 100, 500, 1533]
    for index, frame in enumerate(frames):
        assert np.allclose(frame.to_ndarray(format="rgb24")[20, 20], (200, 20 * index, 60), atol=6)
    assert (sink.name, sink.frames, sink.notice) == (name, 6, None)
    assert sink.seconds == pytest.approx(1.566)
    assert sink.bytes_written == (tmp_path / name).stat().st_size


async def test_i420_of_a_gpu_is_recorded_beside_rgb(tmp_path: Path) -> None:
    given = [_frame(index, index / 25) for index in range(3)]
    given[1].shown = to_i420(given[1].picture())
    sink = FileSink(tmp_path / "a.mp4")
    await _record(sink, given)
    assert sink.takes_i420
    for index, frame in enumerate(_decoded(tmp_path / "a.mp4")):
        assert np.allclose(frame.to_ndarray(format="rgb24")[20, 20], (200, 20 * index, 60), atol=6)


@pytest.mark.parametrize("name", NAMES)
async def test_says_that_it_is_synthetic(tmp_path: Path, name: str) -> None:
    await _record(FileSink(tmp_path / name), [_frame(0, 0.0), _frame(1, 0.04)])
    with av.open(str(tmp_path / name)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert tags["comment"] == SYNTHETIC_COMMENT


async def test_a_finished_mp4_is_an_ordinary_one(tmp_path: Path) -> None:
    await _record(FileSink(tmp_path / "out.mp4"), [_frame(i, i / 25) for i in range(10)])
    data = (tmp_path / "out.mp4").read_bytes()
    assert data[4:8] == b"ftyp"
    boxes, at = [], 0
    while at < len(data):
        boxes.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    assert b"moov" in boxes
    assert b"moof" not in boxes
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.duration == pytest.approx(400_000, abs=10_000)  # microseconds


async def test_the_source_s_own_time(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.mkv", timing=Timing.SOURCE)
    frames = [_frame(index, 3.0 + 0.001 * index) for index in (0, 1, 2, 0, 1)]  # a clip starts over
    frames[3].pts, frames[4].pts = -100, -99
    await _record(sink, frames)
    assert _times_ms(_decoded(tmp_path / "out.mkv")) == [0, 40, 80, 113, 153]


async def test_pyav_s_frames_and_other_sizes(tmp_path: Path) -> None:
    first, second, third = (_frame(index, index / 25) for index in range(3))
    passed = VideoFrame.from_ndarray(first.picture(), format="rgb24").reformat(format="yuvj420p")
    first.shown = passed
    second.shown = np.full((64, 48, 3), 255, np.uint8)
    third.shown = np.full((480, 640, 3), 255, np.uint8)
    await _record(FileSink(tmp_path / "out.mp4"), [first, second, third])

    pictures = [frame.to_ndarray(format="rgb24") for frame in _decoded(tmp_path / "out.mp4")]
    assert [picture.shape for picture in pictures] == [(48, 64, 3)] * 3
    assert np.allclose(pictures[0][20, 20], (200, 0, 60), atol=8)
    assert pictures[1][20, 32].min() > 240
    assert pictures[1][20, 4].max() < 16
    assert pictures[2].min() > 240


async def test_odd_sizes(tmp_path: Path) -> None:
    frames = [_frame(index, index / 25, width=33, height=31) for index in range(3)]
    await _record(FileSink(tmp_path / "out.mp4"), frames)
    assert _decoded(tmp_path / "out.mp4")[2].to_ndarray(format="rgb24").shape == (32, 34, 3)


@pytest.mark.parametrize("name", NAMES)
def test_plays_after_the_process_was_killed(tmp_path: Path, name: str) -> None:
    with _run(ENDLESS, tmp_path / name) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGKILL)
    frames = _decoded(tmp_path / name)
    assert len(frames) >= 8
    assert _times_ms(frames) == [20 * index for index in range(len(frames))]
    assert np.allclose(frames[7].to_ndarray(format="rgb24")[99, 99], (200, 56, 60), atol=6)


@pytest.mark.parametrize("name", NAMES)
async def test_plays_when_a_write_stopped_halfway(tmp_path: Path, name: str) -> None:
    noise = np.random.default_rng(0)
    sink = FileSink(tmp_path / name)
    await sink.open()
    sizes: list[int] = []
    for index in range(6):
        picture = noise.integers(0, 255, (240, 320, 3), dtype=np.uint8)
        await sink.write(LiveFrame(picture, index, MICROSECONDS, index / 25))
        sizes.append(sink.bytes_written)
    whole = (tmp_path / name).read_bytes()
    await sink.close()
    assert sizes[-1] == len(whole)
    page = 4096
    for end in range(page * (sizes[1] // page + 1), len(whole), page):
        complete = sum(size <= end for size in sizes) - 1
        assert len(_decoded(io.BytesIO(whole[:end]))) >= complete >= 1


@pytest.mark.parametrize("name", NAMES)
def test_a_disk_that_takes_no_more(tmp_path: Path, name: str) -> None:
    with _run(CRAMPED, tmp_path / name) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    count, text = said.split(maxsplit=1)
    assert text == f"{tmp_path / name} cannot be written: {TOO_LARGE}\n"
    assert len(_decoded(tmp_path / name)) >= int(count) - 1 > 3


@pytest.mark.parametrize("step", ["write", "finish"])
async def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    sink = FileSink(tmp_path / "out.mp4")
    await sink.open()
    for index in range(5):
        await sink.write(_frame(index, index / 25))
    written = (tmp_path / "out.mp4").read_bytes()

    class Full(io.FileIO):  # takes a little still
        def write(self, data: Any) -> int:
            if self.tell() > len(written):
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data[:100])

    assert sink._disk is not None
    sink._disk._file.close()
    monkeypatch.setattr(sink._disk, "_file", Full(tmp_path / "out.mp4", "r+b"))
    sink._disk._file.seek(0, os.SEEK_END)
    if step == "write":
        with pytest.raises(SinkClosed, match=r"out\.mp4 is full; what was recorded until then is"):
            await sink.write(_frame(5, 0.2))
        with pytest.raises(SinkClosed, match="is full"):
            await sink.write(_frame(6, 0.24))
    await sink.close()
    assert (tmp_path / "out.mp4").read_bytes() == written
    assert len(_decoded(tmp_path / "out.mp4")) == 4


async def test_limits(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "long.mkv", max_s=0.2)
    with pytest.raises(SinkClosed, match=r"long\.mkv is as long as a recording may be"):
        await _record(sink, [_frame(index, index / 25) for index in range(12)])
    assert _times_ms(_decoded(tmp_path / "long.mkv")) == [0, 40, 80, 120, 160, 200][: sink.frames]
    assert sink.seconds == pytest.approx(0.2, abs=0.04)

    sink = FileSink(tmp_path / "large.mp4", max_bytes=20_000)
    noise = np.random.default_rng(0)
    frames = [
        LiveFrame(noise.integers(0, 255, (64, 64, 3), dtype=np.uint8), i, MICROSECONDS, i / 25)
        for i in range(50)
    ]
    with pytest.raises(SinkClosed, match=r"large\.mp4 is as large as a recording may be"):
        await _record(sink, frames)
    assert 20_000 <= (tmp_path / "large.mp4").stat().st_size < 35_000
    assert len(_decoded(tmp_path / "large.mp4")) == sink.frames < 50


async def test_nothing_recorded_leaves_nothing(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.mp4")
    await sink.open()
    await sink.close()
    await sink.close()
    assert list(tmp_path.iterdir()) == []
    assert sink.seconds == 0

    never_opened = FileSink(tmp_path / "out.mp4")
    await never_opened.close()
    assert list(tmp_path.iterdir()) == []


async def test_an_older_file_is_replaced_by_the_first_frame(tmp_path: Path) -> None:
    older = tmp_path / "out.mkv"
    older.write_bytes(bytes(200_000))
    unused = FileSink(older)
    await unused.open()
    await unused.close()
    assert older.stat().st_size == 200_000

    await _record(FileSink(older), [_frame(0, 0.0), _frame(1, 0.1)])
    assert older.stat().st_size < 20_000
    assert len(_decoded(older)) == 2


async def test_places_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OutputError, match=r"has no ending of a clip\. Use one of \.m4v"):
        FileSink(tmp_path / "out.gif")
    with pytest.raises(OutputError, match=r"does not exist\. Make it first\."):
        FileSink(tmp_path / "no" / "out.mp4")

    def refuse(*_: Any) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    sink = FileSink(tmp_path / "out.mp4")
    monkeypatch.setattr("bunraku.stream.sinks.disk.os.open", refuse)  # permissions do not stop root
    with pytest.raises(OutputError, match=r"out\.mp4 cannot be written: permission denied"):
        await sink.open()
    await sink.close()


async def test_closing_after_a_write_was_cancelled(tmp_path: Path) -> None:
    sink = FileSink(tmp_path / "out.mp4")
    await sink.open()
    await sink.write(_frame(0, 0.0))
    writing = asyncio.ensure_future(sink.write(_frame(1, 0.1)))
    await asyncio.sleep(0)
    writing.cancel()
    await sink.close()
    assert len(_decoded(tmp_path / "out.mp4")) in (1, 2)
