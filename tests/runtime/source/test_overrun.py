"""Wall that half a body's outline has run into, and what of the person looks like a wall."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.source.test_mask import UNSEEN

from bunraku.runtime.source.mask import person_mask
from bunraku.runtime.source.overrun import overrun
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import HEAD, LEFT_HAND, LEFT_WRIST

N = 256
WALL, COAT = (190, 170, 140), (60, 30, 40)
STRIP = slice(150, 210), slice(180, 187)
WHOLE = 0.0, 1.0


def bust(n: int = N) -> tuple[Picture, Region, Array]:
    """A coat before a wall, the person in it, and a mask with a strip of wall beside a sleeve."""
    person = np.zeros((N, N), np.bool_)
    person[120:, 70:180] = True
    noise = np.random.default_rng(0).normal(0, 3, (N, N, 3))
    window = np.where(person[..., None], COAT, WALL) + noise
    mask = person.astype(np.float32)
    mask[STRIP] = 1.0
    times = np.ones((n // N, n // N))
    picture = np.kron(window, times[..., None])
    return picture.clip(0, 255).astype(np.uint8), np.kron(person, times) > 0, np.kron(mask, times)


@pytest.mark.parametrize("n", [N, 2 * N])
def test_wall_beside_a_sleeve_is_not_the_persons(n: int) -> None:
    window, person, mask = bust(n)
    found = overrun(window, mask, UNSEEN, WHOLE)
    assert found.shape == mask.shape
    assert found[(mask > 0.5) & ~person].mean() > 0.95
    assert found[person].mean() < 0.001


def test_the_mask_of_half_a_body_is_without_it() -> None:
    window, person, mask = bust()
    whole = person_mask(window, mask, None, half=False, landmarks=UNSEEN)
    half = person_mask(window, mask, mask, half=True, landmarks=UNSEEN)
    assert whole[STRIP].mean() > 0.5
    assert half[STRIP].mean() < 0.02
    assert half[person].mean() > 0.99


def test_a_cuff_that_an_edge_parts_from_a_wall_like_it_is_the_persons() -> None:
    window, _, mask = bust()
    window[STRIP[0], 186:188] = (110, 100, 80)  # its hem
    assert not overrun(window, mask, UNSEEN, WHOLE).any()


def test_clothes_unlike_the_wall_are_the_persons() -> None:
    window, _, mask = bust()
    window[STRIP] = (90, 60, 160)
    assert not overrun(window, mask, UNSEEN, WHOLE).any()


def test_clothes_that_grow_as_light_as_the_wall_are_the_persons() -> None:
    window, person, mask = bust()
    mask[STRIP] = 0.0
    share = np.clip((np.arange(N) - 140.0) / 40.0, 0.0, 1.0)[None, :, None]
    fading = np.asarray(COAT) * (1.0 - share) + np.asarray(WALL) * share
    window = np.where(person[..., None], fading, window).astype(np.uint8)
    assert not overrun(window, mask, UNSEEN, WHOLE).any()


def test_around_head_and_hands_the_networks_are_believed() -> None:
    window, _, mask = bust()
    head, hand = UNSEEN.copy(), UNSEEN.copy()
    head[list(HEAD), :2] = np.linspace((0.5, 0.7), (0.8, 0.7), len(HEAD))
    hand[:, 1] = np.linspace(0.0, 1.0, len(hand))
    hand[[LEFT_WRIST, *LEFT_HAND], :2] = 0.7, 0.7
    assert not overrun(window, mask, head, WHOLE).any()
    assert not overrun(window, mask, hand, WHOLE).any()


def test_beyond_the_photo_there_is_nothing_to_compare_with() -> None:
    window, _, mask = bust()
    assert not overrun(window, mask, UNSEEN, (0.0, 180 / N)).any()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_mask_of_nothing_or_all_stays_so(value: float) -> None:
    window, _, mask = bust()
    assert not overrun(window, np.full_like(mask, value), UNSEEN, WHOLE).any()
