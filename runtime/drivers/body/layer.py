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
from bunraku.runtime.drivers.body.parting import ARMS, GROUP, Group
from bunraku.runtime.drivers.body.texture import CLOTH
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

BESIDE = 0.2
"""How far beside its arm the body's may stand to be moved there, in trunks."""
ROUNDS = 6
DENIED = 0.5
"""The share of a triangle's pixels that must be another part's."""
LIFTED = 0.03
"""How much nearer than bound a hidden cloth lies, in trunks: it goes before the body in it."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The mesh of what lies behind the photo's own pixels: the template, and what is added to it.

    The template's triangles come first and keep their numbers.
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
    given: NDArray[np.bool_]
    """``[t]``: False where the photo shows that there is none."""


def make_layer(
    fit: Fit, binding: Binding, hidden: Sequence[Binding], cloth: NDArray[np.int32]
) -> Layer:
    """The body of a photo's person, and the hidden layers of its binding.

    :param cloth: ``[t]``, of the template's triangles.
    """
    template = fit.template
    mesh = settled(fit, binding)
    keep = given(fit, mesh, binding)
    layers = [Layer(mesh, template.weights, template.bones, template.triangles, cloth, keep)]
    count = len(mesh)
    for cloths in hidden:
        grid = make_grid(cloths, fit.trunk_px, None)
        vertices = grid.vertices - np.array([0.0, 0.0, LIFTED * fit.trunk_px], np.float32)
        kinds = CLOTH[grid.bone[grid.triangles[:, 0]]].astype(np.int32)
        every = np.ones(len(kinds), np.bool_)
        triangles = grid.triangles + np.int32(count)
        layers.append(Layer(vertices, grid.weights, grid.bones, triangles, kinds, every))
        count += len(vertices)
    names = ("vertices", "weights", "bones", "triangles", "cloth", "given")
    arrays = (np.concatenate([getattr(layer, name) for layer in layers]) for name in names)
    return Layer(*(np.ascontiguousarray(array) for array in arrays))


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


def given(fit: Fit, mesh: Array, binding: Binding) -> NDArray[np.bool_]:
    """``[t]``: False for the arms' triangles that would lie before what the photo shows there."""
    triangles = fit.template.triangles
    bones = main_bones(fit.template)[triangles[:, 0]]
    groups = GROUP[bones]
    arms, hands = np.isin(groups, ARMS), np.isin(bones, [BodyBone.HAND_L, BodyBone.HAND_R])
    result = np.ones(len(triangles), np.bool_)
    for _ in range(ROUNDS):  # behind what goes lies its other side
        front = rasterise(mesh, triangles, fit.inside.shape, keep=result).triangle
        shown = (front >= 0) & fit.inside
        number = front[shown]
        photo, body = binding.group[shown], groups[number]
        other = photo != body
        # Where the elbow is, upper arm and forearm go over into each other.
        other &= hands[number] | ~(np.isin(photo, ARMS) & ((photo - body) % 2 == 0))
        count = np.bincount(number, minlength=len(triangles))
        wrong = np.bincount(number, other, len(triangles))
        denied = arms & (wrong > DENIED * count)
        if not denied.any():
            break
        result &= ~denied
    return result
