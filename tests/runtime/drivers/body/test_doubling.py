from __future__ import annotations

import numpy as np

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.grid import make_grid
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.parting import GROUP
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N = 48


def test_both_sides_of_a_cut_show_all_their_own_pixels() -> None:
    rows, columns = np.mgrid[:N, :N]
    arm = columns + 3.0 * np.sin(rows / 2.0) > 24.0  # between the grid's lines
    bone = np.where(arm, BodyBone.FOREARM_L, BodyBone.CHEST).astype(np.int32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    np.put_along_axis(weights, bone[..., None].astype(np.int64), 1.0, 2)
    flat = np.zeros((N, N), np.float32)
    binding = Binding(np.ones((N, N), np.bool_), weights, bone, bone, flat, flat)
    grid = make_grid(binding, 30.0, None, Lines.over(np.zeros((N, N), np.bool_)))
    carried = GROUP[grid.bone[grid.triangles[:, 0]]]
    for side, own in ((BodyBone.FOREARM_L, arm), (BodyBone.CHEST, ~arm)):
        keep = np.where(grid.group >= 0, grid.group, carried) == GROUP[side]
        assert np.isin(GROUP[grid.bone[grid.triangles[keep]]], GROUP[side]).all()
        whole = rasterise(grid.vertices, grid.triangles, (N, N), keep=keep)
        assert (whole.triangle[own] >= 0).all()
        # What shows all of its pixels has none of the other side's.
        shown = rasterise(grid.vertices, grid.triangles, (N, N), keep=keep & (grid.group < 0))
        assert not ((shown.triangle >= 0) & ~own).any()
