from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from bunraku.kernels import NEGLIGIBLE_WEIGHT, channels_last, sample_texture


def test_negligible_weights_are_left_out_within_the_stated_bound(
    inputs: Callable[..., Any],
) -> None:
    atlas, parts, u, v = inputs(k=24, height=20, width=20)
    exact = sample_texture(atlas, parts, u, v, minimum_weight=0.0)
    quick = sample_texture(atlas, parts, u, v)
    bound = NEGLIGIBLE_WEIGHT * 24 * np.abs(atlas).max()
    assert 0 < np.abs(quick - exact).max() <= bound


def test_no_weight_at_all_gives_zeros(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = inputs()
    poisoned = np.full((2, 3, 6, 9), np.nan, np.float32)
    assert not sample_texture(atlas, np.zeros_like(parts), u, v, out=poisoned).any()


def test_any_layout_of_memory_gives_the_same(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = inputs()
    expected = sample_texture(atlas, parts, u, v)
    strided = [np.repeat(array, 2, axis=3)[..., ::2] for array in (parts, u, v)]
    frozen = channels_last(atlas)
    frozen.flags.writeable = False
    np.testing.assert_array_equal(sample_texture(frozen, *strided), expected)
    wider = np.concatenate([atlas, atlas], axis=2)[:, :, :3]
    np.testing.assert_array_equal(sample_texture(wider, parts, u, v), expected)


def test_nan_and_huge_coordinates_stay_inside_the_atlas(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = inputs()
    u[...] = np.nan
    v[...] = 1e38
    expected = sample_texture(atlas, parts, np.zeros_like(u), np.ones_like(v))
    np.testing.assert_array_equal(sample_texture(atlas, parts, u, v), expected)


def test_nan_weights_are_not_hidden(inputs: Callable[..., Any]) -> None:
    atlas, parts, u, v = inputs()
    parts[0, 1, 2, 3] = np.nan
    missing = np.isnan(sample_texture(atlas, parts, u, v))
    assert missing[0, :, 2, 3].all()
    assert missing.sum() == 3
