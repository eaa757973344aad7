from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.turning import about, cross, similarity, swing, unit

RANDOM = np.random.default_rng(5)


def test_a_swing_takes_one_direction_to_the_other_by_the_least_turn() -> None:
    start, end = (unit(RANDOM.normal(size=(50, 3))) for _ in range(2))
    turns = swing(start, end)
    assert np.allclose((turns @ start[..., None])[..., 0], end, atol=1e-6)
    assert np.allclose(turns @ turns.transpose(0, 2, 1), np.eye(3), atol=1e-6)
    axis = unit(cross(start, end))
    assert np.allclose((turns @ axis[..., None])[..., 0], axis, atol=1e-6)


def test_a_swing_to_the_same_direction_is_none_and_to_the_opposite_half_a_turn() -> None:
    start = unit(RANDOM.normal(size=(5, 3)))
    assert np.allclose(swing(start, start), np.eye(3), atol=1e-6)
    turns = swing(start, -start)
    assert np.allclose((turns @ start[..., None])[..., 0], -start, atol=1e-6)
    assert np.allclose(np.linalg.det(turns), 1.0)


def test_turns_about_axes() -> None:
    axis = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
    turns = about(axis, np.array([np.pi / 2, np.pi]))
    moved = turns @ np.array([1.0, 0.0, 0.0])
    assert np.allclose(moved, [[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]], atol=1e-12)


def test_a_similarity_is_found_again() -> None:
    start = RANDOM.normal(size=(11, 3))
    turn = about(unit(np.array([[0.2, 1.0, 0.4]])), np.array([0.7]))[0]
    end = 1.7 * start @ turn.T + np.array([3.0, -2.0, 5.0])
    scale, found, shift = similarity(start, end, np.ones(11))
    assert scale == pytest.approx(1.7)
    assert np.allclose(found, turn)
    assert np.allclose(shift, [3.0, -2.0, 5.0])
    _, mirrored, _ = similarity(start, start * np.array([-1.0, 1.0, 1.0]), np.ones(11))
    assert np.linalg.det(mirrored) == pytest.approx(1.0)  # a face is turned, never mirrored


@pytest.mark.parametrize("shapes", [((3,), (3,)), ((5, 3), (5, 3)), ((5, 3), (1, 3))])
def test_products_are_those_of_numpy(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    rng = np.random.default_rng(3)
    a, b = (rng.normal(size=shape) for shape in shapes)
    np.testing.assert_array_equal(cross(a, b), np.cross(a, b))
