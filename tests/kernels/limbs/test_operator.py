from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.kernels.harness import assert_close

from bunraku.kernels import Kept, Limbs, frame_limbs, swing_limbs
from bunraku.kernels.limbs import reference

Exact = NDArray[np.float64]
BONES, POINTS = 5, 6


def unit(vectors: Exact) -> Exact:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def turned(rng: np.random.Generator, count: int) -> Exact:
    """Random rotations."""
    q, _ = np.linalg.qr(rng.normal(size=(count, 3, 3)))
    return np.ascontiguousarray(q * np.sign(np.linalg.det(q))[:, None, None])


def limbs(rng: np.random.Generator) -> Limbs:
    """Two that hang on bone 0, one of them with another two, one after the other."""
    numbers = ([1, 2, 3, 4], [0, 0, 2, 3], [0, 1, 2, 3], [4, 2, 3, 5])
    bones, parents, starts, ends = (np.array(one) for one in numbers)
    axes = turned(rng, 4)
    across = np.ascontiguousarray(axes[:, :, 1:])
    return Limbs(bones, parents, starts, ends, np.ascontiguousarray(axes[:, :, 0]), across)


def kept(rng: np.random.Generator) -> Kept:
    share = np.array([0.0, 1.0, 0.3, 1.0, 0.0, 0.8])
    return Kept(rng.normal(size=(POINTS, 3)), turned(rng, BONES), share)


@pytest.mark.parametrize("keeps", [False, True])
def test_gives_what_the_reference_gives(keeps: bool, rng: np.random.Generator) -> None:
    body, before = limbs(rng), kept(rng) if keeps else None
    for size in (1.0, 1e-6, 200.0):
        points, turns = size * rng.normal(size=(POINTS, 3)), np.full((BONES, 3, 3), np.nan)
        turns[0] = turned(rng, 1)[0]
        wanted, wanted_turns = points.copy(), turns.copy()
        facing = swing_limbs(body, points, turns, before)
        expected = reference.swing_limbs(body, wanted, wanted_turns, before)
        pairs = [*zip(facing, expected, strict=True), (points, wanted), (turns, wanted_turns)]
        twists, out = rng.normal(size=4), np.full((2, BONES, 4, 4), np.nan)
        framed = frame_limbs(body, points, turns, twists, size, out[0])
        pairs.append((framed, reference.frame_limbs(body, points, turns, twists, size, out[1])))
        assert np.isfinite(framed[1:, :3]).all()
        for one, other in pairs:
            assert_close(one, other, torch.float64)


def straight() -> Limbs:
    """One limb that hangs downwards from bone 0."""
    zero, one = np.array([0]), np.array([1])
    return Limbs(one, zero, zero, one, np.array([[0.0, 1, 0]]), np.eye(3)[None, :, [0, 2]].copy())


def swung(end: tuple[float, float, float]) -> tuple[Exact, Any]:
    points, turns = np.array([(0.0, 0.0, 0.0), end]), np.stack([np.eye(3)] * 2)
    facing = swing_limbs(straight(), points, turns)
    return turns[1], facing


def test_a_limb_points_where_its_end_is() -> None:
    turn, facing = swung((3.0, 0.0, 0.0))
    assert_close(turn @ [0.0, 1.0, 0.0], np.array([1.0, 0.0, 0.0]))
    assert_close(turn @ [0.0, 0.0, 1.0], np.array([0.0, 0.0, 1.0]))
    assert_close(facing.twists, np.zeros(1))
    assert_close(facing.means, np.ones(1))


def test_a_limb_that_points_at_the_viewer_shows_no_side() -> None:
    _, facing = swung((0.0, 0.0, -2.0))
    assert_close(facing.means, np.zeros(1))


@pytest.mark.parametrize("end", [(0.0, 0.0, 0.0), (0.0, -1.0, 0.0), (1e-9, -1.0, 0.0)])
def test_no_direction_and_the_opposite_one_are_rotations_too(
    end: tuple[float, float, float],
) -> None:
    turn, _ = swung(end)
    assert_close(turn @ turn.T, np.eye(3))
    assert np.linalg.det(turn) > 0


def test_shapes_and_types_that_do_not_fit(rng: np.random.Generator) -> None:
    body, points, turns = limbs(rng), rng.normal(size=(POINTS, 3)), turned(rng, BONES)
    with pytest.raises(ValueError, match=r"points must be \[6 or more,3\], not \[5, 3\]"):
        swing_limbs(body, points[:5], turns)
    with pytest.raises(ValueError, match=r"turns must be \[5 or more,3,3\], not \[4, 3, 3\]"):
        swing_limbs(body, points, turns[:4])
    with pytest.raises(TypeError, match="points must be float64, not float32"):
        swing_limbs(body, points.astype(np.float32), turns)
    with pytest.raises(ValueError, match=r"share must be \[6\], not \[5\]"):
        swing_limbs(body, points, turns, kept(rng)._replace(share=np.ones(5)))
    with pytest.raises(ValueError, match="out must be contiguous and writable"):
        swing_limbs(body, points[:, ::-1], turns)
    with pytest.raises(ValueError, match=r"twists must be \[4\], not \[5\]"):
        frame_limbs(body, points, turns, np.zeros(5), 1.0, np.zeros((BONES, 4, 4)))
    with pytest.raises(ValueError, match="ends must be 0 or more, not -1"):
        replace(body, ends=np.array([-1, 2, 3, 5]))
    with pytest.raises(ValueError, match=r"across must be \[4, 3, 2\], not \[4, 3\]"):
        replace(body, across=body.along)
