from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.kernels.harness import assert_close, strided

from bunraku.kernels import Aligned, Hung, Level, Trust, align, hidden_by_limbs
from bunraku.kernels.aligning import reference

Array = NDArray[np.float32]
TRUST = Trust(counts=1 / 64, other=12.0, light=25.0)
JOINTS, BONES = 6, 3


def picture(rng: np.random.Generator, height: int = 40, width: int = 48) -> Array:
    noise = rng.uniform(0, 255, (height, width)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(noise, (0, 0), 2.0), np.float32)


def hung(rng: np.random.Generator, m: int = 60) -> Hung:
    share = rng.dirichlet((1, 1, 1, 1), m).astype(np.float32)
    share[::2, :2] = share[::2, :2] + share[::2, 2:]
    share[::2, 2:] = 0
    joints = np.stack([rng.permutation(JOINTS)[:4] for _ in range(m)]).astype(np.int32)
    joints[::2, 2:] = joints[::2, :2]
    return Hung(
        rng.uniform(-2, 48, (m, 2)).astype(np.float32),
        rng.integers(0, BONES, m).astype(np.int32),
        joints,
        share,
        rng.normal(0, 0.2, (m, 2, 2)).astype(np.float32),
    )


def square(rng: np.random.Generator) -> Hung:
    """Points that all move as the first joint does."""
    x, y = np.meshgrid(np.arange(10, 36, 2), np.arange(10, 30, 2))
    place = np.stack([x.ravel(), y.ravel()], 1).astype(np.float32)
    m = len(place)
    share = np.zeros((m, 4), np.float32)
    share[:, 0] = 1
    bone, joints = np.zeros(m, np.int32), np.zeros((m, 4), np.int32)
    return Hung(place, bone, joints, share, np.zeros((m, 2, 2), np.float32))


def seen(look: Array, points: Hung) -> Array:
    x, y = points.place.T
    return np.asarray(cv2.remap(look, x, y, cv2.INTER_LINEAR), np.float32).ravel()


@pytest.mark.parametrize("moved", [JOINTS, 4, 1])
@pytest.mark.parametrize("factor", [1, 2])
def test_gives_what_the_reference_gives(moved: int, factor: int, rng: np.random.Generator) -> None:
    for rounds in (1, 3):
        points, look = hung(rng), picture(rng)
        expected = seen(look, points) + rng.normal(0, 9, 60).astype(np.float32)
        held = rng.uniform(0.2, 1, moved).astype(np.float32)
        before = Aligned(
            rng.normal(0, 1, (moved, 2)).astype(np.float32),
            rng.normal(0, 5, BONES).astype(np.float32),
            np.zeros(BONES, np.float32),
        )
        given = points, held, TRUST, before
        levels = [Level(look, factor, expected, rounds), Level(look, 1, expected, 1)]
        found = align(levels, *given)
        for mine, theirs in zip(found, reference.align(levels, *given), strict=True):
            assert mine.dtype == np.float32
            assert_close(mine, theirs)
        again = [one._replace(look=strided(look), expected=strided(expected)) for one in levels]
        np.testing.assert_array_equal(align(again, *given).moves, found.moves)


def test_it_makes_no_difference_which_points_follow_each_other(rng: np.random.Generator) -> None:
    points, look = hung(rng), picture(rng)
    points = replace(points, joints=points.joints[np.arange(60) // 9])
    expected = seen(look, points) + rng.normal(0, 9, 60).astype(np.float32)
    held, still = np.full(JOINTS, 0.5, np.float32), Aligned.still(JOINTS, BONES)
    found = align([Level(look, 1, expected, 2)], points, held, TRUST, still)
    order = rng.permutation(60)
    mixed = Level(look, 1, expected[order], 2)
    again = align([mixed], points.of_these(order), held, TRUST, still)
    for mine, theirs in zip(found, again, strict=True):
        assert_close(mine, theirs)


def test_many_joints_of_which_few_are_neighbours(rng: np.random.Generator) -> None:
    many, m = 50, 400
    points, look = hung(rng, m), picture(rng)
    first = rng.integers(0, many - 4, m)
    points = replace(points, joints=(first[:, None] + np.arange(4)).astype(np.int32))
    expected = seen(look, points) + rng.normal(0, 9, m).astype(np.float32)
    held = rng.uniform(0.2, 1, many).astype(np.float32)
    given = [Level(look, 1, expected, 2)], points, held, TRUST, Aligned.still(many, BONES)
    for mine, theirs in zip(align(*given), reference.align(*given), strict=True):
        assert_close(mine, theirs)


def test_a_joint_goes_where_its_points_are_seen(rng: np.random.Generator) -> None:
    look, points = picture(rng), square(rng)
    expected = seen(look, points)
    shift = np.array([[1.0, 0.0, 1.2], [0.0, 1.0, -0.7]])
    shifted = np.asarray(cv2.warpAffine(look, shift, (48, 40)), np.float32)
    held = np.full(2, 0.01, np.float32)
    still = Aligned.still(2, 1)
    found = align([Level(shifted, 1, expected, 8)], points, held, TRUST, still)
    np.testing.assert_allclose(found.moves, [[1.2, -0.7], [0.0, 0.0]], atol=0.05)
    assert found.alike[0] > 0.9 * len(expected)
    brighter = align([Level(shifted + 9, 1, expected, 8)], points, held, TRUST, still)
    np.testing.assert_allclose(brighter.moves, found.moves, atol=0.05)
    np.testing.assert_allclose(brighter.light - found.light, 9, atol=0.2)
    assert not still.moves.any()


def test_what_looks_otherwise_moves_nothing(rng: np.random.Generator) -> None:
    look, points = picture(rng), square(rng)
    held = np.ones(1, np.float32)
    expected = 255 * (seen(look, points) < 127).astype(np.float32)
    found = align([Level(look, 1, expected, 4)], points, held, TRUST, Aligned.still(1, 1))
    assert np.abs(found.moves).max() < 0.5
    assert found.alike[0] < 0.1 * len(expected)


def test_no_points_leave_all_as_it_was(rng: np.random.Generator) -> None:
    points = hung(rng).of_these(np.arange(0))
    none = np.zeros(0, np.float32)
    held = np.ones(2, np.float32)
    found = align([Level(picture(rng), 1, none, 3)], points, held, TRUST, Aligned.still(2, 1))
    assert not found.moves.any()
    assert not found.alike.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e30])
