"""Marks as a camera sees them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.stream.bench.mark import MARKS, draw_mark, read_mark


def filmed(picture: np.ndarray, *, blur: float = 1.5, noise: float = 8.0) -> np.ndarray:
    """A screen on a desk: smaller, from the side, blurred, dim and noisy."""
    side = float(len(picture))
    corners = np.array([[0, 0], [side, 0], [side, side], [0, side]], np.float32)
    seen = np.array([[200, 60], [420, 95], [400, 330], [190, 300]], np.float32)
    across = cv2.getPerspectiveTransform(corners, seen)
    flat = cv2.warpPerspective(picture, across, (640, 480), borderValue=(70, 65, 60))
    soft = cv2.GaussianBlur(flat, (0, 0), blur).astype(np.float64) * 0.7 + 20
    soft += np.random.default_rng(0).normal(0, noise, soft.shape)
    return np.clip(soft, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("number", [0, 1, 17, 999])
def test_marks_are_read_from_a_filmed_screen(number: int) -> None:
    assert read_mark(draw_mark(number, 640)) == number
    assert read_mark(filmed(draw_mark(number, 640))) == number


def test_numbers_come_again() -> None:
    assert read_mark(draw_mark(MARKS + 3, 400)) == 3


def test_two_marks_or_none_are_no_number() -> None:
    assert read_mark(np.full((480, 640, 3), 90, np.uint8)) is None
    assert read_mark(np.hstack([draw_mark(4, 300), draw_mark(5, 300)])) is None


def test_a_change_that_is_filmed_half_way_is_one_of_both_or_none() -> None:
    for share in np.linspace(0, 1, 11):
        mixed = share * draw_mark(8, 400) + (1 - share) * draw_mark(9, 400)
        assert read_mark(mixed.astype(np.uint8)) in (8, 9, None)


def test_a_mark_has_pixels() -> None:
    with pytest.raises(ValueError, match="15 pixels"):
        draw_mark(0, 15)
