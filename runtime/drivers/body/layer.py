"""What lies behind the photo's own pixels: the body, and what its arms hid of its clothes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit, kept_within
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import make_grid
from bunraku.runtime.drivers.body.parting import GROUP, Group
from bunraku.runtime.drivers.body.texture import CLOTH
from bunraku.spec.arrays import Array

BESIDE = 0.2
"""How far beside its arm the body's may stand to be moved there, in trunks."""
ROUNDS = 6
DENIED = 0.0
"""The share of a triangle's pixels that may hide the photo's."""
BEHIND = 0.12
"""How far behind the body's surface the photo's own may lie and still hide it, in trunks."""
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
    binding: Binding,
    hidden: Sequence[Binding],
    cloth: NDArray[np.int32],
    lower_edge: int | None,
) -> Layer:
    """The body of a photo's person, and the hidden layers of its binding.

    :param cloth: ``[t]``, of the template's triangles.
    :param lower_edge: see ``make_grid``.
    """
    template = fit.template
    mesh = settled(fit, binding)
    free = np.zeros(len(mesh), np.float32)
    meshes = [(mesh, template.weights, template.bones, template.triangles, cloth, free)]
    count = len(mesh)
    for cloths in hidden:
        grid = make_grid(cloths, fit.trunk_px, lower_edge)
        vertices = grid.vertices - np.array([0.0, 0.0, LIFTED * fit.trunk_px], np.float32)
        kinds = CLOTH[grid.bone[grid.triangles[:, 0]]].astype(np.int32)
        triangles = grid.triangles + np.int32(count)
        meshes.append((vertices, grid.weights, grid.bones, triangles, kinds, grid.hold))
        count += len(vertices)
    vertices, weights, bones, triangles, kinds, hold = (
        np.ascontiguousarray(np.concatenate(arrays)) for arrays in zip(*meshes, strict=True)
    )
    keep = given(vertices, triangles, binding, BEHIND * fit.trunk_px)
    return Layer(vertices, weights, bones, triangles, kinds, hold, keep)


def settled(fit: Fit, binding: Binding) -> Array:
    """The body's mesh with its arms where the photo shows them, not where the pose alone says."""
    n = len(fit.inside)
    groups = GROUP[main_bones(fit.template)]
    at = np.rint(fit.mesh[:, :2]).astype(int)
    in_window = ((at >= 0) & (at < n)).all(1)
    x, y = np.clip(at, 0, n - 1).T
    mesh = fit.mesh.copy()
    for side in (0, 1):
        arm = [Group.UPPER_ARM_L + side, Group.FOREARM_L + side]
        region = np.isin(binding.group, arm)
        if region.any():
            apart = cv2.distanceTransform((~region).astype(np.uint8), cv2.DIST_L2, 5)
            own = np.isin(groups, arm) & in_window & (apart[y, x] <= BESIDE * fit.trunk_px)
            mesh[own] = kept_within(mesh[own], region)
    return mesh


def given(
    vertices: Array, triangles: NDArray[np.int32], binding: Binding, behind_px: float
) -> NDArray[np.bool_]:
    """``[t]``: False for triangles that would hide what the photo shows, in the photo's own pose.

    :param behind_px: how far behind a triangle the photo's own pixels still hide it.
    """
    result = np.ones(len(triangles), np.bool_)
    for _ in range(ROUNDS):  # behind what goes lies its other side
        front = rasterise(vertices, triangles, binding.reached.shape, keep=result)
        shown = (front.triangle >= 0) & binding.reached
        number = front.triangle[shown]
        before = front.depth[shown] + behind_px <= binding.depth[shown]
        count = np.bincount(number, minlength=len(triangles))
        wrong = np.bincount(number, before, len(triangles))
        denied = wrong > DENIED * count
        if not denied.any():
            break
        result &= ~denied
    return result
