from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.grid import Grid, make_grid
from bunraku.runtime.drivers.body.groups import GROUP
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N = 48


def _cut(depth: Array) -> tuple[Grid, Region, NDArray[np.int32]]:
    """A person cut at the side of an arm, the arm ``[n, n]``, and the group of each triangle.

    :param depth: ``[n, n]``
    """
    rows, columns = np.mgrid[:N, :N]
    arm = columns + 3.0 * np.sin(rows / 2.0) > 24.0  # between the grid's lines
    bone = np.where(arm, BodyBone.FOREARM_L, BodyBone.CHEST).astype(np.int32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    np.put_along_axis(weights, bone[..., None].astype(np.int64), 1.0, 2)
    far = np.zeros((N, N), np.float32)
    binding = Binding(np.ones((N, N), np.bool_), weights, bone, bone, depth, far)
    grid = make_grid(binding, 30.0, None, Lines.over(np.zeros((N, N), np.bool_)))
    carried = GROUP[grid.bone[grid.triangles[:, 0]]]
    return grid, arm, np.where(grid.group >= 0, grid.group, carried)


def test_both_sides_of_a_cut_show_all_their_own_pixels() -> None:
    grid, arm, group = _cut(np.zeros((N, N), np.float32))
    for side, own in ((BodyBone.FOREARM_L, arm), (BodyBone.CHEST, ~arm)):
        keep = group == GROUP[side]
        assert np.isin(GROUP[grid.bone[grid.triangles[keep]]], GROUP[side]).all()
        whole = rasterise(grid.vertices, grid.triangles, (N, N), keep=keep)
        assert (whole.triangle[own] >= 0).all()
        # What shows all of its pixels has none of the other side's.
        shown = rasterise(grid.vertices, grid.triangles, (N, N), keep=keep & (grid.group < 0))
        assert not ((shown.triangle >= 0) & ~own).any()


def test_a_side_of_a_cut_stays_whole_however_it_turns() -> None:
    rows, columns = np.mgrid[:N, :N]
    grid, _, group = _cut((0.1 * columns + np.sin(rows / 3.0)).astype(np.float32))
    for side in (BodyBone.FOREARM_L, BodyBone.CHEST):
        used = grid.vertices[np.unique(grid.triangles[group == GROUP[side]])]
        assert len(np.unique(used[:, :2], axis=0)) == len(used)  # none is there twice, slit open
