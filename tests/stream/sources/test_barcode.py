from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from bunraku.spec.arrays import Picture
from bunraku.stream.sources.barcode import MAX_NUMBER, draw_code, read_code

NUMBERS = (0, 1, 2, 255, 256, 1023, 12_345, 40_000, MAX_NUMBER)


def _noise(width: int, height: int) -> Picture:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("size", [(24, 16), (64, 48), (100, 31), (333, 250), (512, 512)])
@pytest.mark.parametrize("number", NUMBERS)
def test_reads_what_was_drawn(size: tuple[int, int], number: int) -> None:
    picture = _noise(*size)
    draw_code(picture, number)
    assert read_code(picture) == number
    assert read_code(picture[..., 0]) == number


def test_only_the_upper_edge_is_written() -> None:
    picture = _noise(320, 240)
    before = picture.copy()
    draw_code(picture, 7)
    assert np.array_equal(picture[15:], before[15:])
    assert not np.array_equal(picture[:15], before[:15])


def test_numbers_start_over_after_the_largest() -> None:
    picture = _noise(128, 64)
    draw_code(picture, MAX_NUMBER + 6)
    assert read_code(picture) == 5


@pytest.mark.parametrize("number", NUMBERS)
def test_survives_compression_and_scaling(number: int) -> None:
    picture: Picture = np.asarray(cv2.GaussianBlur(_noise(640, 480), (0, 0), 3), np.uint8)
    draw_code(picture, number)
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=40)
    encoded = np.asarray(Image.open(file), np.uint8)
    small = np.asarray(cv2.resize(encoded, (200, 200), interpolation=cv2.INTER_AREA), np.uint8)
    assert read_code(encoded) == number
    assert read_code(small) == number


def test_one_wrong_bit_anywhere_and_two_of_the_number_are_noticed() -> None:
    wrong = [{cell} for cell in range(2, 24)]
    wrong += [{first, second} for second in range(2, 18) for first in range(2, second)]
    picture = np.zeros((16, 240), np.uint8)
    for cells in wrong:
        draw_code(picture, 12_345)
        for cell in cells:
            bit = picture[:, cell * 10 : cell * 10 + 10]
            bit[:] = 255 - bit
        assert read_code(picture) is None, cells


def test_other_pictures_hold_no_code() -> None:
    assert read_code(_noise(320, 240)) is None
    assert read_code(np.full((240, 320, 3), 128, np.uint8)) is None
    assert read_code(np.zeros((2, 10, 3), np.uint8)) is None


def test_too_narrow_for_a_code() -> None:
    with pytest.raises(ValueError, match="24 pixels"):
        draw_code(np.zeros((16, 23, 3), np.uint8), 0)
