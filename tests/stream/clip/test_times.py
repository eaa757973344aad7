from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import av
import numpy as np
import pytest
from av.format import Flags
from av.video.stream import VideoStream

from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.clip.times import FrameTimes

MS = Fraction(1, 1000)


def _times(
    *,
    average: Fraction | int | None = 25,
    guessed: Fraction | int | None = 25,
    coded: Fraction | int | None = None,
    base: Fraction = MS,
    start: int | None = 0,
    name: str = "matroska,webm",
    flags: int = 0,
) -> FrameTimes:
    def rate(value: Fraction | int | None) -> Fraction | None:
        return None if value is None else Fraction(value)

    container: Any = SimpleNamespace(format=SimpleNamespace(name=name, flags=flags))
    stream: Any = SimpleNamespace(
        average_rate=rate(average),
        guessed_rate=rate(guessed),
        codec_context=SimpleNamespace(framerate=rate(coded)),
        time_base=base,
        start_time=start,
    )
    return FrameTimes(container, stream)


def _stamps(times: FrameTimes, told: Sequence[int | None], base: Fraction = MS) -> list[int]:
    """When frames are shown that were told to be at ``told``, in ms."""
    frames: list[Any] = [
        SimpleNamespace(pts=pts, dts=None, time_base=base, duration=0) for pts in told
    ]
    return [round(times.stamp(frame)[0] * times.time_base * 1000) for frame in frames]


@pytest.mark.parametrize(
    ("average", "guessed", "coded", "rate"),
    [
        (30, 30, None, 30),
        (Fraction(10, 7), 30, 30, Fraction(10, 7)),  # a variable rate
        (60_000, Fraction(30_000, 1001), None, Fraction(30_000, 1001)),  # raw DV
        (60, 30, 30, 30),  # AVI with room for empty frames
        (None, 90_000, 30, 30),  # the units of a transport stream's clock
        (None, 90_000, None, 25),
        (None, 15, None, 15),
        (None, None, None, 25),
    ],
)
def test_rates_that_are_misstated(
    average: Fraction, guessed: Fraction, coded: Fraction, rate: Fraction
) -> None:
    assert _times(average=average, guessed=guessed, coded=coded).rate == rate


def test_bare_frames_come_at_the_guessed_rate() -> None:
    base = Fraction(1, 1_200_000)
    times = _times(
        average=25, guessed=50, base=base, flags=cast(int, Flags.no_timestamps.value), start=None
    )
    # Counted by FFmpeg at its default rate, or not at all.
    assert _stamps(times, [48_000, 96_000, None, 192_000], base) == [0, 20, 40, 60]
    assert times.rate == 50


def test_own_times_are_kept() -> None:
    assert _stamps(_times(), [-1000, -960, 10, 5000]) == [-1000, -960, 10, 5000]
    assert _times().time_base == MS


def test_missing_times_are_made_up() -> None:
    assert _stamps(_times(start=600_000), [None, None, 600_080, None]) == [
        600_000, 600_040, 600_080, 600_120,
    ]  # fmt: skip


def test_a_time_told_twice_moves_no_other() -> None:
    assert _stamps(_times(), [0, 40, 40, 80, 120]) == [0, 40, 60, 80, 120]


def test_a_coarse_clock_spreads_its_frames() -> None:
    base = Fraction(1, 15)
    times = _times(average=30, guessed=30, base=base)
    assert _stamps(times, [0, 0, 1, 1, 2, 2, 3], base) == [0, 33, 67, 100, 133, 167, 200]


def test_one_unit_a_frame_is_no_coarse_clock() -> None:
    assert _times(base=Fraction(1, 25)).time_base == Fraction(1, 25)


@pytest.mark.parametrize(("codec", "name"), [("libx264", "raw.h264"), ("mpeg2video", "raw.m2v")])
def test_bare_pictures_play_at_their_own_rate(tmp_path: Path, codec: str, name: str) -> None:
    path = tmp_path / name
    form = "h264" if codec == "libx264" else "mpeg2video"
    with av.open(str(path), "w", format=form) as container:
        video = cast(VideoStream, container.add_stream(codec, rate=50))
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        for i in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * i, np.uint8))
            frame.pts = i
            container.mux(video.encode(frame))
        container.mux(video.encode())
    with ClipReader(path) as reader:
        times = [frame.time_s for frame in reader.frames()]
        assert reader.loss_s is None
    assert times == pytest.approx([i / 50 for i in range(20)], abs=1e-3)


def test_raw_dv_is_of_its_own_rate(tmp_path: Path) -> None:
    path = tmp_path / "clip.avi"
    with av.open(str(path), "w") as container:
        video = container.add_stream("dvvideo", rate=25)
        video.width, video.height, video.pix_fmt = 720, 576, "yuv420p"
        data = b""
        for i in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((576, 720, 3), 9 * i, np.uint8))
            data += b"".join(bytes(packet) for packet in video.encode(frame))
    (tmp_path / "clip.dv").write_bytes(data)
    with ClipReader(tmp_path / "clip.dv") as reader:
        assert reader.rate == 25
        times = [frame.time_s for frame in reader.frames()]
    assert times == pytest.approx([i / 25 for i in range(10)])
