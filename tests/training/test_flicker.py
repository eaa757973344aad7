from __future__ import annotations

import numpy as np
import pytest

from bunraku.spec.arrays import Array, Picture
from bunraku.training.flicker import FlickerMeter, Trembling, second_difference


def grey(level: int) -> Picture:
    return np.full((8, 10, 3), level, np.uint8)


def meter(results: list[int], true: list[int], alpha: Array | None) -> Trembling:
    made = FlickerMeter()
    for a, b in zip(results, true, strict=True):
        made.add(grey(a), grey(b), alpha)
    return made.trembling


EVERYWHERE = np.ones((8, 10), np.float32)


def test_even_change_is_no_trembling() -> None:
    found = meter([10, 20, 30, 40], [0, 51, 0, 51], EVERYWHERE)
    assert found.ratio == 0.0
    # 0, 51, 0: the second difference is 102 of 255, and so for 51, 0, 51.
    assert found.means is not None
    assert found.means[0] == 0.0
    assert found.means[1] == pytest.approx(0.4)


def test_twice_the_trembling() -> None:
    found = meter([100, 120, 100, 120], [100, 110, 100, 110], EVERYWHERE)
    assert found.ratio == pytest.approx(2.0)
    assert found.weight == 2 * 80


def test_bytes_do_not_wrap() -> None:
    assert second_difference(grey(255), grey(0), grey(255)) == pytest.approx(2.0)
    assert second_difference(grey(0), grey(255), grey(0)) == pytest.approx(2.0)


def test_only_the_person_counts() -> None:
    made = FlickerMeter()
    left = np.zeros((8, 10), np.float32)
    left[:, :5] = 1.0
    for level in (0, 90, 0):
        result, true = grey(50), grey(level)
        result[:, 5:] = level
        made.add(result, true, left)
    assert made.trembling.ratio == 0.0


def test_frames_without_a_person_are_left_out() -> None:
    made = FlickerMeter()
    for level, alpha in ((0, EVERYWHERE), (90, None), (0, EVERYWHERE), (0, EVERYWHERE)):
        made.add(grey(level), grey(level), alpha)
    assert made.trembling.weight == 80  # of the second of two triples alone
    assert made.trembling.ratio == 1.0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_short_to_tell(count: int) -> None:
    found = meter([0] * count, [0] * count, EVERYWHERE)
    assert found.ratio is None
    assert found.means is None


def test_a_still_clip_tells_nothing() -> None:
    assert meter([0, 9, 0], [7, 7, 7], EVERYWHERE).ratio is None


def test_sum() -> None:
    both = Trembling(1.0, 2.0, 10.0) + Trembling(5.0, 2.0, 30.0)
    assert both == Trembling(6.0, 4.0, 40.0)
    assert both.ratio == 1.5
