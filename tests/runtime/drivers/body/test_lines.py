"""A grid's lines: even ones, and a node at every pixel of a small head, without a gap between."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.lines import SMALL_PX, STEP_PX, Lines

N = 96
NOTHING = np.zeros((N, N), np.bool_)


def head(width: int) -> NDArray[np.bool_]:
    result = NOTHING.copy()
    result[7:25, 40 : 40 + width] = True
    return result


@pytest.mark.parametrize("width", [0, SMALL_PX + 1])
def test_lines_are_even_where_there_is_no_head_or_a_large_one(width: int) -> None:
    lines = Lines.over(head(width))
    assert lines.zone is None
    assert lines.even.tolist() == [*range(0, N - 1, STEP_PX), N - 1]
    region = NOTHING.copy()
    region[30, 30] = True
    number = lines.nodes(region)
    assert np.argwhere(number >= 0).tolist() == [[30, 30]]
    assert len(lines.triangles(lines.nodes(~NOTHING))) == 2 * (len(lines.even) - 1) ** 2


def test_a_small_head_has_a_node_at_every_pixel() -> None:
    lines = Lines.over(head(20))
    number = lines.nodes(~NOTHING)
    assert lines.zone == (slice(6, 28), slice(39, 61))
    assert (number[lines.zone] >= 0).all()
    assert number[number >= 0].tolist() == list(range((number >= 0).sum()))
    assert (number[3, 40:60] < 0).sum() == 14


@pytest.mark.parametrize("width", [1, 20, SMALL_PX])
def test_the_mesh_covers_all_once_and_hangs_together(width: int) -> None:
    lines = Lines.over(head(width))
    number = lines.nodes(~NOTHING)
    y, x = np.nonzero(number >= 0)
    vertices = np.stack([x, y, np.zeros(len(x))], 1).astype(np.float32)
    triangles = lines.triangles(number).astype(np.int32)
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    areas = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert areas.min() > 0.0
    assert areas.sum() / 2 == pytest.approx((N - 1) ** 2)
    edges = np.sort(np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)]), 1)
    kinds, count = np.unique(edges, axis=0, return_counts=True)
    once = vertices[kinds[count == 1]]
    assert ((once == 0) | (once == N - 1)).any(2).all()  # a border of the window, not a gap
    assert count.max() == 2
    assert (rasterise(vertices, triangles, (N, N), cull=True).triangle >= 0).all()


def test_what_keeps_away_from_a_rim_is_not_reached_beyond_it_by_its_cells() -> None:
    region = NOTHING.copy()
    region[2:80, 5:90] = True
    for lines in (Lines.over(NOTHING), Lines.over(head(20))):
        nodes = lines.nodes(lines.within(region)) >= 0
        assert not (nodes & ~region).any()
        assert nodes[9:78:3, 9:87:3].all()
