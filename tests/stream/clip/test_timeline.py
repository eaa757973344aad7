"""Packets without files, so that every order of them can be had."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from av.format import Flags

from bunraku.runtime.source.local_file import open_file
from bunraku.stream.clip.reader import ClipReader
from bunraku.stream.clip.timeline import ClipTimeline

MakeClip = Callable[..., Path]

STEP = 40  # ms of a picture
VIDEO = SimpleNamespace(index=0, type="video", disposition=0)
AUDIO = SimpleNamespace(index=1, type="audio", disposition=0)
SUBTITLE = SimpleNamespace(index=2, type="subtitle", disposition=0)


@dataclass
class FakePacket:
    stream: Any
    dts: int | None
    pts: int | None
    duration: int = STEP
    is_keyframe: bool = False
    time_base: Fraction = Fraction(1, 1000)

    def __bytes__(self) -> bytes:
        return b""


def _video(times_ms: Iterable[int], delay_ms: int = 0) -> list[FakePacket]:
    """Pictures decoded at those times and shown ``delay_ms`` later, the first a key frame."""
    packets = [FakePacket(VIDEO, time, time + delay_ms) for time in times_ms]
    packets[0].is_keyframe = True
    return packets


def _audio(times_ms: Iterable[int], duration: int = 20) -> list[FakePacket]:
    return [FakePacket(AUDIO, time, time, duration) for time in times_ms]


def _follow(packets: Sequence[FakePacket], *, streamed: bool = True) -> list[FakePacket]:
    flags = Flags.ts_discont.value if streamed else 0
    container: Any = SimpleNamespace(format=SimpleNamespace(name="mpegts", flags=flags))
    followed: list[Any] = list(ClipTimeline(container).follow(packets))  # type: ignore[arg-type]
    return followed


def _shown(packets: Iterable[FakePacket], stream: Any = VIDEO) -> list[int | None]:
    return [packet.pts for packet in packets if packet.stream is stream]


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize("start_ms", [1400, 0, 100_000, -5000])
def test_parts_that_start_over_follow_on_each_other(streamed: bool, start_ms: int) -> None:
    part = range(start_ms, start_ms + 1000, STEP)
    packets = _video(part) + _video(part) + _video(part)
    shown = _shown(_follow(packets, streamed=streamed))
    assert shown == list(range(start_ms, start_ms + 3000, STEP))


@pytest.mark.parametrize("jump_ms", [600_000, 9000, -10_000, 95_443_718])
def test_a_jump_of_a_streams_clock_is_closed(jump_ms: int) -> None:
    times = [*range(20_000, 21_000, STEP)]
    packets = _video(times) + _video(time + 1000 + jump_ms for time in times)
    assert _shown(_follow(packets)) == list(range(20_000, 22_000, STEP))


@pytest.mark.parametrize(("pause_ms", "streamed"), [(3000, True), (3000, False), (600_000, False)])
def test_a_pause_is_kept(pause_ms: int, streamed: bool) -> None:
    times = [0, 40, 80, 80 + pause_ms, 120 + pause_ms]
    assert _shown(_follow(_video(times), streamed=streamed)) == times


def test_pictures_may_pause_while_the_sound_goes_on() -> None:
    sound = _audio(range(0, 30_000, 20))
    pictures = _video([0, 40, 20_000, 20_040])
    packets = sorted(sound + pictures, key=lambda packet: packet.dts or 0)
    followed = _follow(packets)
    assert _shown(followed) == [0, 40, 20_000, 20_040]
    assert _shown(followed, AUDIO) == [*range(0, 30_000, 20)]


def test_hours_of_nothing_are_damage_in_any_format() -> None:
    packets = _video([0, 40, 40_000_000, 40_000_040])
    assert _shown(_follow(packets, streamed=False)) == [0, 40, 80, 120]


@pytest.mark.parametrize("start_ms", [0, 200, 600_000])
def test_sound_moves_with_the_pictures_whatever_the_order(start_ms: int) -> None:
    # The last sound of the first part comes after the first pictures of the second, whose sound
    # starts 60 ms before its pictures.
    first_ms = 4000
    packets = [
        *_audio(range(first_ms, first_ms + 900, 20)),
        *_video(range(first_ms, first_ms + 1000, STEP)),
        *_video(range(start_ms + 60, start_ms + 1060, STEP)),
        *_audio(range(first_ms + 900, first_ms + 1000, 20)),
        *_audio(range(start_ms, start_ms + 500, 20)),
    ]
    followed = _follow(packets)
    assert _shown(followed) == list(range(first_ms, first_ms + 2000, STEP))
    # What would be where the first part's sound still is, is left out.
    assert _shown(followed, AUDIO) == list(range(first_ms, first_ms + 1440, 20))


def test_reordered_pictures_keep_their_distance_at_a_joint() -> None:
    """The first part's pictures are shown 80 ms after they are decoded, the second's at once."""
    packets = _video(range(0, 1000, STEP), delay_ms=80) + _video(range(0, 1000, STEP))
    assert _shown(_follow(packets)) == list(range(80, 2080, STEP))


def test_parts_of_one_picture() -> None:
    packets = _video([1400]) + _video([1400]) + _video([1400])
    assert _shown(_follow(packets)) == [1400, 1440, 1480]


def test_guessed_times_of_decoding_may_be_out_of_order() -> None:
    times = [0, 40, 160, 80, 120, 280, 200, 240]
    assert _shown(_follow(_video(times), streamed=False)) == times


@pytest.mark.parametrize("sound_ms", [500, 3000])
def test_both_parts_play_at_their_own_length(sound_ms: int) -> None:
    part = _video(range(0, 1000, STEP)) + _audio(range(0, sound_ms, 20))
    again = [FakePacket(p.stream, p.dts, p.pts, p.duration, p.is_keyframe) for p in part]
    followed = _follow(part + again)
    pictures, sound = _shown(followed), _shown(followed, AUDIO)
    length_ms = max(1000, sound_ms - 100)  # a little of the sound may overlap
    assert pictures == [*range(0, 1000, STEP), *range(length_ms, length_ms + 1000, STEP)]
    assert sound[-1] == length_ms + sound_ms - 20
    assert sound == sorted(set(sound), key=lambda time: time or 0)


def test_packets_without_times_count() -> None:
    part = _video(range(0, 400, STEP))
    for packet in part[7:]:
        packet.pts = packet.dts = None
    shown = _shown(_follow(part + _video(range(0, 400, STEP))))
    assert shown[10:] == list(range(400, 800, STEP))


def test_sound_that_starts_with_the_second_part() -> None:
    packets = _video(range(0, 1000, STEP)) + _video(range(9000, 10_000, STEP)) + _audio([9000])
    followed = _follow(packets)
    assert _shown(followed) == list(range(0, 2000, STEP))
    assert _shown(followed, AUDIO) == [1000]


def test_a_stream_that_begins_before_its_clock_does() -> None:
    """A recording of a broadcast: the first sound at 0, all that follows at the broadcast's."""
    packets = [*_audio([0]), *_video(range(600_000, 601_000, STEP)), *_audio([600_000, 600_020])]
    followed = _follow(packets)
    assert _shown(followed)[0] == 20
    assert _shown(followed, AUDIO) == [0, 20, 40]


