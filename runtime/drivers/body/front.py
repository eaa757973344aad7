"""What the camera sees of the fitted body, and to which bone the photo's pixels are nearest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, spread
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import GROUP, Group, Groups
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.regions import grown
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES

GROWN_PX = 2
"""How far beyond the outline pixels are bound: soft edges lie there."""


@dataclass(frozen=True, eq=False)
class Front:
    """What the camera sees of the body, or of one group of its bones alone."""

    shown: NDArray[np.bool_]
    """``[n, n]``"""
    weights: Array
    """``[n, n, 15]``, of the bones; 0 where there is none of it."""
    depth: Array
    """``[n, n]``, in pixels; infinite there."""

    @classmethod
    def of(
        cls, fit: Fit, weights: Array, triangles: NDArray[np.int32], *, cull: bool = False
    ) -> Front:
        """:param weights: ``body_weights``. :param triangles: ``[t, 3]``, of the template.
        :param cull: leave out what is seen from within.
        """
        n = len(fit.inside)
        raster = rasterise(fit.mesh, triangles, (n, n), cull=cull)
        return cls(raster.triangle >= 0, interpolate(raster, triangles, weights), raster.depth)


def body_weights(fit: Fit) -> Array:
    """``[v, 15]``: the template's weights, fingers counted as their hand."""
    weights = np.zeros((len(fit.mesh), BODY_BONES), np.float32)
    for column in range(fit.template.bones.shape[1]):
        bones = POSED_BY[fit.template.bones[:, column]]
        weights[np.arange(len(weights)), bones] += fit.template.weights[:, column]
    return weights


def fitted_groups(fit: Fit) -> Groups:
    """``[n, n]``: to which limb of the fitted body each pixel of the person is nearest."""
    bone = nearest_bone(fit, Front.of(fit, body_weights(fit), fit.template.triangles))
    return np.where(bone >= 0, GROUP[bone], Group.NOBODY).astype(np.int32)


def nearest_bone(fit: Fit, front: Front) -> NDArray[np.int32]:
    """``[n, n]``: the bone whose surface each pixel of the person is nearest to; -1 elsewhere."""
    ring = grown(fit.inside, GROWN_PX)
    origin, _ = spread(ring, front.shown & ring)
    bone = front.weights.argmax(-1).ravel()[np.maximum(origin, 0)]
    return np.where(origin >= 0, bone, -1).astype(np.int32)
