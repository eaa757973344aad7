from __future__ import annotations

import numpy as np
import pytest

from bunraku.stream.clip.sound_child import UNKNOWN, Samples
from bunraku.stream.clip.sound_timeline import blocks

_RATE_HZ = 1000  # so that 50 samples are the tolerance, and ten seconds 10,000


def _ones(count: int, value: float = 1) -> Samples:
    return np.full((count, 1), value, np.float32)


def _placed(pieces: list[tuple[int, Samples]], origin: int = 0) -> tuple[list[int], list[float]]:
    """When the blocks start, and the samples of all of them."""
    found = list(blocks(pieces, origin, _RATE_HZ, 100))
    assert all(len(block) == 100 for _, block in found[:-1])
    return [time for time, _ in found], [float(x) for _, block in found for x in block[:, 0]]


def test_pieces_follow_each_other() -> None:
    times, samples = _placed([(0, _ones(150)), (150, _ones(80)), (UNKNOWN, _ones(20, 2))])
    assert times == [0, 100, 200]
    assert samples == [1.0] * 230 + [2.0] * 20


def test_coarse_times_are_no_gaps() -> None:
    times, samples = _placed([(0, _ones(100)), (126, _ones(100)), (174, _ones(100))])
    assert times == [0, 100, 200]
    assert samples == [1.0] * 300


def test_gaps_are_silent() -> None:
    times, samples = _placed([(0, _ones(50)), (300, _ones(50))])
    assert times == [0, 100, 200, 300]
    assert samples == [1.0] * 50 + [0.0] * 250 + [1.0] * 50


def test_long_gaps_are_no_silence() -> None:
    times, samples = _placed([(0, _ones(50)), (1 << 50, _ones(50))])
    assert times == [0, 1 << 50]
    assert samples == [1.0] * 50 + [0.0] * 50 + [1.0] * 50


def test_what_overlaps_is_left_out() -> None:
    times, samples = _placed([(0, _ones(200)), (100, _ones(150, 2)), (20, _ones(10, 3))])
    assert times == [0, 100, 200]
    assert samples == [1.0] * 200 + [2.0] * 50


@pytest.mark.parametrize("origin", [100, 130])
def test_what_is_before_the_origin_is_left_out(origin: int) -> None:
    pieces = [(0, _ones(100)), (100, _ones(100, 2))]
    times, samples = _placed(pieces, origin)
    assert times == [0]
    assert samples == [2.0] * (200 - origin)


def test_a_late_start_is_kept() -> None:
    assert _placed([(70, _ones(10))])[0] == [70]


def test_no_sound() -> None:
    assert _placed([]) == ([], [])
