"""Who looks how, in painted frames."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.pose.appearance import Appearance
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HEAD,
    LANDMARKS,
    LEFT_HIP,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_SHOULDER,
)

RED, BLUE, SKIN = (180, 30, 30), (30, 30, 180), (200, 150, 120)


def person(x: float, shirt: tuple[int, int, int]) -> tuple[Picture, Array]:
    """A frame with somebody at x, and their landmarks."""
    frame = np.full((200, 300, 3), 90, np.uint8)
    frame[60:160, max(0, round(x) - 30) : max(0, round(x) + 30)] = shirt
    frame[20:55, max(0, round(x) - 18) : max(0, round(x) + 18)] = SKIN
    points = np.zeros((LANDMARKS, 3), np.float32)
    points[list(HEAD), :2] = x, 38
    points[list(HEAD)[:2], 0] = x - 12, x + 12
    points[LEFT_SHOULDER, :2], points[RIGHT_SHOULDER, :2] = (x + 28, 65), (x - 28, 65)
    points[LEFT_HIP, :2], points[RIGHT_HIP, :2] = (x + 24, 155), (x - 24, 155)
    return frame, points


def test_clothes_tell_people_apart_wherever_they_are() -> None:
    known = Appearance()
    known.learn(*person(100, RED), 0.0)
    assert known.likeness(*person(180, RED)) > 0.95
    assert known.likeness(*person(180, BLUE)) < 0.65


def test_a_little_more_light_changes_nobody() -> None:
    known = Appearance()
    known.learn(*person(100, RED), 0.0)
    frame, points = person(100, RED)
    lighter = np.clip(frame * 1.1, 0, 255).astype(np.uint8)
    assert known.likeness(lighter, points) > 0.85


def test_what_the_frame_does_not_show_is_not_compared() -> None:
    known = Appearance()
    assert known.likeness(*person(100, RED)) == 1.0
    known.learn(*person(100, RED), 0.0)
    assert known.likeness(*person(-500, BLUE)) == 1.0
    frame, points = person(100, RED)
    points[:, 0] = np.nan
    assert known.likeness(frame, points) == 1.0


def test_looks_that_change_slowly_are_learned() -> None:
    known = Appearance()
    for k in range(90):
        known.learn(*person(100, RED if k < 30 else BLUE), k / 8)
    assert known.likeness(*person(100, BLUE)) > 0.9
