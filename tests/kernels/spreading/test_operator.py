from __future__ import annotations

import numpy as np
import pytest
from tests.kernels.harness import assert_close

from bunraku.kernels import relax, spread
from bunraku.kernels.spreading import reference


def test_spreading_gives_exactly_what_the_reference_gives(rng: np.random.Generator) -> None:
    for density in (0.5, 0.65, 0.9, 1.0):
        inside = rng.random((23, 31)) < density
        known = rng.random((23, 31)) < 0.03
        for found, wanted in zip(
            spread(inside, known), reference.spread(inside, known), strict=True
        ):
            np.testing.assert_array_equal(found, wanted)


def test_in_the_open_it_is_the_nearest_known_pixel(rng: np.random.Generator) -> None:
    known = rng.random((40, 33)) < 0.02
    origin, distance = spread(np.ones((40, 33), bool), known)
    y, x = np.nonzero(known)
    rows, columns = np.mgrid[:40, :33]
    straight = np.hypot(rows[..., None] - y, columns[..., None] - x)
    np.testing.assert_allclose(distance, straight.min(-1), atol=0.2)
    assert known.ravel()[origin].all()
    np.testing.assert_allclose(
        distance, np.hypot(rows - origin // 33, columns - origin % 33), rtol=1e-6
    )


def test_ways_stay_inside_the_mask() -> None:
    inside = np.ones((9, 7), bool)
    inside[:8, 3] = False  # a wall, open at the bottom
    known = np.zeros((9, 7), bool)
    known[0, 2] = True
    origin, distance = spread(inside, known)
    assert (origin[inside] == 2).all()
    assert distance[0, 0] == 2
    assert distance[0, 4] == pytest.approx(np.hypot(8, 1))  # not 2: the way leads round the wall
    assert (origin[~inside] == -1).all()
    assert np.isinf(distance[~inside]).all()
    inside[8, 3] = False
    assert (spread(inside, known)[0][:, 4:] == -1).all()


def test_of_equally_near_ones_the_first_is_taken() -> None:
    known = np.array([[True, False, True, False, False]])
    assert spread(np.ones((1, 5), bool), known)[0].tolist() == [[0, 0, 2, 2, 2]]


def test_nothing_known_and_known_pixels_outside() -> None:
    inside = np.zeros((4, 5), bool)
    known = np.ones((4, 5), bool)
    assert (spread(inside, known)[0] == -1).all()
    assert (spread(known, inside)[0] == -1).all()
    origin, distance = spread(known, known)
    assert origin.ravel().tolist() == list(range(20))
    assert (distance == 0).all()


@pytest.mark.parametrize("steps", [0, 1, 4])
def test_relaxing_gives_exactly_what_the_reference_gives(
    steps: int, rng: np.random.Generator
) -> None:
    weights = rng.random((17, 23, 5), np.float32)
    inside = rng.random((17, 23)) < 0.8
    label = np.where(inside, rng.integers(0, 5, (17, 23)), -7)
    depth = rng.random((17, 23), np.float32)
    touching = rng.random((5, 5)) < 0.7
    before = weights.copy(), depth.copy()
    found = relax(weights, inside, label, depth, touching, 0.5, steps)
    wanted = reference.relax(weights, inside, label, depth, touching, 0.5, steps)
    for result, expected, own in zip(found, wanted, before, strict=True):
        np.testing.assert_array_equal(result, expected)
        np.testing.assert_array_equal(result[~inside], own[~inside])
    np.testing.assert_array_equal(weights, before[0])
    np.testing.assert_array_equal(depth, before[1])


def test_relaxing_stops_at_labels_depths_and_the_rim() -> None:
    weights = np.arange(6, dtype=np.float32).reshape(1, 6, 1).repeat(2, 2)
    depth = np.array([[0, 0, 0, 0, 9, 9]], np.float32)
    inside = np.array([[True, True, True, True, True, False]])
    label = np.array([[0, 0, 1, 1, 1, 0]])
    apart = np.eye(2, dtype=bool)
    result, deep = relax(weights, inside, label, depth, apart, 1.0, 1)
    assert result[0, :, 0].tolist() == [0.5, 0.5, 2.5, 2.5, 4, 5]
    np.testing.assert_array_equal(deep, depth)
    joined, _ = relax(weights, inside, label, depth, np.ones((2, 2), bool), 1.0, 1)
    assert_close(joined[0, :, 0], np.array([0.5, 1, 2, 2.5, 4, 5], np.float32))


def test_what_is_outside_of_the_mask_does_not_come_in() -> None:
    weights = np.ones((3, 3, 2), np.float32)
    depth = np.ones((3, 3), np.float32)
    inside = np.eye(3, dtype=bool)
    weights[~inside], depth[~inside] = np.nan, np.nan
    label = np.zeros((3, 3), np.uint8)
    result, deep = relax(weights, inside, label, depth, np.ones((2, 2), bool), 1.0, 3)
    assert (result[inside] == 1).all()
    assert (deep[inside] == 1).all()


def test_inputs_that_do_not_fit_are_refused() -> None:
    mask = np.ones((3, 4), bool)
    with pytest.raises(ValueError, match=r"inside must be \[h,w\], not \[4\]"):
        spread(mask[0], mask[0])
    with pytest.raises(ValueError, match=r"known must be \[3, 4\], not \[3, 3\]"):
        spread(mask, mask[:, :3])
    with pytest.raises(TypeError, match="known must be bool, not uint8"):
        spread(mask, mask.astype(np.uint8))
    weights, depth = np.ones((3, 4, 2), np.float32), np.ones((3, 4), np.float32)
    label, touching = np.zeros((3, 4), np.int64), np.ones((2, 2), bool)
    with pytest.raises(ValueError, match=r"weights must be \[h,w,k\], not \[3, 4\]"):
        relax(depth, mask, label, depth, touching, 1.0, 1)
    with pytest.raises(ValueError, match=r"neighbours must be \[1, 1\], not \[1, 2\]"):
        relax(weights, mask, label, depth, touching[:1], 1.0, 1)
    with pytest.raises(ValueError, match=r"labels must be 0 to 1, not 2 to 2"):
        relax(weights, mask, label + 2, depth, touching, 1.0, 1)
    with pytest.raises(TypeError, match="label must be integers, not float32"):
        relax(weights, mask, depth, depth, touching, 1.0, 1)
