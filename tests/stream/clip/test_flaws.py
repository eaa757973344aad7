from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bunraku.stream.clip.flaws import Flaws
from bunraku.stream.clip.reader import ClipReader

MakeClip = Callable[..., Path]
STEP_S = 0.04


def packet(index: float, *, corrupt: bool = False, discard: bool = False) -> Any:
    told = {"pts": round(index * 40), "time_base": Fraction(1, 1000)}
    return SimpleNamespace(**told, is_corrupt=corrupt, is_discard=discard)


def flaws(packets: Sequence[Any], shown: Sequence[float], *, flawed: Sequence[float] = ()) -> Flaws:
    """What all packets cost of which these frames come out, in numbers of frames."""
    found = Flaws()
    for one in packets:
        found.read(one)
    for index in shown:
        found.decoded(index * STEP_S, STEP_S, flawed=index in flawed)
    return found


def test_a_whole_clip_and_a_pause_are_no_damage() -> None:
    numbers = [0, 1, 2, 60, 61]
    found = flaws([packet(number) for number in numbers], numbers)
    assert found.words(0) is None


def test_second_fields_and_frames_that_are_never_shown_are_none() -> None:
    packets = [packet(number) for number in (0, 0.5, 1, 1.02, 2, 2.5, 3)]
    packets += [packet(-2, discard=True), packet(-1, discard=True)]
    assert flaws(packets, [0, 1, 2, 3]).words(0) is None


def test_a_gap_beside_damage() -> None:
    packets = [packet(number) for number in (0, 1, 2)] + [packet(8, corrupt=True), packet(9)]
    found = flaws(packets, [0, 1, 2, 8, 9], flawed=[8])
    assert (found.missing, found.flawed) == (5, 1)
    assert found.words(2) == "2 parts cannot be decoded, 5 frames are missing, 1 frame has flaws"


def test_packets_that_nothing_came_of() -> None:
    """As decoders of HEVC pass over them, and over what came before the first key frame."""
    packets = [packet(number) for number in range(12)]
    assert flaws(packets, [0, 1, 2, 4, 5]).missing == 1
    assert flaws(packets, [3, 4, 5, 10, 11]).missing == 3 + 4


def test_damaged_times_that_go_back_count_once() -> None:
    packets = [packet(number) for number in range(12)]
    assert flaws(packets, [0, 1, 9, 2, 10, 11], flawed=[9, 2]).missing == 7


def test_a_container_that_does_not_say_when_frames_are_shown() -> None:
    found = Flaws()
    found.failed()
    found.decoded(None, STEP_S, flawed=False)
    assert found.words(1) == "1 part cannot be decoded"


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [(0.5, 0.6, "frames are missing"), (0.0, 0.4, "frames are missing"), (0.0, 0.0, None)],
)
def test_a_broadcast_with_a_hole(
    make_clip: MakeClip, start: float, end: float, told: str | None
) -> None:
    """Packets that were not received are told of, though nothing fails to decode."""
    options = {"x264-params": "keyint=12:bframes=2"}
    path = make_clip("clip.ts", frames=60, size=(160, 120), options=options)
    data = path.read_bytes()
    first, last = (round(len(data) * at) // 188 * 188 for at in (start, end))
    path.write_bytes(data[:first] + data[last:])
    with ClipReader(path) as reader:
        assert reader.damage is None
        frames = len(list(reader.frames()))
        assert reader.unreadable == 0
        if told is None:
            assert reader.damage is None
        else:
            assert told in str(reader.damage)
            assert 0 < reader.flaws.missing <= 61 - frames
