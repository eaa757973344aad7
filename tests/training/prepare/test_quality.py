from __future__ import annotations

import cv2
import numpy as np
import pytest

from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.training.prepare.quality import (
    Limits,
    blurred,
    inside,
    is_sound,
    overlap,
    person_height,
    sharpness,
)


@pytest.fixture
def noise() -> Picture:
    return np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)


def disc(radius: int, size: int = 64) -> Array:
    return np.asarray(cv2.circle(np.zeros((size, size), np.float32), (32, 32), radius, (1.0,), -1))


def test_sharpness_is_of_detail_not_of_contrast(noise: Picture) -> None:
    whole = np.ones((64, 64), np.float32)
    # A 4-neighbour Laplacian of independent noise has 4² + 4 times its variance.
    assert sharpness(noise, whole) == pytest.approx(20.0, rel=0.1)
    assert sharpness(noise // 4 + 90, whole) == pytest.approx(sharpness(noise, whole), rel=0.05)
    soft = np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.uint8)
    # Of a Gaussian blur by s pixels, 2 / s⁴; rounding to levels is noise again.
    assert sharpness(soft, whole) == pytest.approx(0.125, abs=0.06)
    assert sharpness(np.full_like(noise, 90), whole) == 0.0


def test_sharpness_is_of_the_person(noise: Picture) -> None:
    mask = disc(20)
    picture = np.where(mask[..., None] > 0, np.uint8(90), noise)
    assert sharpness(picture, mask) == 0.0
    assert sharpness(noise, disc(1)) == 0.0


def test_blurred_frames() -> None:
    limits = Limits(sharpness=0.02, sharpness_share=0.4)
    assert blurred([0.01, 0.03], limits) == [True, False]
    assert blurred([0.3, 0.3, 0.11, 0.13, 0.3], limits) == [False, False, True, False, False]


def test_boxes() -> None:
    assert overlap((0.0, 0.0, 2.0, 2.0), (1.0, 0.0, 3.0, 2.0)) == pytest.approx(1.0 / 3.0)
    assert overlap((0.0, 0.0, 2.0, 2.0), (4.0, 4.0, 5.0, 5.0)) == 0.0
    assert person_height((0.0, 0.0, 30.0, 90.0)) == person_height((0.0, 0.0, 90.0, 30.0)) == 90.0


def test_inside_a_window() -> None:
    window = Window.of_box(100, 50, 100)
    assert inside((100.0, 50.0, 200.0, 150.0), window)
    assert inside((98.5, 48.5, 201.5, 151.5), window)
    for box in ((97.0, 60.0, 150.0, 140.0), (120.0, 60.0, 203.0, 140.0)):
        assert not inside(box, window)
    assert not inside((120.0, 47.0, 150.0, 140.0), window)
    assert not inside((120.0, 60.0, 150.0, 153.0), window)


def test_landmarks_and_mask_of_one_person() -> None:
    landmarks = np.full((33, 4), 0.5, np.float32)
    landmarks[:, 3] = 1.0
    assert is_sound(landmarks, disc(8))
    assert not is_sound(landmarks, disc(1))
    landmarks[:8, 0] = 0.9
    assert not is_sound(landmarks, disc(8))
    landmarks[:8, 3] = 0.0  # unseen ones say nothing
    assert is_sound(landmarks, disc(8))
    landmarks[:, 1] = 1.5
    assert not is_sound(landmarks, disc(8))
