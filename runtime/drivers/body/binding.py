"""Which bones carry each pixel of the photo's person, hair, sleeves and skirts included."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, relax, spread
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.hair import find_hair
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.hidden import covers_of, hidden_by
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.parting import (
    GROUP,
    GROUPS,
    Group,
    Groups,
    follow_edges,
)
from bunraku.runtime.drivers.body.regions import distance_to, grown, nearest_reached
from bunraku.runtime.drivers.body.skull import Skull
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER
from bunraku.spec.skeleton import ADJACENT, BODY_BONES, BodyBone

GROWN_PX = 2
"""How far beyond the outline pixels are bound: soft edges lie there."""
DEPTH_STEP = 0.22
"""Depths that differ by more, in lengths of the trunk, are of two surfaces."""
RELAXING = 40
"""Steps of smoothing: how wide a joint bends, in pixels, goes with their root."""
ARMPIT = 0.4
"""Of the upper arm's length: from there on it hangs beside the trunk and not on it."""
UNDER = 0.05
"""How far behind what hides it a hidden cloth lies at least, in trunks."""
FREE = BODY_BONES
"""Number of the part that is the left upper arm below the armpit; the right one's is the next."""
HAIR = FREE + 2
"""Number of the part that is hair."""
_UPPER_ARMS = (BodyBone.UPPER_ARM_L, BodyBone.UPPER_ARM_R)


def _hanging() -> NDArray[np.bool_]:
    result = np.zeros((HAIR + 1, HAIR + 1), np.bool_)
    result[:FREE, :FREE] = np.array(ADJACENT)[:BODY_BONES, :BODY_BONES]
    for side in (0, 1):
        arm = BodyBone.UPPER_ARM_L + side
        own = [arm, FREE + side, BodyBone.FOREARM_L + side]
        result[FREE + side, own] = result[own, FREE + side] = True
    under_hair = [BodyBone.CHEST, BodyBone.PELVIS, BodyBone.HEAD, HAIR]
    result[HAIR, under_hair] = result[under_hair, HAIR] = True
    return result


HANGING = _hanging()
"""``[18, 18]``, which parts hang together: bones, the upper arms below the armpit, and hair."""


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


@dataclass(frozen=True, eq=False)
class Bound:
    """All that a photo shows of its person, or hides behind what it shows."""

    whole: Binding
    """The photo's own pixels."""
    hidden: tuple[Binding, ...]
    """What its arms hide of it, a layer each."""
    head: Head
    skull: Skull | None
    """The form of its head; None of one that looks away."""
    hair: NDArray[np.bool_]
    """``[n, n]``"""


@dataclass(frozen=True, eq=False)
class _Surface:
    """What the camera sees of the body, or of one group of its bones alone."""

    shown: NDArray[np.bool_]
    weights: Array
    depth: Array

    @classmethod
    def of(cls, fit: Fit, weights: Array, triangles: NDArray[np.int32]) -> _Surface:
        n = len(fit.inside)
        raster = rasterise(fit.mesh, triangles, (n, n))
        return cls(raster.triangle >= 0, interpolate(raster, triangles, weights), raster.depth)


def body_weights(fit: Fit) -> Array:
    """``[v, 15]``: the template's weights, fingers counted as their hand."""
    weights = np.zeros((len(fit.mesh), BODY_BONES), np.float32)
    for column in range(fit.template.bones.shape[1]):
        bones = POSED_BY[fit.template.bones[:, column]]
        weights[np.arange(len(weights)), bones] += fit.template.weights[:, column]
    return weights


def bind_photo(fit: Fit, window: Picture, face: Array | None = None) -> Bound:
    """The photo's person, and what is hidden of it.

    Weights are those of the front-most surface, spread where the body does not reach, and relaxed.

    :param window: ``[n, n, 3]`` uint8.
    :param face: ``[478, 3]`` in its pixels, the points of the face; None if not known.
    """
    triangles = fit.template.triangles
    weights = body_weights(fit)
    front = _Surface.of(fit, weights, triangles)
    ring = grown(fit.inside, GROWN_PX)
    origin, _ = spread(ring, front.shown & ring)
    bone = front.weights.argmax(-1).ravel()[np.maximum(origin, 0)]
    fitted = np.where(origin >= 0, GROUP[bone], Group.NOBODY).astype(np.int32)
    groups = follow_edges(fitted, fit.inside, window, fit.stance.points, fit.trunk_px)
    head = Head.of(fit)
    hair = find_hair(fit, head, groups, window)
    groups[hair] = Group.TRUNK
    of_vertex = GROUP[weights.argmax(1)]
    bound, hidden = [], []
    covers = covers_of(fit, groups, np.isin(_parts(fit, bone.astype(np.int32)), _UPPER_ARMS))
    for group in range(GROUPS):
        own = triangles[(of_vertex[triangles] == group).any(1)]
        alone = _Surface.of(fit, weights, np.ascontiguousarray(own))
        seen = groups == group
        kept = seen & (fitted == group) & front.shown
        surface = _Surface(
            kept | alone.shown,
            np.where(kept[..., None], front.weights, alone.weights),
            np.where(kept, front.depth, alone.depth),
        )
        bound.append(_bind(fit, surface, seen, group))
        if group in covers:
            behind = hidden_by(fit, covers[Group(group)], seen, alone.shown)
            if behind.any():
                hidden.append(_relaxed(fit, _bind(fit, surface, behind, group)))
    whole = _with_head(_joined(bound), head, hair, front)
    own = whole.weights[hair]
    whole = _relaxed(fit, whole)
    whole.weights[hair] = own  # what it lies on hangs on arms too
    skull = None
    if not head.away:
        skull = Skull.of(fit, head, hair, front.depth, front.shown, face)
        own = whole.reached & (whole.group == Group.TRUNK)
        whole = replace(whole, depth=np.where(own, skull.placed(whole.depth), whole.depth))
        head = replace(head, middle=skull.middle)
    apart = UNDER * fit.trunk_px
    hidden = [_put_behind(one, whole, apart) for one in hidden]
    return Bound(whole, tuple(hidden), head, skull, hair)


