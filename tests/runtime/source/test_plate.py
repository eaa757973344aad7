from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.fakes import red, street, with_person

from bunraku.runtime.source.plate import make_plate
from bunraku.spec.arrays import Array, Picture


def block(shape: tuple[int, int], y0: int, y1: int, x0: int, x1: int) -> Array:
    mask = np.zeros(shape, np.float32)
    mask[y0:y1, x0:x1] = 1.0
    return mask


def ramp(shape: tuple[int, int]) -> Picture:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    picture = np.stack([60 + x // 4, 80 + y // 4, np.full(shape, 120)], -1)
    return np.asarray(picture, np.uint8)


def test_nothing_of_the_person_is_left() -> None:
    photo = with_person(street(), 100, 60)
    plate = make_plate(photo, red(photo))
    assert not red(plate).any()
    assert plate[..., 0].max() <= 160  # the background has no red above 150


def test_a_smooth_background_is_continued() -> None:
    background = ramp((240, 320))
    photo = background.copy()
    photo[60:200, 120:200] = (255, 0, 0)
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200))
    assert np.abs(plate.astype(int) - background).max() <= 8


def test_the_photo_is_untouched_away_from_the_person_and_not_changed() -> None:
    photo = with_person(street(), 100, 60)
    before = photo.copy()
    plate = make_plate(photo, red(photo))
    assert np.array_equal(photo, before)
    far = cv2.dilate(red(photo), np.ones((41, 41))) == 0
    assert np.array_equal(plate[far], photo[far])


def test_a_loose_mask_leaves_no_ghost() -> None:
    photo = ramp((240, 320))
    photo[58:202, 118:202] = (255, 0, 0)  # the mask misses two pixels all around
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200))
    assert not red(plate).any()


def test_the_fill_has_the_photos_grain() -> None:
    grain = np.random.default_rng(0).normal(0, 6, (240, 320, 1))
    photo = np.clip(128 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200))
    filled = plate[80:180, 140:180].astype(float)
    assert filled.std() == pytest.approx(6.0, rel=0.35)
    smooth = make_plate(np.full_like(photo, 128), block((240, 320), 60, 200, 120, 200))
    assert np.abs(smooth.astype(int) - 128).max() <= 1


def test_without_a_person_or_without_a_background() -> None:
    photo = street()
    assert np.array_equal(make_plate(photo, np.zeros((240, 320), np.float32)), photo)
    everywhere = make_plate(photo, np.ones((240, 320), np.float32))
    assert everywhere.shape == photo.shape
    assert everywhere.std(axis=(0, 1)).max() < 1.0


@pytest.mark.parametrize("shape", [(70, 66), (300, 64), (64, 300)])
def test_any_shape_and_a_person_at_the_edge(shape: tuple[int, int]) -> None:
    photo = ramp(shape)
    plate = make_plate(photo, block(shape, 20, shape[0], 0, 30))
    assert plate.shape == photo.shape
