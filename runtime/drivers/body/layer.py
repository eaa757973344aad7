"""What lies behind the photo's own pixels: the body, the back of its head, and hidden clothes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Bound
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.grid import make_grid
from bunraku.runtime.drivers.body.settling import Settled
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
    """``[t]``: which plane each shows."""
    hold: Array
    """``[v]``, see ``Grid.hold``."""
    given: NDArray[np.bool_]
    """``[t]``: False where the photo shows that there is none."""


def make_layer(
    fit: Fit,
    settled: Settled,
    bound: Bound,
    cloth: NDArray[np.int32],
    lower_edge: int | None,
) -> Layer:
    """The body of a photo's person, and what else its binding says is hidden.

    :param cloth: ``[t]``, of the template's triangles.
    :param lower_edge: see ``make_grid``.
    """
    template = fit.template
    mesh = settled.mesh
    free = np.zeros(len(mesh), np.float32)
    meshes = [(mesh, template.weights, template.bones, template.triangles, cloth, free)]
    count = len(mesh)
    for cloths in bound.hidden:
        grid = make_grid(cloths, fit.trunk_px, lower_edge)
        vertices = grid.vertices - np.array([0.0, 0.0, LIFTED * fit.trunk_px], np.float32)
        kinds = CLOTH[grid.bone[grid.triangles[:, 0]]].astype(np.int32)
        triangles = grid.triangles + np.int32(count)
        meshes.append((vertices, grid.weights, grid.bones, triangles, kinds, grid.hold))
        count += len(vertices)
    if bound.back is not None:
        grid = make_grid(bound.back, fit.trunk_px, lower_edge)
        both = np.concatenate([grid.triangles, grid.triangles[:, ::-1]]) + np.int32(count)
        kinds = np.full(len(both), Cloth.HAIR, np.int32)
        meshes.append((grid.vertices, grid.weights, grid.bones, both, kinds, grid.hold))
    vertices, weights, bones, triangles, kinds, hold = (
        np.ascontiguousarray(np.concatenate(arrays)) for arrays in zip(*meshes, strict=True)
    )
    keep = np.ones(len(triangles), np.bool_)
    keep[: len(settled.given)] = settled.given
    return Layer(vertices, weights, bones, triangles, kinds, hold, keep)
