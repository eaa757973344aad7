"""Which bones carry each pixel of the photo's person, hair, sleeves and skirts included."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, relax, spread
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import ADJACENT, BODY_BONES

GROWN_PX = 2
"""How far beyond the outline pixels are bound: soft edges lie there."""
DEPTH_STEP = 0.22
"""Depths that differ by more, in lengths of the trunk, are of two surfaces."""
RELAXING = 40
"""Steps of smoothing: how wide a joint bends, in pixels, goes with their root."""

NEIGHBOURS = np.array(ADJACENT, np.bool_)[:BODY_BONES, :BODY_BONES]
"""``[15, 15]``, which bones touch."""


@dataclass(frozen=True, eq=False)
class Binding:
    """The photo's person, pixel by pixel."""

    reached: NDArray[np.bool_]
    """``[n, n]``: the outline and a little more; the rest of the arrays counts there."""
    weights: Array
    """``[n, n, 15]``, of the bones; they sum to 1."""
    bone: NDArray[np.int32]
    """``[n, n]``: the bone whose surface is nearest; -1 elsewhere."""
    depth: Array
    """``[n, n]``, in pixels."""
    distance: Array
    """``[n, n]``: how far that surface is, in pixels; 0 on it."""


def body_weights(fit: Fit) -> Array:
    """``[v, 15]``: the template's weights, fingers counted as their hand."""
    weights = np.zeros((len(fit.mesh), BODY_BONES), np.float32)
    for column in range(fit.template.bones.shape[1]):
        bones = POSED_BY[fit.template.bones[:, column]]
        weights[np.arange(len(weights)), bones] += fit.template.weights[:, column]
    return weights


def bind_pixels(fit: Fit) -> Binding:
    """Weights from the front-most surface, spread where the body does not reach, relaxed."""
    n = len(fit.inside)
    triangles = fit.template.triangles
    raster = rasterise(fit.mesh, triangles, (n, n))
    own = interpolate(raster, triangles, body_weights(fit))
    square = np.ones((2 * GROWN_PX + 1,) * 2, np.uint8)
    ring = cv2.dilate(fit.inside.astype(np.uint8), square) > 0
    shown = (raster.triangle >= 0) & ring
    origin, distance = spread(ring, shown)
    reached = origin >= 0
    at = np.where(reached, origin, 0)
    bone = np.where(reached, own.argmax(-1).ravel()[at], -1).astype(np.int32)
    weights = np.ascontiguousarray(own.reshape(-1, BODY_BONES)[at] * reached[..., None])
    depth = np.where(reached, raster.depth.ravel()[at], 0.0).astype(np.float32)
    label = np.maximum(bone, 0)
    tolerance = DEPTH_STEP * fit.trunk_px
    weights, depth = relax(weights, reached, label, depth, NEIGHBOURS, tolerance, RELAXING)
    # Where the body is seen its pixels lie on it, not behind: it would show through.
    depth = np.where(shown, np.minimum(depth, raster.depth), depth)
    return Binding(reached, weights, bone, depth, distance)


def nearest_reached(reached: NDArray[np.bool_]) -> NDArray[np.int64]:
    """``[n, n]``: of every pixel the flat index of the nearest reached one."""
    _, label = cv2.distanceTransformWithLabels(
        (~reached).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    flat = np.flatnonzero(reached)
    first = np.zeros(int(label.max()) + 1, np.int64)
    first[label.ravel()[flat]] = flat
    return np.asarray(first[label], np.int64)
