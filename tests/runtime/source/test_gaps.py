from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.source.akimbo import BACKGROUND, akimbo

from bunraku.runtime.source.gaps import find_gaps
from bunraku.spec.landmarks import LEFT_ELBOW


@pytest.mark.parametrize("side", [256, 400])
def test_background_that_an_arm_encloses_is_found(side: int) -> None:
    window, mask, landmarks, gap = akimbo()
    window = np.asarray(cv2.resize(window, (side, side)), np.uint8)
    mask, wanted = (
        np.asarray(cv2.resize(one.astype(np.float32), (side, side)), np.float32)
        for one in (mask, gap)
    )
    found = find_gaps(window, mask, landmarks)
    assert found.shape == mask.shape
    assert found[wanted > 0.9].mean() > 0.95
    assert found[wanted < 0.1].max() < 0.5


def test_clothes_between_arm_and_trunk_are_no_gap() -> None:
    window, mask, landmarks, gap = akimbo()
    window[gap] = window[150, 128]  # a wide shirt
    assert find_gaps(window, mask, landmarks).max() == 0.0


def test_who_wears_the_backgrounds_colour_is_not_cut_in_pieces() -> None:
    window, mask, landmarks, gap = akimbo(shirt=BACKGROUND)
    found = find_gaps(window, mask, landmarks)
    assert found[(mask > 0.5) & ~gap].mean() < 0.05


def test_an_arm_that_is_not_seen_encloses_nothing() -> None:
    window, mask, landmarks, _ = akimbo()
    landmarks[LEFT_ELBOW, 3] = 0.2
    assert find_gaps(window, mask, landmarks).max() == 0.0


def test_a_person_who_fills_the_window_has_none() -> None:
    window, mask, landmarks, _ = akimbo()
    assert find_gaps(window, np.ones_like(mask), landmarks).max() == 0.0


def test_landmarks_far_outside_do_no_harm() -> None:
    window, mask, landmarks, _ = akimbo()
    landmarks[:, :2] = 1e6
    assert find_gaps(window, mask, landmarks).max() == 0.0
