from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bunraku.stream.clip.audio import AudioMode, AudioTrack

MakeClip = Callable[..., Path]


def _carry(
    clip: Path, out: Path, origin: Fraction = Fraction(0), until: Fraction | None = None
) -> AudioMode:
    track = AudioTrack(clip, out.suffix)
    with av.open(str(out), "w") as container:
        track.attach(container, origin)
        for packet in track.packets(until):
            container.mux(packet)
    track.close()
    return track.mode


def _sound(path: Path) -> tuple[str, float, float]:
    """Codec, first time and seconds of sound."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        name = stream.codec_context.name
        frames = list(container.decode(stream))
    return (
        name,
        float(frames[0].time or 0.0),
        sum(frame.samples / frame.sample_rate for frame in frames),
    )


@pytest.mark.parametrize(
    ("source", "codec", "target", "mode", "becomes"),
    [
        ("in.mp4", "aac", "out.mp4", AudioMode.COPIED, "aac"),
        ("in.ts", "aac", "out.mp4", AudioMode.COPIED, "aac"),
        ("in.ts", "mp2", "out.mp4", AudioMode.ENCODED, "aac"),
        ("in.mkv", "libopus", "out.mp4", AudioMode.COPIED, "opus"),
        ("in.mkv", "libopus", "out.webm", AudioMode.COPIED, "opus"),
        ("in.mkv", "libopus", "out.mov", AudioMode.ENCODED, "aac"),
        ("in.mp4", "aac", "out.webm", AudioMode.ENCODED, "opus"),
        ("in.mkv", "flac", "out.mkv", AudioMode.COPIED, "flac"),
        ("in.mov", "pcm_s16le", "out.mov", AudioMode.COPIED, "pcm_s16le"),
        ("in.mov", "pcm_s16le", "out.mp4", AudioMode.ENCODED, "aac"),
        ("in.mkv", "pcm_s16le", "out.mkv", AudioMode.COPIED, "pcm_s16le"),
    ],
)
def test_copies_where_it_can_else_encodes(
    tmp_path: Path,
    make_clip: MakeClip,
    source: str,
    codec: str,
    target: str,
    mode: AudioMode,
    becomes: str,
) -> None:
    clip = make_clip(source, frames=25, audio=codec)
    assert _carry(clip, tmp_path / target) is mode
    name, _, seconds = _sound(tmp_path / target)
    assert name.startswith(becomes)
    assert seconds == pytest.approx(1.0, abs=0.06)


def test_odd_rates_are_resampled(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("in.mov", frames=25, audio="pcm_s16le", audio_rate_hz=37_800)
    assert _carry(clip, tmp_path / "out.mp4") is AudioMode.ENCODED
    assert _sound(tmp_path / "out.mp4")[2] == pytest.approx(1.0, abs=0.06)


@pytest.mark.parametrize(("codec", "mode"), [("aac", "copied"), ("mp2", "encoded")])
def test_starts_at_the_origin(tmp_path: Path, make_clip: MakeClip, codec: str, mode: str) -> None:
    clip = make_clip("in.mkv", frames=50, audio=codec)
    assert _carry(clip, tmp_path / "out.mp4", origin=Fraction(3, 2)) == mode
    _, start, seconds = _sound(tmp_path / "out.mp4")
    assert start == pytest.approx(0.0, abs=0.03)
    assert seconds == pytest.approx(0.5, abs=0.08)


def test_encoded_sound_is_the_same_tone(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("in.mov", frames=25, audio="pcm_s16le")
    _carry(clip, tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        samples = [frame.to_ndarray()[0] for frame in container.decode(audio=0)]
    wave = np.concatenate(samples)[4096 : 4096 + 32768]
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
    assert spectrum.argmax() * 48_000 / len(wave) == pytest.approx(440, abs=3)


def test_clip_without_sound(tmp_path: Path, make_clip: MakeClip) -> None:
    track = AudioTrack(make_clip(), ".mp4")
    with av.open(str(tmp_path / "out.mp4"), "w") as container:
        track.attach(container, Fraction(0))
        assert track.mode is AudioMode.NONE
        assert list(track.packets(None)) == []


def test_packets_come_in_time(make_clip: MakeClip, tmp_path: Path) -> None:
    track = AudioTrack(make_clip(frames=50, audio="aac"), ".mp4")
    with av.open(str(tmp_path / "out.mp4"), "w") as container:
        track.attach(container, Fraction(0))
        first = [(packet.pts or 0) * packet.time_base for packet in track.packets(Fraction(1))]
        rest = [(packet.pts or 0) * packet.time_base for packet in track.packets(Fraction(3, 2))]
    assert max(first) < 1 <= min(rest)
    assert max(rest) < 1.5


def test_damaged_sound_ends_early(tmp_path: Path, make_clip: MakeClip) -> None:
    clip = make_clip("in.mp4", frames=50, audio="aac", options={"movflags": "faststart"})
    clip.write_bytes(clip.read_bytes()[:-4000])
    _carry(clip, tmp_path / "out.mp4")
    assert 0 < _sound(tmp_path / "out.mp4")[2] < 2.0


def test_unreadable_file(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_text("none")
    track = AudioTrack(tmp_path / "clip.mp4", ".mp4")
    assert track.mode is AudioMode.LEFT_OUT
    assert track.note == "the clip's sound is left out: it cannot be read"
    assert list(track.packets(None)) == []