def _bind(fit: Fit, surface: _Surface, region: NDArray[np.bool_], group: int) -> Binding:
    """A region that belongs to one group of bones, each pixel to the nearest of its surface."""
    known = surface.shown & region
    known = known if known.any() else surface.shown
    origin, distance = spread(region, known)
    far = region & (origin < 0)
    if far.any() and known.any():  # an island of its own
        origin = np.where(far, nearest_reached(known), origin)
        distance = np.where(far, distance_to(known), distance)
    reached = origin >= 0
    at = np.where(reached, origin, 0)
    weights = surface.weights.reshape(-1, BODY_BONES)[at] * reached[..., None]
    bone = np.where(group == GROUP, weights, -1.0).argmax(-1)
    bone = np.where(reached, bone, -1).astype(np.int32)
    depth = np.where(reached, surface.depth.ravel()[at], 0.0)
    return Binding(
        reached,
        np.ascontiguousarray(weights, np.float32),
        bone,
        _parts(fit, bone),
        depth.astype(np.float32),
        np.where(reached, distance, np.inf).astype(np.float32),
    )


def _parts(fit: Fit, bone: NDArray[np.int32]) -> NDArray[np.int32]:
    """``Binding.part``: an upper arm is of two parts."""
    rows, columns = np.indices(bone.shape)
    result = bone.copy()
    for side in (0, 1):
        start, end = fit.stance.points[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :2]
        along = end - start
        share = (columns - start[0]) * along[0] + (rows - start[1]) * along[1]
        free = share > ARMPIT * max(float(along @ along), 1e-6)
        result[(bone == BodyBone.UPPER_ARM_L + side) & free] = FREE + side
    return result


def _joined(layers: list[Binding]) -> Binding:
    """Layers that do not lie over each other as one: the first, written into."""
    first, *others = layers
    for layer in others:
        for field in fields(Binding):
            getattr(first, field.name)[layer.reached] = getattr(layer, field.name)[layer.reached]
    return first


def _with_head(whole: Binding, head: Head, hair: NDArray[np.bool_], front: _Surface) -> Binding:
    """The trunk's pixels with a head that goes over into it softly, and hair before all."""
    own = whole.reached & (whole.group == Group.TRUNK)
    carried = head.carry(whole.weights, whole.bone == BodyBone.HEAD, hair)
    weights = np.where(own[..., None], carried, whole.weights)
    nearer = carried[..., BodyBone.HEAD] >= 0.5
    kept = np.where(whole.bone == BodyBone.HEAD, BodyBone.CHEST, whole.bone)
    bone = np.where(own, np.where(nearer, BodyBone.HEAD, kept), whole.bone).astype(np.int32)
    part = np.where(own, np.where(hair, HAIR, bone), whole.part).astype(np.int32)
    on_top = own & hair & front.shown
    depth = np.where(on_top, np.minimum(whole.depth, front.depth), whole.depth)
    return replace(whole, weights=weights, bone=bone, part=part, depth=depth.astype(np.float32))


def _put_behind(layer: Binding, whole: Binding, apart: float) -> Binding:
    """What is hidden lies behind what hides it, whatever the fitted depths say."""
    under = layer.reached & whole.reached & (whole.group != layer.group)
    depth = np.where(under, np.maximum(layer.depth, whole.depth + np.float32(apart)), layer.depth)
    return replace(layer, depth=depth)


def _relaxed(fit: Fit, layer: Binding) -> Binding:
    """Weights and depth smoothed within what hangs together."""
    weights, depth = relax(
        layer.weights,
        layer.reached,
        np.maximum(layer.part, 0),
        layer.depth,
        HANGING,
        DEPTH_STEP * fit.trunk_px,
        RELAXING,
    )
    # Where the body is seen its pixels lie on it, not behind: it would show through.
    depth = np.where(layer.distance == 0, np.minimum(depth, layer.depth), depth)
    return replace(layer, weights=weights, depth=depth)
