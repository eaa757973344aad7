from __future__ import annotations

import math

import numpy as np
import pytest

from bunraku.spec.arrays import Array
from bunraku.training.distances import (
    FEWEST,
    STRIPES,
    celled,
    embedding_distance,
    frechet_distance,
    perceptual_distance,
    striped,
    unit,
)


def maps(*vectors: tuple[float, float]) -> Array:
    """[2, 1, n]: a pixel a vector."""
    return np.asarray(vectors, np.float32).T[:, None]


def test_units() -> None:
    assert unit(np.array([3.0, 4.0], np.float32)) == pytest.approx([0.6, 0.8])
    assert unit(np.zeros(3, np.float32)).tolist() == [0.0, 0.0, 0.0]


def test_perceptual_distance_by_hand() -> None:
    one, other = maps((5, 0), (3, 4)), maps((2, 0), (0, 1))
    # Length counts for nothing; the second pixel's differ by (0.6, -0.2): 0.36 + 0.04, over two.
    assert perceptual_distance([one], [other]) == pytest.approx(0.2)
    opposite = maps((-1, 0), (-3, -4))
    assert perceptual_distance([one], [opposite]) == pytest.approx(4.0)
    # Two maps count alike.
    assert perceptual_distance([one, one], [other, one]) == pytest.approx(0.1)


def test_perceptual_distance_of_the_person_alone() -> None:
    one, other = maps((5, 0), (3, 4)), maps((2, 0), (0, 1))
    first, second = (np.array([share], np.float32) for share in ([1, 0], [0, 1]))
    assert perceptual_distance([one], [other], first) == pytest.approx(0.0)
    assert perceptual_distance([one], [other], second) == pytest.approx(0.4)


def test_frechet_distance_by_hand() -> None:
    # In one dimension it is (m1 - m2)² + (s1 - s2)².
    some = np.array([-1.0, 1.0] * 4)[:, None]
    others = 3.0 * some + 2.0
    deviation = math.sqrt(8 / 7)
    assert frechet_distance(some, others) == pytest.approx(4.0 + (2.0 * deviation) ** 2)
    assert frechet_distance(some, some) == pytest.approx(0.0, abs=1e-9)


def test_frechet_distance_of_correlated_features() -> None:
    rng = np.random.default_rng(4)
    some = rng.normal(size=(60, 5)) @ rng.normal(size=(5, 5))
    # A rotation and back: the same sets, turned, are as far from each other.
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    others = rng.normal(size=(40, 5)) + 1.0
    plain = frechet_distance(some, others)
    assert plain is not None
    assert frechet_distance(some @ turn, others @ turn) == pytest.approx(plain)
    # A shift alone costs its square, also where there are more features than pictures.
    few = rng.normal(size=(FEWEST, 20))
    assert frechet_distance(few, few + 0.5) == pytest.approx(20 * 0.25)


def test_too_few_pictures_say_nothing() -> None:
    some = np.zeros((FEWEST, 3))
    assert frechet_distance(some, some) == 0.0
    assert frechet_distance(some[1:], some) is None


def test_embedding_distance() -> None:
    assert embedding_distance(*np.eye(2, dtype=np.float32)) == pytest.approx(2**0.5)


def test_a_person_is_told_from_top_to_bottom() -> None:
    # A person of 12 rows, a stripe two of them; each stripe has a feature of its own.
    features = np.zeros((STRIPES, 20, 10), np.float32)
    alpha = np.zeros((20, 10), np.float32)
    alpha[4:16, 3:6] = 1.0
    for i in range(STRIPES):
        features[i, 4 + 2 * i : 6 + 2 * i, 3:6] = 0.1 * (i + 1)
    features[0, :, 7:] = 9.0  # beside the person: not looked at
    row = striped(features, alpha)
    expected = np.eye(STRIPES).ravel() / STRIPES**0.5
    assert row == pytest.approx(expected, abs=1e-6)
    assert np.linalg.norm(row) == pytest.approx(1.0)
    # Elsewhere in the picture, the same person looks the same.
    moved = striped(np.roll(features, (3, 1), (1, 2)), np.roll(alpha, (3, 1), (0, 1)))
    assert embedding_distance(row, moved) < 1e-6


def test_nobody_is_the_whole_picture() -> None:
    features = np.ones((2, 6, 4), np.float32)
    nobody = np.zeros((12, 8), np.float32)
    assert np.array_equal(striped(features, nobody), striped(features, None))
    assert striped(features, None) == pytest.approx(1 / (2 * STRIPES) ** 0.5)


def test_cells() -> None:
    features = maps((3, 4), (0, 2))
    assert celled(features) * 2**0.5 == pytest.approx([0.6, 0.0, 0.8, 1.0])
