"""The trunk's cloth before thighs that the photo shows raised: of who squats, bends or sits.

The fitted body has those thighs before its trunk, where the photo has a shirt's hem: legs that are
stretched would carry it down with them. And of what lies in the lap nothing is seen: the body has
there what its thighs wear, from as far below the waist on as the hem is seen elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group, Groups
from bunraku.runtime.drivers.body.palette import apart_from, common_colours, without_grain
from bunraku.runtime.drivers.body.regions import grown, nearest_reached, opened
from bunraku.runtime.drivers.thighs import raised_thighs
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE
from bunraku.spec.skeleton import TRUNK_BONES, BodyBone

LOWER = 0.4
"""Of a thigh's length: from there on it has no cloth of the trunk's."""
TOLD = 0.8
"""The share of either that must look like itself, if the two are to be told apart."""
REACH = 0.35
"""How far such cloth lies from what of the trunk was fitted to be seen, and from the thighs, in
lengths of the trunk."""
THREAD_PX = 1.0
"""What is narrower than twice as much is none."""
EDGE_PX, DEEP_PX = 1.0, 2.0
"""How far its colours run into the thigh's, and from how far beyond it on these are the thigh's."""
FEWEST = 60
"""Pixels from which colours mean anything."""


@dataclass(frozen=True, eq=False)
class Lap:
    """What the photo tells of a lap."""

    cloth: Region
    """``[n, n]``: the trunk's, near raised thighs."""
    thigh: NDArray[np.int32]
    """``[v]``, of the template's vertices: the ``Cloth`` of the thigh whose colours the trunk has
    there, below its cloth's hem; -1 elsewhere."""
    lends: Region
    """``[n, n]``: what of trunk and thighs shows that colour."""

    def cloths(self, triangles: NDArray[np.int32], cloth: NDArray[np.int32]) -> NDArray[np.int32]:
        """``[t]``: ``cloth`` with the thighs' where all corners have it."""
        corners = self.thigh[triangles]
        return np.where((corners >= 0).all(1), corners.max(1), cloth).astype(np.int32)

    def places(self, vertices: Array) -> Array:
        """``[v, 2]``: where the template's vertices ``[v, 3]`` read their colours: in the lap there
        are others.
        """
        result = vertices[:, :2].copy()
        below = self.thigh >= 0
        n = len(self.lends)
        x, y = np.clip(np.rint(result[below]), 0, n - 1).astype(int).T
        at = nearest_reached(self.lends)[y, x]
        result[below] = np.stack([at % n, at // n], 1)
        return result

    def hems(self, triangles: NDArray[np.int32]) -> NDArray[np.int32]:
        """``[t]``: the thigh's cloth into which the trunk's goes over there; -1 elsewhere."""
        corners = self.thigh[triangles]
        across = (corners >= 0).any(1) & (corners < 0).any(1)
        return np.where(across, corners.max(1), -1).astype(np.int32)


def find_lap(fit: Fit, groups: Groups, bone: NDArray[np.int32], window: Picture) -> Lap | None:
    """The lap of a photo's person; None where no thigh is raised, or trunk and thighs are alike.

    :param groups: ``[n, n]``. :param bone: ``[n, n]``, of the fitted body.
    :param window: ``[n, n, 3]`` uint8.
    """
    sides = [side for side, up in enumerate(raised_thighs(fit.stance.points)) if up]
    if not sides:
        return None
    trunk = fit.inside & (groups == Group.TRUNK)
    legs = fit.inside & np.isin(groups, [Group.LEG_L + side for side in sides])
    bare = fit.inside & _lower_thighs(fit, bone, sides) & legs
    chest = trunk & (bone == BodyBone.CHEST)
    if min(int(bare.sum()), int(chest.sum())) < FEWEST:
        return None
    lab = without_grain(window, fit.fine)
    own, other = (apart_from(lab, common_colours(lab[one])[0]) for one in (chest, bare))
    alike = own < other
    if min(float(alike[chest].mean()), 1.0 - float(alike[bare].mean())) < TOLD:
        return None
    far = REACH * fit.trunk_px
    cloth = alike & (trunk | legs & (distance_to(trunk) <= far))
    cloth = _with(opened(cloth, THREAD_PX * fit.fine), chest)
    bare = trunk & ~cloth & ~alike
    thigh = _below(fit, trunk & alike | cloth, bare)
    deep = ~grown(~fit.inside | alike, round(DEEP_PX * fit.fine))
    lends = deep & bare if (deep & bare).sum() >= FEWEST else deep & legs
    if not lends.any():
        return None
    cloth = grown(cloth, round(EDGE_PX * fit.fine)) & (trunk | legs) & (distance_to(legs) <= far)
    return Lap(cloth, thigh, lends)


def without_thighs(weights: Array) -> Array:
    """Weights ``[k, 15]`` of cloth that no thigh carries."""
    result = weights.copy()
    thighs = [BodyBone.THIGH_L, BodyBone.THIGH_R]
    result[:, BodyBone.PELVIS] += result[:, thighs].sum(1)
    result[:, thighs] = 0.0
    return result


def _lower_thighs(fit: Fit, bone: NDArray[np.int32], sides: list[int]) -> Region:
    """``[n, n]``: pixels of these thighs beyond the lap."""
    y, x = np.mgrid[: len(bone), : len(bone)]
    result = np.zeros(bone.shape, np.bool_)
    for side in sides:
        start, end = fit.stance.points[[LEFT_HIP + side, LEFT_KNEE + side], :2]
        along = end - start
        share = (x - start[0]) * along[0] + (y - start[1]) * along[1]
        lower = share > LOWER * max(float(along @ along), 1e-6)
        result |= (bone == BodyBone.THIGH_L + side) & lower
    return result


def _with(region: Region, core: Region) -> Region:
    """The pieces of a region that have some of a core."""
    _, piece = cv2.connectedComponents(region.astype(np.uint8))
    return np.asarray(region & np.isin(piece, np.unique(piece[region & core])))


def _below(fit: Fit, cloth: Region, other: Region) -> NDArray[np.int32]:
    """``Lap.thigh``, by where the trunk at rest has its own cloth, and where the thighs'.

    :param cloth: ``[n, n]``, the trunk's own. :param other: what else of it looks like the thighs.
    """
    template, n = fit.template, len(fit.inside)
    main = main_bones(template)
    of_trunk = np.isin(main, TRUNK_BONES)
    triangles = np.ascontiguousarray(template.triangles[of_trunk[template.triangles].all(1)])
    raster = rasterise(fit.mesh, triangles, (n, n), cull=True)
    height = interpolate(raster, triangles, template.vertices[:, 1:2])[..., 0]
    there = raster.triangle >= 0
    hem = _hem(height[there & cloth], height[there & other])
    left = template.vertices[:, 0] * template.landmarks[LEFT_HIP, 0] > 0.0
    below = (main == BodyBone.PELVIS) & (template.vertices[:, 1] > hem)
    thigh = np.where(left, Cloth.THIGH_L, Cloth.THIGH_R)
    return np.where(below, thigh, -1).astype(np.int32)


def _hem(cloth: Array, other: Array) -> float:
    """How far down one cloth reaches, with the fewest pixels on the wrong side.

    :param cloth: ``[k]`` and :param other: ``[m]``: heights of pixels, downwards.
    """
    heights = np.concatenate([cloth, other])
    order = np.argsort(heights, kind="stable")
    is_cloth = (order < len(cloth)).astype(np.int64)
    wrong = np.cumsum(1 - is_cloth) + is_cloth.sum() - np.cumsum(is_cloth)
    return float(heights[order[wrong.argmin()]]) if len(wrong) else np.inf
