"""Sound of every kind, through the whole of ``AudioTrack``: carried, or left out with a note."""

from __future__ import annotations

import random
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.stream.clip.sounds import RATE_HZ, Track, clip_with, heard, loudness, tone

from bunraku.stream.clip.audio import AudioMode, AudioTrack

_MPEG_5_1_C = 123 << 16 | 6  # CoreAudio's tag for L C R Ls Rs LFE
_CONTAINERS = ["out.mp4", "out.mov", "out.mkv", "out.webm"]


def _carry(clip: Path, out: Path, until: Fraction | None = None) -> AudioTrack:
    track = AudioTrack(clip, out.suffix)
    with av.open(str(out), "w") as container:
        video = container.add_stream("mpeg4" if out.suffix != ".webm" else "libvpx", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        track.attach(container, Fraction(0))
        for packet in track.packets(until):
            container.mux(packet)
        picture = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
        picture.pts, picture.time_base = 0, Fraction(1, 25)
        container.mux([*video.encode(picture), *video.encode()])
    track.close()
    return track


def _film_order(clip: Path) -> None:
    data = bytearray(clip.read_bytes())
    at = data.find(b"chan") + 8
    data[at : at + 4] = struct.pack(">I", _MPEG_5_1_C)
    clip.write_bytes(data)


@pytest.mark.parametrize("target", _CONTAINERS)
def test_channels_in_an_order_of_their_own(tmp_path: Path, target: str) -> None:
    channels = np.zeros((6, RATE_HZ // 2), np.float32)
    channels[2] = tone(0.5, 440)  # of L R C LFE Ls Rs in the file; of L C R Ls Rs LFE the right
    clip = clip_with(tmp_path / "in.mov", [Track("pcm_s16le", channels, "5.1")])
    _film_order(clip)

    track = _carry(clip, tmp_path / target)

    assert track.mode is (AudioMode.COPIED if target[-3:] in ("mov", "mkv") else AudioMode.ENCODED)
    assert track.note is None
    if track.mode is AudioMode.ENCODED:
        left, right = heard(tmp_path / target)
        assert loudness(right, 440) > 0.2
        assert loudness(left, 440) < 0.02
        assert len(right) == pytest.approx(RATE_HZ / 2, abs=2048)


def test_ambisonics_become_what_is_heard_all_around(tmp_path: Path) -> None:
    channels = np.stack([tone(0.5, 440), *[tone(0.5, 2000)] * 3])
    clip = tmp_path / "in.mkv"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ, options={"mapping_family": "2"})
        stream.codec_context.layout = "ambisonic 1"
        frame = av.AudioFrame.from_ndarray(
            channels.T.reshape(1, -1).copy(), format="flt", layout="ambisonic 1"
        )
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, 0, Fraction(1, RATE_HZ)
        container.mux([*stream.encode(frame), *stream.encode()])

    assert _carry(clip, tmp_path / "out.mov").mode is AudioMode.ENCODED
    left, right = heard(tmp_path / "out.mov")
    assert loudness(left, 440) == pytest.approx(0.35, abs=0.05)  # one channel, shared by two
    assert loudness(right, 2000) < 0.05


def _without_decoder(clip: Path) -> None:
    """Make its first track one of a codec that FFmpeg knows by name alone."""
    before, name, after = clip.read_bytes().partition(b"mp4a")
    assert name
    clip.write_bytes(before + b"apac" + after.replace(b"esds", b"free", 1))


def test_codec_without_a_decoder_is_left_out(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "in.mp4", [Track("aac", tone(1, 440)[None])])
    _without_decoder(clip)
    track = _carry(clip, tmp_path / "out.mp4")
    assert track.mode is AudioMode.LEFT_OUT
    assert track.note == "the clip's sound is left out: it cannot be decoded"
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_the_first_track_that_can_be_decoded_is_carried(tmp_path: Path) -> None:
    tracks = [Track("aac", tone(1, 440)[None]), Track("aac", tone(1, 880)[None])]
    clip = clip_with(tmp_path / "in.mp4", tracks)
    _without_decoder(clip)
    assert _carry(clip, tmp_path / "out.mp4").mode is AudioMode.COPIED
    assert loudness(heard(tmp_path / "out.mp4")[0], 880) > 0.3


def test_mp3_in_avi_is_carried_to_its_end(tmp_path: Path) -> None:
    track = Track("libmp3lame", tone(2, 440, rate_hz=44_100)[None], rate_hz=44_100)
    clip = clip_with(tmp_path / "in.avi", [track], seconds=2)
    assert _carry(clip, tmp_path / "out.mp4").mode is AudioMode.ENCODED
    left = heard(tmp_path / "out.mp4")[0]
    assert len(left) / RATE_HZ == pytest.approx(2, abs=0.1)
    assert loudness(left[-RATE_HZ // 2 : -RATE_HZ // 5], 440) > 0.3


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_rate_and_channels_that_change(tmp_path: Path, target: str) -> None:
    mono = Track("aac", tone(1, 440, rate_hz=44_100)[None], rate_hz=44_100)
    stereo = Track("aac", np.tile(tone(1, 880), (2, 1)), "stereo", start_s=Fraction(1))
    first = clip_with(tmp_path / "first.ts", [mono])
    second = clip_with(tmp_path / "second.ts", [stereo])
    clip = tmp_path / "in.ts"
    clip.write_bytes(first.read_bytes() + second.read_bytes())

    assert _carry(clip, tmp_path / target).mode is AudioMode.ENCODED
    left = heard(tmp_path / target)[0]
    assert len(left) / RATE_HZ == pytest.approx(2, abs=0.1)
    assert loudness(left[: int(0.9 * RATE_HZ)], 440) > 0.3
    assert loudness(left[: int(0.9 * RATE_HZ)], 880) < 0.02
    assert loudness(left[int(1.1 * RATE_HZ) :], 880) > 0.3


@pytest.mark.parametrize("rates_hz", [(22_050, 48_000), (48_000, 8000)])
def test_packets_last_as_long_as_their_rate_says(tmp_path: Path, rates_hz: tuple[int, int]) -> None:
    """FFmpeg keeps to the length of the first ones, and the sound of the second part stands apart
    or overlaps."""
    clip = tmp_path / "in.ts"
    with clip.open("wb") as joined:
        for rate_hz, hz in zip(rates_hz, (440, 880), strict=True):
            track = Track("aac", tone(2, hz, rate_hz=rate_hz)[None], rate_hz=rate_hz)
            # Several packets share a time in the file, as broadcasters do it.
            part = clip_with(tmp_path / f"{hz}.ts", [track], seconds=2, max_delay="700000")
            joined.write(part.read_bytes())

    assert _carry(clip, tmp_path / "out.mp4").note is None

    left = heard(tmp_path / "out.mp4")[0]
    assert len(left) / RATE_HZ == pytest.approx(4, abs=0.3)
    for tenth in range(24, 38):
        assert loudness(left[tenth * RATE_HZ // 10 :][: RATE_HZ // 10], 880) > 0.3


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
@pytest.mark.parametrize("codecs", [("aac", "mp2"), ("mp2", "aac")])
def test_a_codec_that_changes_is_told(tmp_path: Path, codecs: tuple[str, str], target: str) -> None:
    """FFmpeg goes on with the first decoder, and a copy would be called by its codec."""
    parts = [
        clip_with(tmp_path / f"{codec}.ts", [Track(codec, tone(2, 440)[None])], seconds=2)
        for codec in codecs
    ]
    clip = tmp_path / "in.ts"
    clip.write_bytes(b"".join(part.read_bytes() for part in parts))

    track = _carry(clip, tmp_path / target)

    assert track.mode is AudioMode.FAILED
    assert track.note == "the clip's sound could not be carried over completely"
    left = heard(tmp_path / target)[0]
    assert len(left) / RATE_HZ == pytest.approx(2, abs=0.1)
    assert loudness(left, 440) > 0.3


@pytest.mark.parametrize("target", _CONTAINERS)
@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
@pytest.mark.parametrize("hidden_s", ["1/20", "1/2"])
def test_what_an_edit_list_hides_stays_hidden(
    tmp_path: Path, codec: str, hidden_s: str, target: str
) -> None:
    before = Fraction(hidden_s)
    secret, told = tone(float(before), 3000), tone(1, 440)
    samples = np.concatenate([secret, told])[None]
    clip = clip_with(tmp_path / "in.mov", [Track(codec, samples, start_s=-before)])
    assert loudness(heard(clip, ignore_editlist="1")[0], 3000) > 0.1

    assert _carry(clip, tmp_path / target).mode in (AudioMode.COPIED, AudioMode.ENCODED)

    out = heard(tmp_path / target)[0]
    assert loudness(out[2400:], 3000) < 0.01
    assert loudness(out[:2400], 3000) < 0.1  # the first block may ring of it
    assert loudness(out, 440) > 0.3
    if before > Fraction(1, 10) or target not in ("out.mp4", "out.mov"):
        whole = heard(tmp_path / target, ignore_editlist="1")[0]
        assert loudness(whole, 3000) < 0.1  # nor is it in the file


@pytest.mark.parametrize("target", _CONTAINERS)
def test_damage_in_the_middle(tmp_path: Path, target: str) -> None:
    whole = clip_with(tmp_path / "whole.mkv", [Track("ac3", tone(2, 440)[None])], seconds=2)
    clip = tmp_path / "in.mkv"
    _damage(whole, clip)
    assert _carry(clip, tmp_path / target).mode in (AudioMode.COPIED, AudioMode.ENCODED)
    with av.open(str(tmp_path / target)) as container:
        packets = [p for p in container.demux(audio=0) if p.pts is not None]
    end = max((p.pts or 0) * p.time_base for p in packets)
    assert end == pytest.approx(2, abs=0.1)


def _damage(whole: Path, damaged: Path) -> None:
    chance = random.Random(1)
    with av.open(str(whole)) as source, av.open(str(damaged), "w") as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            if packet.pts is None:
                continue
            if packet.stream.type == "audio" and 0.5 < packet.pts * packet.time_base < 1:
                noise = av.Packet(chance.randbytes(packet.size))
                noise.pts, noise.dts = packet.pts, packet.dts
                noise.time_base, noise.duration = packet.time_base, packet.duration
                noise.stream = streams[packet.stream_index]
                target.mux(noise)
            else:
                packet.stream = streams[packet.stream_index]
                target.mux(packet)


@pytest.mark.parametrize("target", _CONTAINERS)
def test_a_few_milliseconds(tmp_path: Path, target: str) -> None:
    clip = clip_with(tmp_path / "in.mov", [Track("pcm_s16le", tone(0.005, 440)[None])])
    assert _carry(clip, tmp_path / target).mode in (AudioMode.COPIED, AudioMode.ENCODED)
    assert 0.005 <= len(heard(tmp_path / target)[0]) / RATE_HZ < 0.05


@pytest.mark.parametrize("codec", ["aac", "pcm_s16le"])
def test_sound_that_starts_after_the_end_is_told(tmp_path: Path, codec: str) -> None:
    late = Track(codec, tone(0.5, 440)[None], start_s=Fraction(2))
    clip = clip_with(tmp_path / "in.mkv", [late], seconds=3)
    track = _carry(clip, tmp_path / "out.mp4", until=Fraction(1))
    assert track.mode is AudioMode.LEFT_OUT
    assert track.note == "the clip's sound is left out: there is none in this part of the clip"
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert not container.streams.audio


def test_process_that_breaks_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = clip_with(tmp_path / "in.mov", [Track("pcm_s16le", tone(1, 440)[None])])
    track = AudioTrack(clip, ".mp4")
    assert track._process is not None
    track._process._child.kill()
    with av.open(str(tmp_path / "out.mp4"), "w") as container:
        track.attach(container, Fraction(0))
        assert list(track.packets(None)) == []
        assert not container.streams
    track.close()
    assert track.mode is AudioMode.LEFT_OUT
    assert track.note == "the clip's sound is left out: it cannot be decoded"


def test_process_that_breaks_later(tmp_path: Path) -> None:
    clip = clip_with(tmp_path / "in.mov", [Track("pcm_s16le", tone(8, 440)[None])])
    track = AudioTrack(clip, ".mp4")
    with av.open(str(tmp_path / "out.mp4"), "w") as container:
        track.attach(container, Fraction(0))
        container.mux(list(track.packets(Fraction(1))))
        assert track._process is not None
        track._process._child.kill()
        container.mux(list(track.packets(None)))
    track.close()
    assert track.mode is AudioMode.FAILED
    assert track.note == "the clip's sound could not be carried over completely"
