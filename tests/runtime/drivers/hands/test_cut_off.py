from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.hands.cut_off import LITTLE, MUCH, CutOff, lacks_palm
from bunraku.spec.arrays import Array

N = 64
VIEW = np.ones((N, N), np.bool_)
VIEW[40:] = False


def column(top: float) -> Array:
    """A hand of a hundred vertices, ten pixels long, from this row down."""
    rows = top + np.linspace(0.0, 10.0, 100)
    return np.stack([np.full(100, 20.0), rows, np.zeros(100)], 1).astype(np.float32)


def test_what_is_missing_is_missed_as_far_as_it_comes_into_view() -> None:
    cut = CutOff.of(column(35.0), VIEW)
    assert cut is not None
    assert cut.missing.mean() == pytest.approx(0.55, abs=0.02)
    missed = [cut.missed(column(35.0 - by)) for by in (0.0, 0.3, 0.8, 2.0, 10.0)]
    assert missed == sorted(missed)
    assert missed[:2] == [0.0, 0.0]
    assert 0.0 < missed[2] < 1.0
    assert missed[3:] == [1.0, 1.0]
    assert cut.missed(column(50.0)) == 0.0  # out of the photo nobody sees it
    assert cut.missed(column(-30.0)) == 0.0
    assert cut.missed(column(500.0)) == 0.0


def test_a_hand_that_lies_in_the_photo_is_not_cut() -> None:
    assert CutOff.of(column(10.0), VIEW) is None
    assert CutOff.of(column(31.5), VIEW) is None  # tips of fingers
    assert LITTLE < MUCH


def test_what_lies_beyond_the_window_is_beyond_the_photo_too() -> None:
    whole = np.ones((N, N), np.bool_)
    for top in (-8.0, N - 2.0):
        cut = CutOff.of(column(top), whole)
        assert cut is not None
        assert cut.missed(column(20.0)) == 1.0


def test_of_a_hand_behind_the_other_arm_the_palm_is_lacking() -> None:
    hand, along = column(10.0), np.linspace(0.0, 2.0, 100, dtype=np.float32)
    palm, fingers = np.zeros((N, N), np.float32), np.zeros((N, N), np.float32)
    palm[8:16], fingers[15:24] = 1.0, 1.0
    every = np.ones(100, np.bool_)
    assert not lacks_palm(hand, every, along, palm)
    assert lacks_palm(hand, every, along, fingers)
    assert not lacks_palm(hand, along > 0.9, along, fingers)  # the rest is the forearm's
