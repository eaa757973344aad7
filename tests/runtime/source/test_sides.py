"""Shoulders that the photo's sides cut, in a window that shows stripes beyond."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.source.test_mask import UNSEEN

from bunraku.runtime.source.mask import person_mask
from bunraku.runtime.source.sides import up_to_the_sides
from bunraku.spec.arrays import Array, Picture

N = 256
LEFT, RIGHT = 40, 210
SHOWN = LEFT / N, RIGHT / N
WHOLE = slice(LEFT, RIGHT)


def person(left: int, right: int) -> Array:
    """A head on shoulders, between two columns."""
    mask = np.zeros((N, N), np.float32)
    mask[60:160, 100:150] = 1.0
    mask[160:, left:right] = 1.0
    return mask


def seen() -> tuple[Array, Array]:
    """The pose network's mask, which fades, and the segmentation, which ends too early."""
    body = person(LEFT, RIGHT)
    body[160:, RIGHT - 8 : RIGHT] *= np.linspace(1.0, 0.3, 8, dtype=np.float32)
    body[160:, LEFT : LEFT + 8] *= np.linspace(0.3, 1.0, 8, dtype=np.float32)
    body[160:, RIGHT:] = body[160:, :LEFT] = 0.3
    return body, person(LEFT + 14, RIGHT - 14)


def picture() -> Picture:
    light = 60 + 140 * person(0, N)[..., None]
    noise = np.random.default_rng(0).normal(0, 4, (N, N, 3))
    return np.clip(light + noise, 0, 255).astype(np.uint8)


def test_a_cut_shoulder_reaches_the_photos_side() -> None:
    masks = seen()
    found = person_mask(picture(), *masks, half=True, landmarks=UNSEEN, shown=SHOWN)
    assert np.abs(found[:, WHOLE] - person(0, N)[:, WHOLE]).mean() < 0.005
    assert found[170:, [LEFT, RIGHT - 1]].min() > 0.9
    assert not found[:, :LEFT].any()  # stripes are no person's
    assert not found[:, RIGHT:].any()


def test_nothing_is_added_where_the_pose_network_sees_nobody() -> None:
    """A shoulder that ends before the side, and a wall that the segmentation has as well."""
    body = person(60, RIGHT - 4)
    wall = np.maximum(body, np.pad(np.ones((40, N), np.float32), ((0, N - 40), (0, 0))))
    for mask in up_to_the_sides(body, wall, SHOWN):
        assert not mask[60:, RIGHT:].any()
        assert not mask[60:, :60].any()
    assert np.array_equal(up_to_the_sides(body, body, SHOWN)[0], body)


@pytest.mark.parametrize("shown", [(0.0, 1.0), (-0.2, 1.4)])
def test_a_window_within_the_photo_is_left_alone(shown: tuple[float, float]) -> None:
    masks = seen()
    for before, after in zip(masks, up_to_the_sides(*masks, shown), strict=True):
        assert np.array_equal(before, after)
