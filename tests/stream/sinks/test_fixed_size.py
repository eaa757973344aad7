from __future__ import annotations

import numpy as np
import pytest

from bunraku.spec.arrays import Picture
from bunraku.stream.core.encoding import to_i420
from bunraku.stream.sinks.fixed_size import OutputTimeline, SizeFitter


def _grey(width: int, height: int, level: int = 200) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def test_the_first_picture_sets_the_size() -> None:
    fitter = SizeFitter()
    first = _grey(64, 48)
    assert fitter.fit(first) is first
    placed = fitter.fit(_grey(48, 64))
    assert placed.shape == (48, 64, 3)
    assert placed[24, 32].tolist() == [200, 200, 200]
    assert placed[24, 2].tolist() == [0, 0, 0]  # a bar


def test_sizes_are_even_and_never_too_large() -> None:
    fitter = SizeFitter()
    assert fitter.fit(_grey(33, 31)).shape == (32, 34, 3)
    assert fitter.size == (34, 32)
    assert (fitter.fit(_grey(33, 31)) == 200).all()  # no bars

    large = SizeFitter()
    large.fit(_grey(9000, 100))
    assert large.size == (4096, 46)


def test_i420_of_the_size_stays_i420() -> None:
    fitter, planes = SizeFitter(), to_i420(_grey(33, 31))
    assert fitter.fit(planes) is planes
    assert fitter.size == (34, 32)
    other = fitter.fit(to_i420(_grey(64, 16)))
    assert other.shape == (32, 34, 3)
    assert np.abs(other[16].astype(int) - 200).max() <= 2


def test_a_given_size_is_kept() -> None:
    fitter = SizeFitter((320, 240))
    assert fitter.fit(_grey(64, 48)).shape == (240, 320, 3)
    assert fitter.size == (320, 240)


@pytest.mark.parametrize(
    ("readings_s", "times_ms"),
    [
        ([100.0, 100.04, 100.1], [0, 40, 100]),
        ([5.0, 5.0, 5.0002], [0, 1, 2]),  # always later
        ([5.0, 5.1, 5.05, 5.2], [0, 100, 101, 200]),  # one late frame
        ([0.0, 2.0, 0.0, 0.04], [0, 2000, 2033, 2073]),  # a clip starts over
    ],
)
def test_time_goes_on(readings_s: list[float], times_ms: list[int]) -> None:
    timeline = OutputTimeline(33)
    assert [timeline.at_ms(reading) for reading in readings_s] == times_ms
    assert timeline.last_ms == times_ms[-1]
