from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.fakes import red, street, with_person

from bunraku.runtime.shade import Shade
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
    plate = make_plate(photo, red(photo)).picture
    assert not red(plate).any()
    assert plate[..., 0].max() <= 160  # the background has no red above 150


def test_a_smooth_background_is_continued() -> None:
    background = ramp((240, 320))
    photo = background.copy()
    photo[60:200, 120:200] = (255, 0, 0)
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200)).picture
    assert np.abs(plate.astype(int) - background).max() <= 8


def test_the_photo_is_untouched_away_from_the_person_and_not_changed() -> None:
    photo = with_person(street(), 100, 60)
    before = photo.copy()
    plate = make_plate(photo, red(photo)).picture
    assert np.array_equal(photo, before)
    far = cv2.dilate(red(photo), np.ones((41, 41))) == 0
    assert np.array_equal(plate[far], photo[far])


def test_a_loose_mask_leaves_no_ghost() -> None:
    photo = ramp((240, 320))
    photo[58:202, 118:202] = (255, 0, 0)  # the mask misses two pixels all around
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200)).picture
    assert not red(plate).any()


def test_the_fill_has_the_photos_grain() -> None:
    grain = np.random.default_rng(0).normal(0, 6, (240, 320, 1))
    photo = np.clip(128 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    plate = make_plate(photo, block((240, 320), 60, 200, 120, 200)).picture
    filled = plate[80:180, 140:180].astype(float)
    assert filled.std() == pytest.approx(6.0, rel=0.35)
    smooth = make_plate(np.full_like(photo, 128), block((240, 320), 60, 200, 120, 200)).picture
    assert np.abs(smooth.astype(int) - 128).max() <= 1


def test_what_stands_close_beside_the_person_stays() -> None:
    background = np.full((320, 320, 3), 160, np.uint8)
    background[:240, 198:202] = (40, 160, 60)  # a post
    photo = background.copy()
    photo[20:, 130:190] = (255, 0, 0)
    plate = make_plate(photo, block((320, 320), 20, 320, 130, 190)).picture
    assert np.array_equal(plate[30:230, 198:202], background[30:230, 198:202])


def test_no_strand_of_hair_is_left_or_copied() -> None:
    grain = np.random.default_rng(0).normal(0, 1, (240, 320, 1))
    photo = np.clip(160 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    photo[40:220, 130:190] = (20, 10, 10)
    for row in range(60, 140, 12):
        photo[row, 118:130] = (70, 60, 60)
    plate = make_plate(photo, block((240, 320), 40, 220, 130, 190)).picture
    assert plate.min() >= 150


def stripes(shape: tuple[int, int]) -> Picture:
    """A wall of upright planks, 10 pixels each, over a light floor."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    wall = np.where(x // 5 % 2, 150, 90)
    grey = np.where(y < shape[0] * 3 // 4, wall, 200)
    return np.asarray(np.repeat(grey[..., None], 3, 2), np.uint8)


def test_texture_is_continued_and_not_smeared() -> None:
    background = stripes((240, 320))
    photo = background.copy()
    photo[60:220, 133:187] = (255, 0, 0)
    plate = make_plate(photo, block((240, 320), 60, 220, 133, 187)).picture
    wall = plate[64:170, 135:185, 0].astype(float)
    assert wall.std() == pytest.approx(background[64:170, 135:185, 0].std(), rel=0.1)
    apart = np.abs(plate[60:220, 133:187].astype(int) - background[60:220, 133:187])
    assert (apart.max(-1) <= 12).mean() >= 0.9  # the planks stand where they did
    assert np.abs(plate[190:, 135:185].astype(int) - 200).max() <= 8


def test_the_same_photo_gives_the_same_plate() -> None:
    photo = with_person(street(), 100, 60)
    first, second = (make_plate(photo, red(photo)).picture for _ in range(2))
    assert np.array_equal(first, second)


def test_a_person_who_leaves_little_to_copy_is_filled_smoothly() -> None:
    photo = np.repeat(stripes((240, 320))[..., :1], 3, 2)
    photo[8:, 8:312] = (255, 0, 0)
    plate = make_plate(photo, block((240, 320), 8, 240, 8, 312)).picture
    assert not red(plate).any()
    assert plate[30:, 40:280].astype(float).std(1).max() < 30.0


def test_of_several_people_the_others_stay() -> None:
    photo = with_person(with_person(street(), 60, 60), 200, 60)
    mask = red(photo).astype(np.float32)
    mask[:, 160:] = 0.0
    plate = make_plate(photo, mask).picture
    assert np.array_equal(plate[:, 180:], photo[:, 180:])
    assert not red(plate)[:, :150].any()


def test_a_large_photo_is_filled_at_its_own_resolution() -> None:
    grain = np.random.default_rng(0).normal(0, 20, (1200, 1600, 1))
    photo = np.clip(128 + grain + np.zeros(3), 0, 255).astype(np.uint8)
    plate = make_plate(photo, block((1200, 1600), 300, 1200, 600, 1000)).picture
    assert plate[400:1100, 700:900].astype(float).std() == pytest.approx(20.0, rel=0.15)


def test_without_a_person_or_without_a_background() -> None:
    photo = street()
    empty = make_plate(photo, np.zeros((240, 320), np.float32))
    assert np.array_equal(empty.picture, photo)
    assert empty.shadow is None
    everywhere = make_plate(photo, np.ones((240, 320), np.float32)).picture
    assert everywhere.shape == photo.shape
    assert everywhere.std(axis=(0, 1)).max() < 1.0


@pytest.mark.parametrize("shape", [(70, 66), (300, 64), (64, 300)])
def test_any_shape_and_a_person_at_the_edge(shape: tuple[int, int]) -> None:
    photo = ramp(shape)
    plate = make_plate(photo, block(shape, 20, shape[0], 0, 30)).picture
    assert plate.shape == photo.shape


def test_nobody_else_is_copied_into_the_hole() -> None:
    photo = ramp((240, 320))
    for left in range(10, 310, 24):  # a row of people, whom patches would go on with
        photo[:, left : left + 10] = (0, 255, 0)
    everybody = (photo[..., 1] == 255).astype(np.float32)
    photo[60:220, 130:170] = (255, 0, 0)
    mask = block((240, 320), 60, 220, 130, 170)
    assert make_plate(photo, mask).picture[64:216, 134:166, 1].max() > 250
    plate = make_plate(photo, mask, everybody).picture
    assert plate[64:216, 134:166, 1].max() < 200
    assert np.array_equal(plate[:, 178:], photo[:, 178:])  # who stays is whole


def test_the_shadow_goes_with_the_person() -> None:
    background = np.full((240, 320, 3), (150, 140, 120), np.uint8)
    photo = background.astype(np.float32)
    shade = cv2.ellipse(np.zeros((240, 320), np.float32), (190, 200), (35, 10), 0, 0, 360, 1.0, -1)
    photo *= 1.0 - 0.3 * cv2.GaussianBlur(shade, (0, 0), 4.0)[..., None]
    photo[50:205, 140:180] = (255, 0, 0)
    plate = make_plate(photo.astype(np.uint8), block((240, 320), 50, 205, 140, 180)).picture
    assert np.abs(plate.astype(int) - background).max() <= 16
    assert np.abs(plate.astype(int) - background).mean() <= 1.0


def test_a_thing_beside_the_person_is_not_there_twice() -> None:
    photo = np.full((240, 320, 3), 130, np.uint8)
    photo[80:150, 200:240] = (240, 230, 60)  # a picture on the wall that the person touches
    photo[60:220, 130:205] = (255, 0, 0)
    plate = make_plate(photo, block((240, 320), 60, 220, 130, 205)).picture
    yellow = (plate[..., 0] > 200) & (plate[..., 2] < 100)
    assert not yellow[:, :185].any()
    assert not yellow[160:].any()


def test_the_shadow_that_was_removed_gives_the_photo_back() -> None:
    height, width = 480, 640
    there = np.zeros((height, width), np.float32)
    cv2.ellipse(there, (370, 400), (80, 28), 0, 0, 360, 1.0, -1)
    light = 1.0 - 0.35 * cv2.GaussianBlur(there, (0, 0), 10.0)[..., None]
    grain = np.random.default_rng(0).normal(0, 2, (height, width, 1))
    photo = np.clip((150.0 + grain) * light * np.ones(3), 0, 255).astype(np.uint8)
    photo[100:400, 290:350] = (200, 30, 30)
    plate = make_plate(photo, block((height, width), 100, 400, 290, 350))
    assert plate.shadow is not None
    beside = np.s_[370:430, 370:420]
    assert plate.picture[beside].mean() > photo[beside].mean() + 20
    back = plate.picture.copy()
    landmarks, rest = np.full((33, 4), 320.0, np.float32), np.zeros((3, 2), np.float32)
    Shade.of(plate.shadow, landmarks).throw(back, rest)
    difference = np.abs(back.astype(int) - photo).max(2)
    difference[80:420, 270:370] = 0  # the person, and what is filled
    assert difference.max() <= 2
