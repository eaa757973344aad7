from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.plate.matching import CHANNELS, NOTHING, REACH, match, vote
from bunraku.spec.arrays import Array

SIZE = 28
HOLE = slice(11, 17)
TERMS = np.zeros(4, np.float32)


def scene(seed: int = 0) -> tuple[Array, NDArray[np.uint8], NDArray[np.uint8]]:
    """A picture, its hole, and the centres of patches outside of it."""
    picture = np.random.default_rng(seed).uniform(0, 255, (SIZE, SIZE, CHANNELS))
    hole = np.zeros((SIZE, SIZE), np.uint8)
    hole[HOLE, HOLE] = 1
    valid = np.zeros_like(hole)
    valid[REACH:-REACH, REACH:-REACH] = 1
    valid[11 - REACH : 17 + REACH, 11 - REACH : 17 + REACH] = 0
    return picture.astype(np.float32), hole, valid


def places(where: NDArray[np.uint8]) -> NDArray[np.int32]:
    return np.ascontiguousarray(np.argwhere(where), np.int32)


def patch(picture: Array, y: int, x: int) -> Array:
    return picture[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1]


def searched(
    picture: Array,
    valid: NDArray[np.uint8],
    targets: NDArray[np.int32],
    terms: Array,
    passes: int,
    dear: Array | None = None,
) -> tuple[NDArray[np.int32], Array]:
    sources = np.full((SIZE, SIZE, 2), -1, np.int32)
    costs = np.full((SIZE, SIZE), NOTHING, np.float32)
    ones = np.ones((SIZE, SIZE), np.float32)
    free = np.zeros((SIZE, SIZE), np.float32) if dear is None else dear
    prior = (picture, picture, free, terms)
    match(picture, ones, valid, targets, sources, costs, *prior, 1, passes)
    return sources, costs


def test_a_patch_that_is_there_twice_is_found_whole() -> None:
    picture, hole, valid = scene()
    picture[9:19, 9:19] = picture[0:10, 2:12]
    targets = places(hole)
    valid[:] = 0
    valid[REACH : 8 + REACH, REACH : 20 - REACH] = 1
    valid[9 - REACH :] = 0
    sources, costs = searched(picture, valid, targets[targets[:, 0] < 14], TERMS, 60)
    assert sources[12, 13].tolist() == [3, 6]
    assert costs[12, 13] == 0.0


def test_costs_are_those_of_numpy_and_near_the_least() -> None:
    picture, hole, valid = scene()
    targets = places(hole)
    sources, costs = searched(picture, valid, targets, TERMS, 40)
    for y, x in targets[::5]:
        all_costs = {
            (qy, qx): float(
                np.square(patch(picture, y, x) - patch(picture, qy, qx)).sum()
                / (2 * REACH + 1) ** 2
            )
            for qy, qx in np.argwhere(valid)
        }
        found = (int(sources[y, x, 0]), int(sources[y, x, 1]))
        np.testing.assert_allclose(costs[y, x], all_costs[found], rtol=1e-4)
        assert costs[y, x] <= np.percentile(list(all_costs.values()), 10)


def test_of_like_sources_the_near_one_in_the_same_rows_is_taken() -> None:
    picture, hole, valid = scene()
    picture[:] = 100.0
    terms = np.array([4.0, 1.0, 0.0, 0.0], np.float32)
    sources, _ = searched(picture, valid, places(hole), terms, 40)
    up, aside = np.abs(sources[14, 12] - [14, 12])
    assert up <= 1
    assert aside <= 5


def test_a_dear_source_is_taken_only_where_no_other_is_nearly_as_good() -> None:
    picture, hole, valid = scene()
    picture[:] = 100.0
    picture[:, :9] = 103.0
    valid[:, 9 - REACH : 9 + REACH] = 0  # no patch has both
    dear = np.zeros((SIZE, SIZE), np.float32)
    dear[:, 9:] = 30.0  # the others differ by nine squared levels in each of five channels
    targets = places(hole)
    sources, costs = searched(picture, valid, targets, TERMS, 40, dear)
    assert (sources[HOLE, HOLE, 1] >= 9).all()
    assert (costs[HOLE, HOLE] == 30.0).all()
    sources, _ = searched(picture, valid, targets, TERMS, 40, 2.0 * dear)
    assert (sources[HOLE, HOLE, 1] < 9).all()


def test_what_is_expected_decides_among_like_patches() -> None:
    picture, hole, valid = scene()
    picture[:] = 0.0
    sources = np.full((SIZE, SIZE, 2), -1, np.int32)
    costs = np.full((SIZE, SIZE), NOTHING, np.float32)
    nothing = np.zeros((SIZE, SIZE), np.float32)
    mean = np.zeros_like(picture)
    mean[:, 20:] = 50.0
    guess = np.full_like(picture, 50.0)
    terms = np.array([0.0, 0.0, 1.0, 900.0], np.float32)
    targets = places(hole)
    match(picture, nothing, valid, targets, sources, costs, guess, mean, nothing, terms, 1, 8)
    assert (sources[HOLE, HOLE, 1] >= 20).all()


def test_with_nothing_to_take_nothing_is_found() -> None:
    picture, hole, valid = scene()
    sources, costs = searched(picture, valid * 0, places(hole), TERMS, 4)
    assert (sources == -1).all()
    filled = picture.copy()
    vote(filled, places(hole), sources, costs, costs, np.float32(0))
    assert np.array_equal(filled, picture)


def test_patches_vote_by_weight_and_cost() -> None:
    picture, _, _ = scene()
    sources = np.full((SIZE, SIZE, 2), -1, np.int32)
    costs = np.zeros((SIZE, SIZE), np.float32)
    weights = np.ones((SIZE, SIZE), np.float32)
    sources[14, 14], sources[14, 15] = (4, 4), (4, 20)
    weights[14, 15], costs[14, 15] = 3.0, 2.0
    share = 3.0 * np.exp(-2.0 * 0.5)
    expected = (picture[4, 4] + share * picture[4, 19]) / (1.0 + share)
    filled = picture.copy()
    vote(filled, np.array([[14, 14]], np.int32), sources, costs, weights, np.float32(0.5))
    np.testing.assert_allclose(filled[14, 14], expected, rtol=1e-5)
