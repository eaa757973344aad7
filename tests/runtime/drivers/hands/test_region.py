"""Where a hand is that was drawn by code, by its points."""

from __future__ import annotations

import numpy as np
from tests.runtime.drivers.hands.photos import INSIDE, LENGTH, POINTS, SKIN, WINDOW, drawn_hand

from bunraku.runtime.drivers.hands.region import HandPlace


def test_a_hand_before_clothes_is_found_to_a_pixel() -> None:
    place = HandPlace.of(POINTS, INSIDE, WINDOW)
    hand = drawn_hand()
    assert abs(place.length - LENGTH) < 1.0
    assert (place.pixels & hand).sum() > 0.97 * hand.sum()
    assert (place.flesh & hand).sum() > 0.97 * hand.sum()
    assert (place.flesh & ~hand).sum() < 0.05 * hand.sum()


def test_between_fingers_it_is_the_hands_but_does_not_show_it() -> None:
    window = WINDOW.copy()
    row = int(POINTS[10, 1])
    left, right = sorted((int(POINTS[6, 0]), int(POINTS[10, 0])))
    gap = slice(row - 6, row + 6), slice((left + right) // 2, (left + right) // 2 + 2)
    assert not drawn_hand()[gap].any()
    window[gap] = 8
    place = HandPlace.of(POINTS, INSIDE, window)
    assert not place.flesh[gap].any()
    assert place.pixels[gap].mean() > 0.8


def test_the_arm_behind_the_wrist_is_not_the_hand() -> None:
    window = WINDOW.copy()
    wrist = POINTS[0, :2].astype(int)
    window[wrist[1] :, wrist[0] - 9 : wrist[0] + 9] = SKIN
    place = HandPlace.of(POINTS, INSIDE, window)
    assert not place.pixels[wrist[1] + int(0.3 * LENGTH) :].any()


def test_beyond_the_person_and_the_window_there_is_no_hand() -> None:
    nobody = HandPlace.of(POINTS, np.zeros_like(INSIDE), WINDOW)
    assert not nobody.pixels.any()
    away = HandPlace.of(POINTS + np.float32(1000.0), INSIDE, WINDOW)
    assert not away.pixels.any()
    assert not away.flesh.any()


def test_a_palm_that_points_at_the_camera_is_as_long_as_its_fingers_say() -> None:
    points = POINTS.copy()
    palm = points[[5, 9, 13, 17]].mean(0) - points[0]
    points[1:] -= 0.7 * palm
    assert HandPlace.of(points, INSIDE, WINDOW).length > 0.75 * LENGTH
