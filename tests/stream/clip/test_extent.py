from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from bunraku.stream.clip.reader import ClipReader

MakeClip = Callable[..., Path]


def _whole(path: Path) -> list[float]:
    """The times of a clip that is read to its end, in seconds from the first frame."""
    with ClipReader(path) as reader:
        frames = list(reader.frames())
        assert reader.loss_s is None
        assert reader.damage is None
    return [frame.time_s - frames[0].time_s for frame in frames]


def test_what_outlasts_the_pictures_is_no_early_end(make_clip: MakeClip) -> None:
    assert len(_whole(make_clip("sound.mkv", frames=10, audio="aac", audio_s=4.0))) == 10
    assert len(_whole(make_clip("sound.mp4", frames=10, audio="aac", audio_s=4.0))) == 10


def test_a_varying_rate_and_a_late_start_are_no_early_end(make_clip: MakeClip) -> None:
    pause = [*range(0, 400, 40), *range(3400, 3800, 40)]
    for name in ("pause.mkv", "pause.mp4"):
        assert _whole(make_clip(name, times_ms=pause))[10] == pytest.approx(3.4, abs=2e-3)
    late = make_clip("late.mkv", times_ms=range(1000, 1400, 40), audio="aac", audio_s=1.4)
    assert len(_whole(late)) == 10


def test_a_lossless_trim_is_no_early_end(tmp_path: Path, make_clip: MakeClip) -> None:
    trimmed = tmp_path / "trimmed.mp4"
    with (
        av.open(str(make_clip(frames=30, options={"x264-params": "bframes=2"}))) as source,
        av.open(str(trimmed), "w") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None and packet.pts is not None:
                hidden = round(Fraction(9, 25) / packet.time_base)
                packet.pts, packet.dts = packet.pts - hidden, packet.dts - hidden
                packet.stream = stream
                target.mux(packet)
    assert _whole(trimmed) == pytest.approx([i / 25 for i in range(21)], abs=1e-3)


@pytest.mark.parametrize("name", ["slow.mp4", "slow.mov", "slow.mkv", "slow.flv"])
def test_slow_pictures_in_another_order_are_no_early_end(tmp_path: Path, name: str) -> None:
    """The last picture shown is not the last one stored, and lasts a second."""
    path = tmp_path / name
    noise = np.random.default_rng(0).integers(0, 255, (12, 48, 64, 3), np.uint8)
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1)
        for index in range(12):
            frame = VideoFrame.from_ndarray(noise[index], format="rgb24")
            frame.pts, frame.time_base, frame.duration = index, Fraction(1, 1), 1
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    assert _whole(path) == pytest.approx(range(12), abs=1e-3)


@pytest.mark.parametrize("name", ["cut.mkv", "cut.avi", "cut.flv"])
def test_a_file_that_was_cut_off_is_told(make_clip: MakeClip, name: str) -> None:
    path = make_clip(name, frames=50, size=(160, 120))
    data = path.read_bytes()
    start = max(0, data.find(b"movi"))  # AVI has room for much in its header
    path.write_bytes(data[: start + (len(data) - start) * 6 // 10])
    with ClipReader(path) as reader:
        list(reader.frames())
        assert reader.loss_s is not None
        read_s, whole_s = reader.loss_s
    assert read_s < 0.9 * whole_s
