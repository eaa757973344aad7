from __future__ import annotations

import numpy as np

from bunraku.kernels.plate.matching import CHANNELS
from bunraku.runtime.source.cuts import Scene, shorten_seams

SHAPE = (50, 70)


def scene() -> Scene:
    """A dark half and a light half, and a hole across the edge between them."""
    filled = np.full((*SHAPE, CHANNELS), 40.0, np.float32)
    filled[:, 35:] = 180.0
    hole, inside = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    hole[15:35, 25:45] = 1
    inside[2:-2, 2:-2] = 1
    pixels = np.ascontiguousarray(np.argwhere(hole), np.int32)
    dear, far = np.zeros(SHAPE, np.float32), np.array([6.0, 1.5], np.float32)
    cells = np.zeros(hole.shape, np.int32)
    return Scene(
        filled, hole, inside, (1 - hole) * inside, pixels, cells, filled.copy(), dear, far, 900.0
    )


def test_stray_pixels_go_with_their_neighbours_and_edges_get_straight() -> None:
    hidden = scene()
    rng = np.random.default_rng(0)
    offsets = np.zeros((*SHAPE, 2), np.int32)
    for y in range(15, 35):
        middle = 35 + int(rng.integers(-4, 5))
        offsets[y, 25:middle], offsets[y, middle:45] = (0, -20), (0, 20)
    offsets[20, 28], offsets[30, 41] = (0, -23), (0, 23)
    shorten_seams(hidden, offsets)
    inner = offsets[15:35, 25:45]
    assert {tuple(one) for one in inner.reshape(-1, 2).tolist()} == {(0, -20), (0, 20)}
    edges = (inner[..., 1] > 0).argmax(1)
    assert np.ptp(edges) == 0
    assert (offsets[hidden.hole == 0] == 0).all()


def test_nothing_dear_is_taken_where_something_else_does() -> None:
    hidden = scene()
    hidden.filled[:] = 90.0
    offsets = np.zeros((*SHAPE, 2), np.int32)
    offsets[15:35, 25:45] = (0, -20)
    offsets[15:25, 25:45] = (0, 20)
    hidden.dear[:, 45:] = 200.0
    shorten_seams(hidden, offsets)
    assert (offsets[15:35, 25:45] == (0, -20)).all()


def test_what_is_expected_is_taken_where_seams_cost_the_same() -> None:
    hidden = scene()
    hidden.inside[:] = 0  # no rim that says anything
    hidden.filled[:, :35], hidden.filled[:, 35:] = 60.0, 80.0
    hidden.filled[15:35, 25:45] = 70.0
    hidden.guess[:] = 60.0
    offsets = np.zeros((*SHAPE, 2), np.int32)
    offsets[15:35, 25:45] = (0, 20)
    offsets[15:18, 25:28] = (0, -20)
    shorten_seams(hidden, offsets)
    assert (offsets[15:35, 25:45] == (0, -20)).all()
