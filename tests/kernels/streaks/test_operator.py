from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close, strided

from bunraku.kernels import unstreaked, untorn
from bunraku.kernels.streaks import reference

Array = NDArray[np.float32]
SQUARE = np.array([[0, 0, 0], [4, 0, 0], [4, 4, 0], [0, 4, 0], [9, 9, 0]], np.float32)
HALVES = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
LIMITS = np.array([[2.5, 4.0]] * 2, np.float32)


def back_of(vertices: Array, triangles: Any) -> Array:
    a, b, c = vertices[triangles, :2].astype(np.float64).transpose(1, 0, 2)
    return np.linalg.inv(np.stack([b - a, c - a], -1)).astype(np.float32)


def scene(rng: np.random.Generator, v: int, t: int) -> tuple[Array, Any, Array, Array]:
    vertices = rng.uniform(0, 9, (v, 3)).astype(np.float32)
    triangles = np.stack([rng.permutation(v)[:3] for _ in range(t)]).astype(np.int32)
    moved = vertices + rng.normal(0, 6, (v, 3)).astype(np.float32)
    start = rng.uniform(1, 4, t)
    limits = np.stack([start, start + rng.uniform(0.5, 4, t)], -1).astype(np.float32)
    return moved, triangles, back_of(vertices, triangles), limits


@pytest.mark.parametrize(("v", "t"), [(3, 1), (12, 30), (40, 25)])
def test_gives_what_the_reference_gives(v: int, t: int, rng: np.random.Generator) -> None:
    for _ in range(5):
        given = scene(rng, v, t)
        found = unstreaked(*given)
        assert found.dtype == np.float32
        assert_close(found, reference.unstreaked(*given))
        np.testing.assert_array_equal(unstreaked(*map(strided, given)), found)


def test_what_is_drawn_out_fades_and_is_gone_and_a_turn_is_no_stretch() -> None:
    back = back_of(SQUARE, HALVES)
    turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]], np.float32)
    for times, shown in ((1.0, 1.0), (2.5, 1.0), (3.25, 0.5), (4.0, 0.0), (50.0, 0.0)):
        moved = (SQUARE * np.array([times, 1, 1], np.float32)) @ turn
        found = unstreaked(moved, HALVES, back, LIMITS)
        np.testing.assert_allclose(found, [shown] * 4 + [0.0], atol=1e-6)


def test_a_vertex_has_the_mean_of_the_triangles_around_it() -> None:
    moved = SQUARE.copy()
    moved[1, 0] += 99  # of the first half alone
    found = unstreaked(moved, HALVES, back_of(SQUARE, HALVES), LIMITS)
    np.testing.assert_allclose(found, [0.5, 0.0, 0.5, 1.0, 0.0], atol=1e-6)


def test_inputs_that_do_not_fit_are_refused() -> None:
    back = back_of(SQUARE, HALVES)
    with pytest.raises(ValueError, match=r"moved must be \[v,3\], not \[5, 2\]"):
        unstreaked(np.ascontiguousarray(SQUARE[:, :2]), HALVES, back, LIMITS)
    with pytest.raises(ValueError, match=r"triangles must be \[m,3\], not \[2, 2\]"):
        unstreaked(SQUARE, np.ascontiguousarray(HALVES[:, :2]), back, LIMITS)
    with pytest.raises(ValueError, match="corners 0 to 2, not 0 to 3"):
        unstreaked(SQUARE[:3], HALVES, back, LIMITS)
    with pytest.raises(ValueError, match="unstretched"):
        unstreaked(SQUARE, HALVES, back[:1], LIMITS)
    with pytest.raises(ValueError, match="streaks"):
        unstreaked(SQUARE, HALVES, back, LIMITS[:1])
    with pytest.raises(TypeError, match="triangles"):
        unstreaked(SQUARE, HALVES.astype(np.int64), back, LIMITS)
    with pytest.raises(TypeError, match="moved"):
        unstreaked(SQUARE.astype(np.float64), HALVES, back, LIMITS)


@pytest.mark.parametrize(("v", "t"), [(3, 1), (12, 30), (40, 25)])
def test_tears_are_those_of_the_reference(v: int, t: int, rng: np.random.Generator) -> None:
    moved, triangles, _, _ = scene(rng, v, t)
    limits = rng.uniform(0, 200, (t, 3)).astype(np.float32)
    limits[rng.random((t, 3)) < 0.3] = np.inf
    found = untorn(moved, triangles, limits)
    np.testing.assert_array_equal(found, reference.untorn(moved, triangles, limits))
    given = tuple(map(strided, (moved, triangles, limits)))
    np.testing.assert_array_equal(untorn(*given), found)


def test_an_edge_tears_where_it_is_longer_than_it_may_be_and_only_there() -> None:
    limits = np.full((2, 3), np.inf, np.float32)
    limits[0, 0] = 16.0  # from the first corner to the second, as long as it is
    assert untorn(SQUARE, HALVES, limits).tolist() == [True, True]
    moved = SQUARE.copy()
    moved[1, 0] += 0.01
    assert untorn(moved, HALVES, limits).tolist() == [False, True]
    moved[1, 0] = np.nan
    assert untorn(moved, HALVES, limits).tolist() == [True, True], "nowhere is not far away"
    with pytest.raises(ValueError, match="limits"):
        untorn(SQUARE, HALVES, limits[:, :2])


def test_tensors_give_what_arrays_give(rng: np.random.Generator) -> None:
    given = scene(rng, 12, 30)
    moved, triangles, back, streaks = (torch.from_numpy(array) for array in given)
    assert_close(unstreaked(moved, triangles, back, streaks), unstreaked(*given))
    limits = torch.full((30, 3), 30.0)
    torn = untorn(moved, triangles, limits)
    assert torn.tolist() == untorn(*given[:2], limits.numpy()).tolist()
    checks = ("test_schema", "test_faketensor")
    for operator, last in (("unstreaked", (back, streaks)), ("untorn", (limits,))):
        form = getattr(torch.ops.bunraku, operator).default
        torch.library.opcheck(form, (moved, triangles, *last), test_utils=checks)
    with pytest.raises(TypeError, match="moved must be float32"):
        unstreaked(moved.double(), triangles, back, streaks)
