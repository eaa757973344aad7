"""How hips and thighs go on beneath a hand."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.hidden import down_to_the_end, straight_on

N = 60
ROWS, COLUMNS = np.indices((N, N))


def test_what_is_seen_goes_straight_on_beneath_a_hand() -> None:
    hand = (ROWS >= 30) & (COLUMNS < ROWS - 5)
    seen = (COLUMNS >= 20) & ~hand
    found = straight_on(seen, hand, np.array([0.0, 40.0]))
    assert (found == (hand & (COLUMNS >= 20))).all()


def test_it_leans_as_the_trunk_does() -> None:
    seen = (ROWS == 29) & (COLUMNS >= 20) & (COLUMNS < 40)
    found = straight_on(seen, ~seen, np.array([-10.0, 20.0]))
    assert found[40, 16:33].all()
    assert not found[40, :14].any()
    assert not found[40, 36:].any()


def test_it_ends_after_so_many_rows_and_where_nothing_hides_it() -> None:
    seen = ROWS < 20
    hand = (ROWS >= 20) & ((ROWS < 25) | (COLUMNS >= 30))
    found = straight_on(seen, hand, np.array([0.0, 12.0]))
    assert found[20:25].all()
    assert not found[25:, :30].any()
    assert found[30, 30:].all()
    assert not found[32:].any()


def test_beneath_a_hand_beside_it_is_nothing() -> None:
    seen = COLUMNS >= 40
    found = straight_on(seen, (COLUMNS < 40) & (ROWS > 10), np.array([0.0, 40.0]))
    assert not found.any()


def test_who_lies_has_nothing_below() -> None:
    seen = ROWS < 20
    assert not straight_on(seen, ~seen, np.array([30.0, 20.0])).any()


def test_what_is_seen_again_below_the_hand_is_left_to_that() -> None:
    inside = ROWS < 50
    low, high = (ROWS > 28) & (ROWS < 49), (ROWS > 19) & (ROWS < 40)
    left, right = COLUMNS < 20, COLUMNS > 30
    assert (down_to_the_end(low & left | high & right, inside) == (low & left)).all()
