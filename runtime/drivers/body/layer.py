"""What lies behind the photo's own pixels: the body, the back of its head, and hidden clothes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Bound
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import held, make_grid
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.settling import Settled
from bunraku.runtime.drivers.body.shells import Shell
from bunraku.runtime.drivers.body.texture import CLOTH, Cloth
from bunraku.spec.arrays import Array

LIFTED = 0.03
"""How much nearer than bound a hidden cloth lies, in trunks: it goes before the body in it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The mesh of what lies behind the photo's own pixels: the template, and what is added to it.

    The template's triangles come first and keep their numbers. As there, corners run so that what
    faces away from the camera can be left out.
    """

    vertices: Array
    """``[v, 3]`` in pixels of the photo's window; x and y are where its planes are read."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    cloth: NDArray[np.int32]
    """``[t, 2]``: which plane each shows, and which it goes over into."""
    mix: Array
    """``[v]`` in [0, 1]: how far it has, at each vertex."""
    hold: Array
    """``[v]``, see ``Grid.hold``."""
    given: NDArray[np.bool_]
    """``[t]``: False where the photo shows that there is none."""


def make_layer(
    fit: Fit,
    settled: Settled,
    bound: Bound,
    shells: Sequence[Shell],
    cloth: NDArray[np.int32],
    hair: Array,
    lower_edge: int | None,
    lines: Lines,
) -> Layer:
    """The body of a photo's person, and what else its binding says is hidden.

    :param shells: of its head.
    :param cloth: ``[t]``, of the template's triangles.
    :param hair: ``[v]`` in [0, 1]: how far hair covers the template's vertices.
    :param lower_edge: see ``make_grid``.
    """
    template = fit.template
    mesh = settled.mesh
    hold = held(mesh, main_bones(template).astype(np.int32), fit.trunk_px, lower_edge)
    kinds = np.stack([cloth, np.where(cloth == Cloth.FACE, Cloth.HAIR, cloth)], -1)
    meshes = [
        (mesh, template.weights, template.bones, template.triangles, kinds, hold, hair),
    ]
    count = len(mesh)
    for cloths in bound.hidden:
        grid = make_grid(cloths, fit.trunk_px, lower_edge, lines)
        vertices = grid.vertices - np.array([0.0, 0.0, LIFTED * fit.trunk_px], np.float32)
        kinds = np.repeat(CLOTH[grid.bone[grid.triangles[:, :1]]], 2, 1)
        triangles = grid.triangles + np.int32(count)
        bare = np.zeros(len(vertices), np.float32)
        meshes.append((vertices, grid.weights, grid.bones, triangles, kinds, grid.hold, bare))
        count += len(vertices)
    for shell in shells:
        grid = make_grid(shell.surface, fit.trunk_px, lower_edge, lines)
        triangles = grid.triangles[:, ::-1] if shell.turned else grid.triangles
        kinds = np.tile(np.array([[Cloth.FACE, Cloth.HAIR]], np.int32), (len(triangles), 1))
        x, y = grid.vertices[:, :2].astype(int).T
        shown = triangles + np.int32(count)
        meshes.append(
            (grid.vertices, grid.weights, grid.bones, shown, kinds, grid.hold, shell.hair[y, x])
        )
        count += len(grid.vertices)
    vertices, weights, bones, triangles, kinds, hold, mix = (
        np.ascontiguousarray(np.concatenate(arrays)) for arrays in zip(*meshes, strict=True)
    )
    keep = np.ones(len(triangles), np.bool_)
    keep[: len(settled.given)] = settled.given
    return Layer(vertices, weights, bones, triangles, kinds.astype(np.int32), mix, hold, keep)
