from __future__ import annotations

import struct

import numpy as np
import pytest

from bunraku.stream.core.orientation import Turn, fit, resize


def _matrix(a: int, b: int, c: int, d: int) -> bytes:
    one = 1 << 16
    return struct.pack("<9i", a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)


def _numbered() -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)


@pytest.mark.parametrize(("a", "b", "c", "d"), [
    (1, 0, 0, 1), (-1, 0, 0, 1), (1, 0, 0, -1), (-1, 0, 0, -1),
    (0, 1, 1, 0), (0, -1, 1, 0), (0, 1, -1, 0), (0, -1, -1, 0),
])  # fmt: skip
def test_turn_moves_each_pixel_as_the_matrix_says(a: int, b: int, c: int, d: int) -> None:
    picture = _numbered()
    turned = Turn.from_display_matrix(_matrix(a, b, c, d)).apply(picture)

    for y in range(2):
        for x in range(3):
            # Centred coordinates: the matrix turns about the middle, up to a shift.
            cx, cy = 2 * x - 2, 2 * y - 1
            tx, ty = a * cx + c * cy, b * cx + d * cy
            column, row = (tx + turned.shape[1] - 1) // 2, (ty + turned.shape[0] - 1) // 2
            assert (turned[row, column] == picture[y, x]).all()


@pytest.mark.parametrize("quarters", range(-2, 4))
def test_turn_by_degrees_is_counterclockwise(quarters: int) -> None:
    turned = Turn.from_degrees(90.0 * quarters).apply(_numbered())
    assert (turned == np.rot90(_numbered(), quarters)).all()


def test_turn_ignores_a_short_matrix() -> None:
    assert Turn.from_display_matrix(b"") == Turn()


def test_turn_takes_the_nearest_right_angle() -> None:
    skewed = struct.pack("<9i", 3000, -65000, 0, 65000, 3000, 0, 0, 0, 1 << 30)
    assert Turn.from_display_matrix(skewed).transpose


def test_resize_keeps_a_picture_of_the_right_size() -> None:
    picture = _numbered()
    assert resize(picture, 3, 2) is picture


def test_resize_averages_where_it_shrinks() -> None:
    picture = np.zeros((4, 4, 3), np.uint8)
    picture[:, ::2] = 200
    assert (resize(picture, 2, 2) == 100).all()


def test_fit_keeps_proportions_and_fills_with_black() -> None:
    framed = fit(np.full((10, 10, 3), 255, np.uint8), 40, 20)
    assert framed.shape == (20, 40, 3)
    assert (framed[:, 10:30] == 255).all()
    assert (framed[:, :10] == 0).all()
    assert (framed[:, 30:] == 0).all()
