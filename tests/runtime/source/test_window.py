from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.source.window import Window, crop, crop_part, uncrop


def test_window_units_are_of_pixel_edges() -> None:
    window = Window.of_box(10, 20, 100)
    points = np.array([[9.5, 19.5, -50.0, 0.5], [59.5, 69.5, 0.0, 1.0], [10.0, 119.5, 1.0, 0.0]])
    units = window.to_units(points.astype(np.float32))
    expected = [[0.0, 0.0, -0.5, 0.5], [0.5, 0.5, 0.0, 1.0], [0.005, 1.0, 0.01, 0.0]]
    assert np.allclose(units, expected, atol=1e-6)


@pytest.mark.parametrize("box", [(0, 0, 7), (-3, 5, 10), (11, -4, 1), (0, 0, 256)])
def test_whole_pixels_are_kept(box: tuple[int, int, int]) -> None:
    assert Window.of_box(*box).box == box
    assert Window.of_box(*box).snapped() == Window.of_box(*box)


def test_a_crop_of_the_same_size_is_the_pixels_themselves() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert np.array_equal(crop(picture, Window.of_box(7, 3, 32), 32), picture[3:35, 7:39])
    assert np.array_equal(
        crop(picture[..., 0], Window.of_box(7, 3, 32), 32), picture[3:35, 7:39, 0]
    )


def test_a_crop_goes_on_with_the_border() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    out = crop(picture, Window.of_box(-2, -1, 6), 6)
    assert out[0].tolist() == [0, 0, 0, 1, 2, 3]
    assert out[:, 0].tolist() == [0, 0, 4, 8, 8, 8]
    far = crop(picture, Window.of_box(50, 50, 4), 4)
    assert (far == 11).all()


@pytest.mark.parametrize("box", [(7, 3, 32), (-5, -6, 40), (30, 20, 32)])
def test_what_is_cropped_can_be_put_back(box: tuple[int, int, int]) -> None:
    values = np.random.default_rng(0).random((40, 60), dtype=np.float32)
    window = Window.of_box(*box)
    back = uncrop(np.asarray(crop(values, window, box[2]), np.float32), window, (40, 60))
    left, top, side = box
    inside = np.zeros((40, 60), bool)
    inside[max(0, top) : top + side, max(0, left) : left + side] = True
    assert np.array_equal(back[inside], values[inside])
    assert not back[~inside].any()


def test_shrinking_averages() -> None:
    picture = np.zeros((64, 64), np.float32)
    picture[:, ::2] = 1.0
    assert np.allclose(crop(picture, Window.of_box(0, 0, 64), 16), 0.5)


@pytest.mark.parametrize("box", [(0, 0, 61), (-9, 4, 90), (20, -7, 83), (3, 5, 40), (8, 8, 20)])
@pytest.mark.parametrize("rows", [(0, 40), (0, 7), (13, 29), (39, 40)])
def test_a_part_of_a_crop_is_what_the_crop_has_there(
    box: tuple[int, int, int], rows: tuple[int, int]
) -> None:
    picture = np.random.default_rng(3).integers(0, 256, (70, 64, 3), np.uint8)
    window, columns = Window.of_box(*box), (11, 31)
    part = crop_part(picture, window, 40, rows, columns)
    whole = crop(picture, window, 40)[rows[0] : rows[1], 11:31]
    assert part.dtype == np.uint8
    assert part.shape == whole.shape
    assert np.abs(part.astype(int) - whole.astype(int)).max() <= 1
    assert (part != whole).mean() < 0.01
