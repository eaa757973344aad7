from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.fabric import (
    PRINT,
    TILE,
    chest_print,
    fabric,
    hue_colour,
    random_colour,
    smooth_noise,
)


def test_tiles_are_opaque_to_the_given_degree(rng: np.random.Generator) -> None:
    for coverage, alpha in ((0.0, 0), (0.8, 204), (1.0, 255)):
        tile, scale = fabric(rng, coverage)
        assert tile.shape == (TILE, TILE, 4)
        assert tile.dtype == np.uint8
        assert (tile[..., 3] == alpha).all()
        assert 1.6 < scale.min() <= scale.max() < 5.6


def test_tiles_repeat_without_a_seam() -> None:
    """Steps across the edge are no larger than the largest steps inside."""
    for seed in range(40):
        tile = fabric(np.random.default_rng(seed), 1.0)[0][..., :3].astype(float)
        for axis in (0, 1):
            steps = np.abs(np.diff(tile, axis=axis)).mean(axis=(1 - axis, 2))
            edge = np.abs(np.take(tile, 0, axis) - np.take(tile, -1, axis)).mean()
            assert edge <= steps.max() * 1.5 + 8, seed


def test_cloth_differs(rng: np.random.Generator) -> None:
    means = np.array([fabric(rng, 1.0)[0][..., :3].mean((0, 1)) for _ in range(60)])
    assert (means.std(0) > 35).all()
    assert (means.max(1) < 70).sum() >= 4  # dark cloth
    assert ((means[:, 0] > means[:, 1] + 40) & (means[:, 0] > means[:, 2] + 40)).sum() >= 3  # red


def test_prints_leave_cloth_free(rng: np.random.Generator) -> None:
    covered = [float((chest_print(rng)[..., 3] > 0).mean()) for _ in range(30)]
    assert chest_print(rng).shape == (PRINT, PRINT, 4)
    assert min(covered) > 0.01
    assert np.median(covered) < 0.9


@pytest.mark.parametrize(("hue", "colour"), [(0, (1, 0, 0)), (1 / 3, (0, 1, 0)), (0.5, (0, 1, 1))])
def test_hues(hue: float, colour: tuple[int, ...]) -> None:
    assert np.allclose(hue_colour(hue), colour)


def test_colours_stay_in_range(rng: np.random.Generator) -> None:
    colours = np.array([random_colour(rng) for _ in range(300)])
    assert colours.min() >= 0
    assert colours.max() <= 255


def test_noise_is_seamless_and_spread(rng: np.random.Generator) -> None:
    noise = smooth_noise(rng, 64, 2.0)
    assert noise.min() == 0
    assert noise.max() == 1
    assert np.abs(noise[0] - noise[-1]).max() < 0.3