def test_places_that_are_none_do_no_harm(bad: float, rng: np.random.Generator) -> None:
    points = hung(rng)
    place = points.place.copy()
    place[3] = bad
    levels = [Level(picture(rng), 1, np.zeros(60, np.float32), 2)]
    still = Aligned.still(JOINTS, BONES)
    align(levels, replace(points, place=place), np.ones(JOINTS, np.float32), TRUST, still)


def test_inputs_that_do_not_fit_are_refused(rng: np.random.Generator) -> None:
    look, points, expected = picture(rng), hung(rng), np.zeros(60, np.float32)
    held, still = np.ones(JOINTS, np.float32), Aligned.still(JOINTS, BONES)
    levels = [Level(look, 1, expected, 1)]
    with pytest.raises(ValueError, match=r"look must be \[h,w\] of 4 or more"):
        align([*levels, Level(look[:3], 1, expected, 1)], points, held, TRUST, still)
    with pytest.raises(ValueError, match="expected must be"):
        align([Level(look, 1, expected[1:], 1)], points, held, TRUST, still)
    with pytest.raises(ValueError, match="place must be"):
        align(levels, replace(points, place=points.place[1:]), held, TRUST, still)
    with pytest.raises(ValueError, match="moves must be"):
        align(levels, points, held[1:], TRUST, still)
    with pytest.raises(ValueError, match="bones 0 to 1"):
        align(levels, points, held, TRUST, Aligned.still(JOINTS, 2))
    below = replace(points, joints=points.joints - 9)
    with pytest.raises(ValueError, match="joints must be 0 or more"):
        align(levels, below, held, TRUST, still)
    with pytest.raises(TypeError, match="float32"):
        align([Level(look.astype(np.float64), 1, expected, 1)], points, held, TRUST, still)


def test_a_limb_hides_what_is_behind_it(rng: np.random.Generator) -> None:
    m, limbs = 500, 5
    starts, ends = rng.uniform(0, 60, (2, limbs, 3)).astype(np.float32)
    ends[4] = starts[4]  # seen from its end
    place = rng.uniform(-5, 65, (m, 2)).astype(np.float32)
    bone = rng.integers(0, limbs + 2, m).astype(np.int32)
    given = place, bone, starts, ends, rng.uniform(3, 9, limbs).astype(np.float32), 30.0, 4.0
    found, expected = hidden_by_limbs(*given), reference.hidden_by_limbs(*given)
    assert 0.1 < expected.mean() < 0.9
    assert (found == expected).mean() > 0.995  # but for those on a limb's very edge
    none = starts[:0], ends[:0], np.zeros(0, np.float32)
    nothing = hidden_by_limbs(place, bone, *none, 30.0, 4.0)
    assert not nothing.any()


def test_places_that_are_none_are_not_hidden() -> None:
    place = np.array([[np.nan, 0.0], [np.inf, np.inf]], np.float32)
    limb = np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32), np.ones(1, np.float32)
    assert not hidden_by_limbs(place, np.full(2, 7, np.int32), *limb, 30.0, 4.0).any()


def test_limbs_that_do_not_fit_are_refused() -> None:
    place, bone = np.zeros((3, 2), np.float32), np.zeros(3, np.int32)
    ends, radius = np.zeros((2, 3), np.float32), np.ones(2, np.float32)
    with pytest.raises(ValueError, match="starts must be"):
        hidden_by_limbs(place, bone, ends[:1], ends, radius, 0.0, 1.0)
    with pytest.raises(ValueError, match="0 or more"):
        hidden_by_limbs(place, bone - 1, ends, ends, radius, 0.0, 1.0)
    with pytest.raises(TypeError, match="int32"):
        hidden_by_limbs(place, bone.astype(np.int64), ends, ends, radius, 0.0, 1.0)
