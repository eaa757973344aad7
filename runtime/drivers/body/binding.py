"""A layer of a photo's pixels, and the bones that carry each of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import spread
from bunraku.runtime.drivers.body.bending import bend
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.front import Front
from bunraku.runtime.drivers.body.groups import GROUP, Group, Groups
from bunraku.runtime.drivers.body.parts import part_known_hands, parts_of
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES

DEPTH_STEP = 0.22
"""Depths that differ by more, in lengths of the trunk, are of two surfaces."""


@dataclass(frozen=True, eq=False)
class Binding:
    """A layer of the photo's person, pixel by pixel."""

    reached: NDArray[np.bool_]
    """``[n, n]``: the outline and a little more; the rest of the arrays counts there."""
    weights: Array
    """``[n, n, 15]``, of the bones; they sum to 1."""
    bone: NDArray[np.int32]
    """``[n, n]``: the bone whose surface is nearest; -1 elsewhere."""
    part: NDArray[np.int32]
    """``[n, n]``, of ``HANGING``; -1 elsewhere."""
    depth: Array
    """``[n, n]``, in pixels."""
    distance: Array
    """``[n, n]``: how far that surface is, in pixels; 0 on it."""

    @property
    def group(self) -> Groups:
        """``[n, n]``: to which limb each pixel belongs."""
        return np.where(self.bone >= 0, GROUP[np.maximum(self.bone, 0)], Group.NOBODY)


def bind_region(fit: Fit, surface: Front, region: NDArray[np.bool_], group: int) -> Binding:
    """A region that belongs to one group of bones, each pixel to the nearest of its surface."""
    known = surface.shown & region
    known = known if known.any() else surface.shown
    origin, distance = spread(region, known)
    far = region & (origin < 0)
    if far.any() and known.any():  # an island of its own
        origin = np.where(far, nearest_reached(known), origin)
        distance = np.where(far, distance_to(known), distance)
    reached = origin >= 0
    at = origin[reached]  # of a limb a small part of the window
    own = surface.weights.reshape(-1, BODY_BONES).take(at, 0)
    weights = np.zeros((*region.shape, BODY_BONES), own.dtype)
    weights[reached] = own
    bone = np.full(region.shape, -1, np.int32)
    bone[reached] = np.where(group == GROUP, own, -1.0).argmax(-1)
    depth = np.zeros(region.shape, np.float32)
    depth[reached] = surface.depth.ravel().take(at)
    part_known_hands(fit, weights, bone)
    far_off = np.where(reached, distance, np.inf).astype(np.float32)
    return Binding(reached, weights, bone, parts_of(fit, bone), depth, far_off)


def joined(layers: list[Binding]) -> Binding:
    """Layers that do not lie over each other as one: the first, written into."""
    first, *others = layers
    for layer in others:
        for field in fields(Binding):
            getattr(first, field.name)[layer.reached] = getattr(layer, field.name)[layer.reached]
    return first


def put_behind(layer: Binding, whole: Binding, apart: float) -> Binding:
    """What is hidden lies behind what hides it, whatever the fitted depths say."""
    under = layer.reached & whole.reached & (whole.group != layer.group)
    depth = np.where(under, np.maximum(layer.depth, whole.depth + np.float32(apart)), layer.depth)
    return replace(layer, depth=depth)


def relaxed(fit: Fit, layer: Binding) -> Binding:
    """Weights and depth smoothed within what hangs together."""
    weights, depth = bend(
        layer.weights,
        layer.depth,
        layer.reached,
        layer.part,
        DEPTH_STEP * fit.trunk_px,
        fit.trunk_px,
    )
    # Where the body is seen its pixels lie on it, not behind: it would show through.
    depth = np.where(layer.distance == 0, np.minimum(depth, layer.depth), depth)
    return replace(layer, weights=weights, depth=depth)
