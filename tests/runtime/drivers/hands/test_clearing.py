"""What an outline counts among a hand that shows the wall."""

from __future__ import annotations

import numpy as np
from tests.runtime.drivers.hands.photos import INSIDE, LENGTH, POINTS, SKIN, drawn_hand

from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.hands.clearing import kept_of_hand
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.spec.arrays import Picture

HAND = drawn_hand()
MITTEN = grown(HAND, 6)


def before(wall: tuple[int, int, int]) -> Picture:
    """The hand before a wall, with a fine grain."""
    colours = np.where(HAND[..., None], np.asarray(SKIN), np.array(wall))
    grain = np.random.default_rng(0).normal(0.0, 2.0, colours.shape)
    return np.clip(colours + grain, 0, 255).astype(np.uint8)


def kept(window: Picture) -> np.ndarray:
    place = HandPlace.of(POINTS, MITTEN, window)
    return kept_of_hand(place, MITTEN, MITTEN, window)


def test_the_wall_between_fingers_is_not_carried_along() -> None:
    result = kept(before((90, 120, 200)))
    fingers = np.arange(len(HAND))[:, None] < POINTS[5:18:4, 1].min()
    assert result[MITTEN & ~grown(HAND, 2) & fingers].mean() < 0.05
    assert result[HAND].mean() > 0.93
    assert (result[~MITTEN] == 1.0).all()


def test_dark_lines_between_fingers_before_a_dark_wall_are_shade() -> None:
    window = before((60, 45, 40))
    lines = np.zeros_like(HAND)
    top, wrist = int(POINTS[9, 1]), int(POINTS[0, 1])
    between = int(POINTS[[9, 13], 0].mean())
    lines[top:wrist, between : between + 2] = True
    lines &= HAND
    window[lines] = window[~MITTEN][: lines.sum()]
    assert kept(window)[lines].mean() > 0.9


def test_the_arm_behind_the_wrist_is_left_alone() -> None:
    result = kept(before((90, 120, 200)))
    behind = np.arange(len(HAND))[:, None] > POINTS[0, 1] + 0.3 * LENGTH
    assert (result[MITTEN & behind] == 1.0).all()


def test_before_a_wall_of_the_hands_own_colour_all_is_kept() -> None:
    r, g, b = (int(c) for c in SKIN)
    assert kept(before((r, g, b))).min() == 1.0


def test_where_no_wall_is_seen_all_is_kept() -> None:
    window = before((90, 120, 200))
    place = HandPlace.of(POINTS, INSIDE, window)
    everywhere = np.ones_like(MITTEN)
    assert kept_of_hand(place, MITTEN, everywhere, window).min() == 1.0
