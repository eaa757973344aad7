from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.augment import (
    CameraFaults,
    add_noise,
    compress,
    motion_blur,
    photograph,
    random_faults,
    shrink,
    tone,
)


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    flat = np.full((64, 48, 3), 120, np.uint8)
    flat[16:48, 12:36] = (200, 40, 90)
    return flat


def test_perfect_camera_changes_nothing(picture: np.ndarray, rng: np.random.Generator) -> None:
    assert np.array_equal(photograph(CameraFaults(), picture, rng), picture)
    assert np.array_equal(photograph(random_faults(rng, 0.0), picture, rng), picture)


def test_faults_keep_shape_and_type(picture: np.ndarray) -> None:
    for seed in range(30):
        rng = np.random.default_rng(seed)
        before = picture.copy()
        out = photograph(random_faults(rng), picture, rng)
        assert out.shape == picture.shape
        assert out.dtype == np.uint8
        assert np.array_equal(picture, before)
        assert np.abs(out.astype(float).mean() - picture.mean()) < 60


def test_noise_has_the_given_level(rng: np.random.Generator) -> None:
    grey = np.full((256, 256, 3), 128, np.uint8)
    for grain in (1, 2, 3):
        noisy = add_noise(grey, 6.0, rng, grain).astype(float)
        assert noisy.std() == pytest.approx(6, rel=0.15)
        assert noisy.mean() == pytest.approx(128, abs=0.6)


def test_noise_differs_by_frame(rng: np.random.Generator) -> None:
    grey = np.full((64, 64, 3), 128, np.uint8)
    first, second = (add_noise(grey, 6.0, rng).astype(float).ravel() - 128 for _ in range(2))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.15


def test_noise_fits_large_frames(rng: np.random.Generator) -> None:
    assert add_noise(np.zeros((700, 1000, 3), np.uint8), 3.0, rng).shape == (700, 1000, 3)


def test_gain_and_gamma_act_on_their_channel(picture: np.ndarray) -> None:
    out = tone(picture, (1.2, 1.0, 0.5), 1.0)
    assert out[0, 0].tolist() == [144, 120, 60]
    assert tone(picture, (1.0, 1.0, 1.0), 0.5)[0, 0, 0] > 160


def test_motion_blur_acts_along_its_line(picture: np.ndarray) -> None:
    across = motion_blur(picture, 7.0, 0.0)
    assert np.abs(across[:, 11].astype(int) - picture[:, 11]).max() > 10
    assert np.array_equal(across[12, 20], picture[12, 20])
    assert motion_blur(picture, 0.5, 1.0) is picture


def test_compression_and_shrinking_lose_detail(rng: np.random.Generator) -> None:
    busy = rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)
    for worse in (compress(busy, 30), shrink(busy, 0.5)):
        assert worse.shape == busy.shape
        assert worse.astype(float).std() < busy.astype(float).std()
    flat = np.full((64, 64, 3), (10, 90, 200), np.uint8)
    assert np.abs(compress(flat, 90).astype(int) - flat).max() < 5  # colours keep their order
