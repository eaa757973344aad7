from __future__ import annotations

import numpy as np

from bunraku.runtime.pose.cuts import Cuts
from bunraku.spec.arrays import Picture

SHAPE = (90, 160, 3)


def scene(seed: int, level: int = 128) -> Picture:
    """Blocks of light and dark."""
    blocks = np.random.default_rng(seed).integers(0, 2, (9, 16, 1)) * 160 - 80 + level
    return np.clip(blocks.repeat(10, 0).repeat(10, 1).repeat(3, 2), 0, 255).astype(np.uint8)


def test_another_scene_is_a_cut_and_the_first_frame_is_none() -> None:
    cuts = Cuts()
    frames = [scene(1)] * 4 + [scene(2)] * 3 + [scene(3)]
    assert [cuts(f) for f in frames] == [False] * 4 + [True] + [False] * 2 + [True]


def test_movement_light_and_noise_are_no_cuts() -> None:
    rng, cuts = np.random.default_rng(0), Cuts()
    for k in range(12):
        noisy = scene(1, 128 + 8 * (k % 2)).astype(int) + rng.integers(-20, 20, SHAPE)
        noisy[:, 4 * k : 4 * k + 30] = 0
        assert not cuts(np.clip(noisy, 0, 255).astype(np.uint8))


def test_a_swung_camera_is_no_cut() -> None:
    """Every frame is unlike the last, after they have become so by degrees."""
    wide = np.concatenate([scene(seed) for seed in range(8)], 1)
    cuts, at, found = Cuts(), 0, []
    for k in range(40):
        at += min(k // 2, 16)
        found.append(cuts(wide[:, at : at + SHAPE[1]]))
    assert not any(found)


def test_a_reset_forgets_the_frame() -> None:
    cuts = Cuts()
    cuts(scene(1))
    cuts.reset()
    assert not cuts(scene(2))


def test_small_frames_are_looked_at_too() -> None:
    cuts = Cuts()
    assert not cuts(np.zeros((4, 3, 3), np.uint8))
    assert cuts(np.full((4, 3, 3), 255, np.uint8))
