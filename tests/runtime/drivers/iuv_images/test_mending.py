"""Surfaces with holes, and what is put back."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.iuv_images.people import facing

from bunraku.runtime.drivers.iuv_images.mending import KEPT_S, Mender
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.training.faults import hole_mask

Mask = NDArray[np.bool_]
N = 96


def person(left: int = 60) -> Array:
    return sample(facing(left=left, shape=(200, 200)), Window.of_box(0, 0, 200), N)


def body(surface: Array) -> Mask:
    return np.asarray(surface[0, 0] < 0.5, np.bool_)


def with_holes(surface: Array, time_s: float) -> tuple[Array, Mask]:
    holes = hole_mask(body(surface), time_s)
    result = surface.copy()
    result[0, :, holes] = 0.0
    result[0, 0, holes] = 1.0
    return result, holes & body(surface)


def test_what_is_missing_is_put_where_the_body_has_gone() -> None:
    mender = Mender()
    whole = person(60)
    assert mender.mend(whole, 0.0) is whole
    now = person(70)
    broken, holes = with_holes(now, 0.04)
    made = mender.mend(broken, 0.04)
    assert holes.sum() > 0.15 * body(now).sum()
    assert body(made)[holes].mean() > 0.9
    assert (body(made) & ~body(now)).sum() < 0.02 * body(now).sum()
    filled = body(made) & holes & body(now)
    parts = made[0, 1:25].argmax(0), now[0, 1:25].argmax(0)
    assert (parts[0] == parts[1])[filled].mean() > 0.95
    assert np.abs(made[0, 25:] - now[0, 25:]).max(0)[filled].mean() < 0.1
    kept = ~(body(made) & ~body(broken))
    assert np.array_equal(made[0, :, kept], broken[0, :, kept])


@pytest.mark.parametrize("left", [60, 74])
def test_whole_bodies_stay_as_they_are(left: int) -> None:
    mender = Mender()
    mender.mend(person(60), 0.0)
    now = person(left)
    made = mender.mend(now, 0.04)
    assert (body(made) & ~body(now)).sum() <= 0.01 * body(now).sum()


def test_a_leg_that_has_moved_away_leaves_nothing_behind() -> None:
    """Its places are seen elsewhere: that is no hole."""
    mender, before = Mender(), person()
    legs = np.isin(before[0, :25].argmax(0), (9, 13))  # of one side
    mender.mend(before, 0.0)
    moved = before.copy()
    moved[0, :, legs] = 0.0
    moved[0, 0, legs] = 1.0
    y, x = np.nonzero(legs)
    moved[0, :, y, x - 20] = before[0, :, y, x]
    made = mender.mend(moved, 0.04)
    assert (body(made) & ~body(moved)).sum() < 0.05 * legs.sum()


def test_what_does_not_come_back_is_given_up() -> None:
    mender, whole = Mender(), person()
    mender.mend(whole, 0.0)
    broken, holes = with_holes(whole, 0.0)
    for time_s in (0.1, 0.2, 0.3):
        assert body(mender.mend(broken, time_s))[holes].mean() > 0.85
    assert not body(mender.mend(broken, KEPT_S + 0.05))[holes].any()


def test_a_torn_bust_that_fills_a_fine_window_takes_little_memory() -> None:
    """A part of thousands of pixels, half of them missing."""
    n, edge = 128, 16
    across = np.linspace(0.0, 1.0, n - 2 * edge, dtype=np.float32)
    inner, whole = slice(edge, n - edge), np.zeros((1, 73, n, n), np.float32)
    whole[0, 0] = 1.0
    whole[0, 0, inner, inner], whole[0, 2, inner, inner] = 0.0, 1.0
    whole[0, 26, inner, inner], whole[0, 50, inner, inner] = across, across[:, None]
    broken = whole.copy()
    broken[0, :, 40:88] = 0.0
    broken[0, 0, 40:88] = 1.0
    mender = Mender()
    mender.mend(whole, 0.0)
    tracemalloc.start()
    try:
        made = mender.mend(broken, 0.04)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert np.array_equal(made, whole)
    assert peak < 10 * whole.nbytes


def test_another_time_begins_anew() -> None:
    mender, whole = Mender(), person()
    broken, _ = with_holes(whole, 0.0)
    for time_s in (KEPT_S + 1.1, 0.5):
        mender.reset()
        mender.mend(whole, 1.0)
        assert mender.mend(broken, time_s) is broken
    mender.mend(whole, 1.0)
    mender.reset()
    assert mender.mend(broken, 1.04) is broken


def test_nobody_and_somebody_new() -> None:
    mender, nobody = Mender(), np.zeros((1, 73, N, N), np.float32)
    nobody[:, 0] = 1.0
    assert mender.mend(nobody, 0.0) is nobody
    assert mender.mend(person(), 0.04) is not None
