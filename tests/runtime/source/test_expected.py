from __future__ import annotations

import numpy as np

from bunraku.kernels.plate.matching import CHANNELS
from bunraku.runtime.source.expected import REPEATED, REPEATED_MOST, centres, expect, overused
from bunraku.spec.arrays import Array

SHAPE = (120, 144)


def wall() -> Array:
    """Nothing but a wall, and a poster on it."""
    picture = np.full((*SHAPE, CHANNELS), 120.0, np.float32)
    picture[20:60, 100:130] = 250.0
    return picture


def test_a_thing_is_dear_and_a_wall_is_free() -> None:
    unclear = np.zeros(SHAPE, np.uint8)
    unclear[40:110, 40:80] = 1
    expected = expect(wall(), unclear)
    dear = expected.dear_at((SHAPE[1], SHAPE[0]))
    assert dear.shape == SHAPE
    assert dear[22:58, 102:128].max() > 100.0
    assert dear[80:100, 100:130].max() < 1.0
    assert expected.usual == 0.0


def test_a_thing_that_touches_the_hole_is_dear_up_to_its_rim() -> None:
    unclear = np.zeros(SHAPE, np.uint8)
    unclear[10:110, 60:101] = 1
    dear = expect(wall(), unclear).dear_at((SHAPE[1], SHAPE[0]))
    assert dear[40, 102] > 100.0


def test_rows_say_more_where_nothing_is_alike() -> None:
    noise = np.random.default_rng(0).uniform(0, 255, (*SHAPE, CHANNELS)).astype(np.float32)
    unclear = np.zeros(SHAPE, np.uint8)
    unclear[50:70, 60:80] = 1
    busy, plain = expect(noise, unclear), expect(wall(), unclear)
    assert busy.usual > 50.0
    assert busy.terms(100)[0] > plain.terms(100)[0] > plain.terms(100)[1]
    assert busy.guess_at((72, 60)).shape == (60, 72, CHANNELS)


def test_without_one_clear_patch_all_is_free() -> None:
    unclear = np.ones(SHAPE, np.uint8)
    unclear[60, 60] = 0
    expected = expect(wall(), unclear)
    assert expected.usual == 0.0
    assert (expected.dear == 0.0).all()


def test_a_source_used_again_and_again_costs_unless_it_is_plain() -> None:
    picture = np.random.default_rng(0).uniform(0, 255, (40, 60, CHANNELS)).astype(np.float32)
    picture[:, 40:] = 9.0
    mean = np.zeros_like(picture)
    targets = np.argwhere(np.ones((40, 60))).astype(np.int32)
    sources = np.full((40, 60, 2), -1, np.int32)
    sources[:20] = (10, 10)
    sources[20:] = (10, 50)
    mean[:, 40:] = 9.0
    cost = overused(picture, mean, sources, targets)
    assert cost[10, 10] == REPEATED * REPEATED_MOST
    assert cost[10, 50] == 0.0
    assert cost[30, 10] == 0.0
    once = overused(picture, mean, targets.reshape(40, 60, 2), targets)
    assert once.max() < 0.01 * REPEATED


def test_a_patch_is_clear_altogether() -> None:
    clear = np.ones((20, 20), np.uint8)
    clear[10, 10] = 0
    valid = centres(clear)
    assert not valid[8:13, 8:13].any()
    assert valid[7, 10]
    assert not valid[1].any()
    assert valid[2, 2]