def test_subtitles_and_covers_tell_no_time() -> None:
    late = FakePacket(SUBTITLE, 500_000, 500_000, 20_000)
    packets = [*_video(range(0, 400, STEP)), late, *_video(range(400, 800, STEP))]
    assert _shown(_follow(packets)) == list(range(0, 800, STEP))


def _times_s(path: Path) -> list[float]:
    """The times of a clip's pictures, in seconds from the first."""
    with ClipReader(path) as reader:
        times = [frame.time_s for frame in reader.frames()]
        assert reader.loss_s is None
    return [time - times[0] for time in times]


def test_two_readers_of_a_file_find_the_same(tmp_path: Path, make_clip: MakeClip) -> None:
    joined = tmp_path / "joined.ts"
    data = make_clip("a.ts", frames=30, audio="aac").read_bytes()
    joined.write_bytes(data + data)

    def times(kind: str) -> list[float]:
        with open_file(joined) as container:
            return [
                float(packet.dts * packet.time_base)
                for packet in ClipTimeline(container).follow(container.demux())
                if packet.stream.type == kind and packet.dts is not None
            ]

    pictures, sound = times("video"), times("audio")
    assert pictures == times("video")
    assert pictures[-1] - pictures[0] == pytest.approx(59 / 25, abs=1e-3)
    assert sound[-1] - sound[0] == pytest.approx(2.4, abs=0.05)
    assert sound == sorted(sound)


@pytest.mark.parametrize("offset_s", [0, 600, 95_441.8, -0.5])
def test_joined_transport_streams(tmp_path: Path, make_clip: MakeClip, offset_s: float) -> None:
    first = make_clip("a.ts", frames=30, audio="aac")
    options = {"output_ts_offset": str(offset_s)}
    second = make_clip("b.ts", frames=30, audio="aac", options=options)
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes() + first.read_bytes())
    assert _times_s(joined) == pytest.approx([i / 25 for i in range(90)], abs=1e-3)


def test_joined_streams_of_other_numbers(tmp_path: Path, make_clip: MakeClip) -> None:
    first = make_clip("a.ts", frames=30)
    second = make_clip("b.ts", frames=30, options={"mpegts_start_pid": "0x300"})
    joined = tmp_path / "joined.ts"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    assert _times_s(joined)[-1] == pytest.approx(59 / 25, abs=0.05)
