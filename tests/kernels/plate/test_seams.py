from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import CHANNELS
from bunraku.kernels.plate.seams import copy, level
from bunraku.spec.arrays import Array, Picture

SIZE = 28


def hole_in_the_middle() -> tuple[NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8]]:
    hole = np.zeros((SIZE, SIZE), np.uint8)
    hole[8:16, 8:16] = 1
    inside = np.zeros_like(hole)
    inside[2:-2, 2:-2] = 1
    return hole, np.ascontiguousarray(np.argwhere(hole), np.int32), inside


def levelled(picture: Array, edge: float) -> Array:
    hole, pixels, inside = hole_in_the_middle()
    offsets = np.zeros((SIZE, SIZE, 2), np.int32)
    offsets[hole > 0] = (0, 8)
    shade = np.zeros((SIZE, SIZE, 3), np.float32)
    hold = np.float32(1e-5)
    level(picture, hole, inside, pixels, offsets, shade, hold, np.float32(edge), 300)
    return shade


def test_a_linear_shade_is_carried_through_the_hole() -> None:
    ramp = 0.5 * np.arange(SIZE, dtype=np.float32)[None, :, None]
    picture = np.ascontiguousarray(np.broadcast_to(ramp, (SIZE, SIZE, CHANNELS)))
    shade = levelled(picture, edge=1e4)
    # Copied from eight pixels to the right: four levels too bright everywhere.
    np.testing.assert_allclose(shade[8:16, 8:16], -4.0, atol=0.05)
    assert (shade[:8] == 0).all()


def test_an_edge_is_no_shade() -> None:
    picture = np.zeros((SIZE, SIZE, CHANNELS), np.float32)
    picture[:, 15:] = 200.0
    assert np.abs(levelled(picture, edge=10.0)).max() < 2.0


def copied(photo: Picture, weight: Array, offset: tuple[int, int], add: float) -> Picture:
    hole = np.ones((5, 5), np.uint8)
    offsets = np.broadcast_to(np.array(offset, np.int32), (5, 5, 2)).copy()
    shade = np.full((5, 5, 3), add, np.float32)
    out = photo.copy()
    box, corner = np.array([0, 0, 20, 20], np.int64), np.array([4, 6], np.int64)
    copy(photo, weight, hole, offsets, shade, box, corner, out)
    return out


def test_pixels_are_copied_at_the_photos_own_size() -> None:
    photo = np.random.default_rng(0).integers(0, 200, (20, 24, 3), dtype=np.uint8)
    weight = np.zeros((8, 7), np.float32)
    weight[2:5, 1:4] = 1.0
    weight[5, 1:4] = 0.5
    out = copied(photo, weight, (1, -1), 10.0)  # four pixels down and four to the left
    assert np.array_equal(out[6:9, 7:10], photo[10:13, 3:6] + 10)
    mixed = 0.5 * photo[9, 7:10].astype(float) + 0.5 * (photo[13, 3:6] + 10.0)
    np.testing.assert_allclose(out[9, 7:10], mixed, atol=0.51)
    assert np.array_equal(out[:6], photo[:6])
    assert np.array_equal(out[:, 10:], photo[:, 10:])


def test_nothing_is_read_outside_of_the_box_and_levels_stay_in_range() -> None:
    photo = np.full((20, 24, 3), 100, np.uint8)
    photo[:, 20:] = 7
    weight = np.ones((8, 7), np.float32)
    assert (copied(photo, weight, (0, 100), 0.0)[4:12, 6:13] == 100).all()
    assert (copied(photo, weight, (-100, 0), 300.0)[4:12, 6:13] == 255).all()
    assert (copied(photo, weight, (0, 0), -300.0)[4:12, 6:13] == 0).all()


def test_seams_are_smooth_and_sharp() -> None:
    photo = np.full((64, 64, 3), 50, np.uint8)
    photo[:, 32:] = 200
    hole = np.ones((8, 8), np.uint8)
    offsets = np.zeros((8, 8, 2), np.int32)
    rows, columns = np.indices((8, 8))
    offsets[rows + columns < 8, 1] = -8  # a seam at 45 degrees: the left half above it
    offsets[rows + columns >= 8, 1] = 8
    box = np.array([0, 0, 64, 64], np.int64)
    weight, shade = np.ones((64, 64), np.float32), np.zeros((8, 8, 3), np.float32)
    out = photo.copy()
    copy(photo, weight, hole, offsets, shade, box, np.zeros(2, np.int64), out)
    # Where 125 lies in each row moves on by a pixel from row to row, not by eight every eight rows.
    edges = np.argmax(out[12:52, :, 0] > 125, 1)
    assert np.abs(np.diff(edges) + 1).max() <= 1
    mixed = (out[12:52, :, 0] > 60) & (out[12:52, :, 0] < 190)
    assert mixed.sum(1).max() <= 8  # narrower than the pixel of the smaller size
