from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.kernels.plate.cutting import SEAM, expand
from bunraku.spec.arrays import Array

SIZE = 20


def numbered(hole: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    pixels = np.ascontiguousarray(np.argwhere(hole), np.int32)
    numbers = np.full(hole.shape, -1, np.int32)
    numbers[hole > 0] = np.arange(len(pixels))
    return pixels, numbers


def one_cell(picture: Array) -> tuple[NDArray[np.int32], Array]:
    """No edge is expected anywhere."""
    return np.zeros(picture.shape[:2], np.int32), picture


def seam(picture: Array, p: tuple[int, int], q: tuple[int, int], a: Array, b: Array) -> float:
    """What ``expand`` says that a seam costs, of pixels p and q with offsets a and b."""
    if np.array_equal(a, b):
        return 0.0
    at = [picture[tuple(np.add(one, off))][:3] for one in (p, q) for off in (a, b)]
    first, second = np.linalg.norm(at[0] - at[1]), np.linalg.norm(at[2] - at[3])
    return float(SEAM + first + second)


def total(
    picture: Array, hole: NDArray[np.uint8], offsets: NDArray[np.int32], costs: Array
) -> float:
    """What a choice of offsets costs altogether."""
    cost = float(costs.sum())
    for y, x in np.argwhere(hole):
        for ny, nx in ((y, x + 1), (y + 1, x)):
            if hole[ny, nx]:
                cost += seam(picture, (y, x), (ny, nx), offsets[y, x], offsets[ny, nx])
    return cost


@pytest.mark.parametrize("seed", range(6))
def test_no_other_choice_of_pixels_costs_less(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.uniform(0, 60, (SIZE, SIZE, 3)).astype(np.float32)
    hole = np.zeros((SIZE, SIZE), np.uint8)
    hole[8:11, 8:11] = 1
    hole[10, 10] = 0
    known = 1 - hole
    known[8, 15] = 0  # where the offset leads a pixel of the hole to
    pixels, numbers = numbered(hole)
    before = np.zeros((SIZE, SIZE, 2), np.int32)
    before[hole > 0] = rng.integers(-6, -3, (len(pixels), 2))
    offset = np.array([0, 5], np.int32)
    own, new = rng.uniform(0, 60, (2, len(pixels))).astype(np.float32)
    found = before.copy()
    expand(picture, hole, known, pixels, numbers, *one_cell(picture), offset, own, new, found)
    taken = (found[hole > 0] == offset).all(-1)
    assert not taken[numbers[8, 10]]

    def cost(choice: NDArray[np.bool_]) -> float:
        offsets = before.copy()
        offsets[tuple(pixels[choice].T)] = offset
        return total(picture, hole, offsets, np.where(choice, new, own))

    least = min(
        cost(np.array(choice))
        for choice in itertools.product([False, True], repeat=len(pixels))
        if not choice[numbers[8, 10]]
    )
    assert cost(taken) == pytest.approx(least, rel=1e-4)


def test_a_wavy_seam_becomes_straight() -> None:
    picture = np.zeros((40, 60, 3), np.float32)
    picture[:, 30:] = 100.0
    hole = np.zeros((40, 60), np.uint8)
    hole[10:30, 20:40] = 1
    pixels, numbers = numbered(hole)
    left, right = np.array([0, -19], np.int32), np.array([0, 19], np.int32)
    offsets = np.zeros((40, 60, 2), np.int32)
    for y in range(10, 30):
        middle = 30 + (y // 2 % 3) * 2
        offsets[y, 20:middle], offsets[y, middle:40] = left, right
    known = np.ones_like(hole)
    free = np.zeros(len(pixels), np.float32)
    rim = free.copy()  # as costs are where the hole ends
    rim[pixels[:, 1] == 39] = 1000.0
    expand(picture, hole, known, pixels, numbers, *one_cell(picture), left, free, rim, offsets)
    starts = [int(np.argmax((row == right).all(-1))) for row in offsets[10:30, 20:40]]
    assert len(set(starts)) == 1


def test_a_hole_of_one_pixel_takes_what_is_cheaper() -> None:
    picture = np.zeros((SIZE, SIZE, 3), np.float32)
    hole = np.zeros((SIZE, SIZE), np.uint8)
    hole[9, 9] = 1
    pixels, numbers = numbered(hole)
    offsets = np.zeros((SIZE, SIZE, 2), np.int32)
    offset = np.array([-3, 4], np.int32)
    one, two = np.ones(1, np.float32), np.full(1, 2.0, np.float32)
    expand(picture, hole, 1 - hole, pixels, numbers, *one_cell(picture), offset, one, two, offsets)
    assert (offsets[9, 9] == 0).all()
    expand(picture, hole, 1 - hole, pixels, numbers, *one_cell(picture), offset, two, one, offsets)
    assert (offsets[9, 9] == offset).all()


def test_where_an_edge_is_expected_a_seam_is_not_seen() -> None:
    """Two colours, each with a piece; the filling says nothing, where they meet is expected."""
    size = 60
    picture = np.zeros((size, size, 3), np.float32)
    picture[:, 30:] = 200.0
    hole = np.zeros((size, size), np.uint8)
    hole[20:40, 20:40] = 1
    guess = picture.copy()
    guess[:, :25], guess[:, 25:] = 0.0, 200.0
    cells = np.zeros((size, size), np.int32)
    cells[:, 25:] = 1
    pixels, numbers = numbered(hole)
    costs = {}
    right, left = np.array([0, 19], np.int32), np.array([0, -19], np.int32)
    for name, offset in (("left", left), ("right", right)):
        copied = picture[pixels[:, 0], pixels[:, 1] + offset[1]]
        wanted = guess[pixels[:, 0], pixels[:, 1]]
        costs[name] = np.abs(copied - wanted).mean(-1).astype(np.float32) / 20
    starts = {}
    for name, expected in (("none", np.zeros_like(cells)), ("edge", cells)):
        offsets = np.zeros((size, size, 2), np.int32)
        offsets[hole > 0] = left
        given = picture, hole, 1 - hole, pixels, numbers, expected, guess
        expand(*given, right, costs["left"], costs["right"], offsets)
        starts[name] = set((offsets[20:40, 20:40, 1] == 19).argmax(1).tolist())
    assert starts["edge"] == {5}
    assert starts["none"] != {5}
