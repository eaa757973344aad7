"""The shape of an arm that is made anew: how thick it is, and how it lies behind the photo's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.parting import Group
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.body.sleeves import Sleeve
from bunraku.runtime.drivers.body.turning import cross, unit
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

ARM_BONES = (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L)
"""The left one's, from the shoulder to the wrist."""
THICKEST = 1.18, 1.06
"""How thick a bare upper arm and forearm may be, in the template's."""


def as_thick(fit: Fit, unrolled: Unrolled, sleeve: Sleeve, side: int) -> Array:
    """``Fit.placed`` with a bare arm no thicker than it may be: at the end of a forearm the outline
    is that of the hand before it."""
    result = fit.placed.copy()
    if sleeve.end > 1.0:
        return result
    for bone, along, most in zip(ARM_BONES, np.diff(unrolled.ends, axis=0), THICKEST, strict=True):
        own = bone + side
        across = unit(cross(along, np.array([0.0, 0.0, 1.0]))[None])[0]
        girth = float(np.linalg.norm(fit.placed[own, :, :3] @ across)) / fit.stance.size
        share = min(most / girth, 1.0)
        frames, inverse = fit.stance.frames[own], fit.stance.inverse[own]
        thinner = frames @ np.diag([1.0, share, share, 1.0]) @ inverse
        result[own] = thinner[:3, :3] @ fit.placed[own]
        result[own, :, 3] += thinner[:3, 3]
    return result


def tucked(
    mesh: Array,
    region: NDArray[np.bool_],
    binding: Binding,
    held: NDArray[np.bool_],
    apart: float,
) -> Array:
    """A mesh within a region of the window, behind the photo's own pixels, the trunk's too: its
    triangles reach across what lies between the pieces of the region.

    :param held: ``[v]``: what stays where it is. :param apart: how far behind the trunk's front.
    """
    n = len(region)
    x, y = np.clip(np.rint(mesh[:, :2]), 0, n - 1).astype(int).T
    at = nearest_reached(region)[y, x]
    result = mesh.copy()
    beside = ~(region[y, x] | held)
    result[beside, 0], result[beside, 1] = at[beside] % n, at[beside] // n
    trunk = binding.depth[binding.reached & (binding.group == Group.TRUNK)]
    back = float(np.median(trunk)) if len(trunk) else -np.inf
    behind = np.maximum(np.maximum(result[:, 2], binding.depth.ravel()[at]), back + apart)
    result[:, 2] = np.where(held, result[:, 2], behind)
    return result
