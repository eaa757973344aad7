"""The plain numpy form of composing, in float64 over the whole window: the yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bunraku.kernels.layers.terms import (
    ALIKE_PX,
    AMID,
    AROUND,
    STEEPNESS,
    STILL_PX,
    TRACE,
    BodyMesh,
    Composed,
    PhotoMesh,
)
from bunraku.kernels.raster import reference
from bunraku.kernels.raster.terms import Raster
from bunraku.spec.arrays import Array
from bunraku.spec.tensors import WARPED_CHANNELS


def compose(
    sheets: Sequence[Raster], photo: PhotoMesh, raster: Raster, body: BodyMesh, behind: float
) -> Composed:
    """As ``bunraku.kernels.compose`` says."""
    n = len(photo.picture)
    under = _under(raster, body, behind, n)
    shown = under.filled.any(0)
    depth, place, part = _stack(sheets, photo, n)
    centres = np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1)
    still = np.clip(STILL_PX - np.abs(place - centres).max(-1), 0.0, 1.0)
    own = [_between(photo.picture, spot) for spot in place]
    alpha = [np.maximum(o[..., 3], s * photo.rim) for o, s in zip(own, still, strict=True)]
    amid = _amid(shown & ~(under.left & ~under.filled).any(0))
    for k, spot in enumerate(np.clip(np.rint(place), 0, n - 1).astype(int)):
        kept = np.maximum(photo.core[spot[..., 1], spot[..., 0]], still[k])
        alpha[k] = np.where(amid, alpha[k] * kept, alpha[k])

    rest, best = np.ones((n, n)), np.zeros((n, n))
    chosen, top = np.full((n, n), -1), np.full((n, n, 2), np.inf)
    shares, others = np.zeros(depth.shape), np.zeros((n, n, 3))
    for k in range(len(depth)):
        there = np.isfinite(depth[k])
        apart = there & ~_alike(place[k], top)
        rest = under.give(rest, others, apart & (under.surface <= depth[k]))
        there &= rest > 0
        shares[k] = np.where(there, np.minimum(part[k] * alpha[k], rest), 0.0)
        rest = rest - shares[k]
        counts = np.where(there, shares[k] + TRACE * part[k], 0.0)
        better = counts > best
        best, chosen = np.where(better, counts, best), np.where(better, k, chosen)
        top[better] = place[k][better]
    rest = under.give(rest, others, under.filled)

    covered = chosen >= 0
    mask, trusted = 1.0 - rest, np.where(covered, TRACE, 0.0)
    warped = np.zeros((n, n, WARPED_CHANNELS))
    for k in range(len(depth)):
        alike = covered & _alike(place[k], top)
        trusted = trusted + np.where(alike, shares[k], 0.0)
        others = others + np.where(alike, 0.0, shares[k])[..., None] * own[k][..., :3]
        warped[chosen == k, :3] = own[k][chosen == k, :3]
    total = np.where(covered, mask + TRACE, np.maximum(mask, 1e-12))[..., None]
    image = (others + trusted[..., None] * warped[..., :3]) / total
    warped[..., 3] = covered
    flow = np.where(covered[..., None], (top - centres) * (2.0 / n), 0.0)
    kind = np.where(covered, 2, shown)
    trust = trusted[..., None] / total
    around = np.concatenate([image, trust, mask[..., None], warped], -1), flow
    around, flow = _extended(*around, kind)
    image, trust, lent, warped = np.split(around, [3, 4, 5], -1)
    near = sum(_shifted(kind == 2, *step).astype(float) for step in AROUND) / 9
    mask = np.where((kind == 0) & (near > 0), lent[..., 0] ** 2 * near, mask)
    planes = (image, mask[..., None], trust, warped, flow)
    return Composed(*(p.transpose(2, 0, 1)[None].astype(np.float32) for p in planes))


def _whole(raster: Raster, n: int) -> Raster:
    """The raster in the whole window."""
    (top, left), (height, width) = raster.origin, raster.triangle.shape
    beyond = (top, n - top - height), (left, n - left - width)
    return Raster(
        np.pad(raster.depth, beyond, constant_values=np.inf),
        np.pad(raster.triangle, beyond, constant_values=-1),
        np.pad(raster.bary, (*beyond, (0, 0))),
    )


@dataclass(frozen=True)
class _Under:
    """What the body shows at each pixel: of the nine that are the pixel and those around it."""

    filled: Any
    """``[9,n,n]``: whether the body is there."""
    surface: Any
    """``[9,n,n]``: from which depth on it hides the photo; +inf where it is not."""
    parts: list[tuple[Any, Any]]
    """Of its nearer part, and of what it has behind that: which of the nine, and ``[n,n,3]``, its
    colours."""
    left: Any
    """``[9,n,n]``: those in the window that have not had their share yet."""

    def give(self, rest: Any, onto: Any, hides: Any) -> Any:
        """What is left of a pixel after those of the nine that hide it; their colours are added."""
        for part, colours in self.parts:
            takes = hides & part & self.left
            share = rest * (takes.sum(0) / np.maximum(self.left.sum(0), 1))
            onto += share[..., None] * colours
            rest = rest - share
            self.left[takes] = False
        return rest


def _under(raster: Raster, body: BodyMesh, behind: float, n: int) -> _Under:
    """The body at each pixel of the window."""
    raster = _whole(raster, n)
    cover = raster.triangle >= 0
    place = reference.interpolate(raster.triangle, raster.bary, body.triangles, body.place)
    mix = reference.interpolate(raster.triangle, raster.bary, body.triangles, body.mix[:, None])
    told = np.concatenate([place, body.plane[raster.triangle], mix], -1).astype(float)
    colours = np.zeros((n, n, 3))
    for k, picture in enumerate(body.planes):
        seen = _between(picture, told[..., :2])
        for which, share in ((2, 1.0 - told[..., 4]), (3, told[..., 4])):
            its = cover & (told[..., which] == k)
            colours[its] += (seen * share[..., None])[its]
    steps = (0, 0), *AROUND
    filled, left, shades = (
        np.array([_shifted(values, *step) for step in steps])
        for values in (cover, np.ones((n, n), np.bool_), colours)
    )
    own = np.where(cover, raster.depth.astype(float), np.inf)
    depths = np.array([_shifted(own, *step, beyond=np.inf) for step in steps])
    near = filled & (depths <= depths.min(0) + behind)
    parts = [
        (its, np.take_along_axis(shades, its.argmax(0)[None, ..., None], 0)[0])
        for its in (near, filled & ~near)
    ]
    return _Under(filled, depths + behind, parts, left)


def _filled(cover: Any) -> Any:
    """How much of each pixel and of those around it, within the window, is covered."""
    near = ((0, 0), *AROUND)
    there = sum(_shifted(cover.astype(float), *step) for step in near)
    return there / sum(_shifted(np.ones(cover.shape), *step) for step in near)


def _amid(cover: Any) -> Any:
    """Whether the body goes on each way from a pixel."""
    reach = -(-len(cover) // AMID)
    ways = (0, 0), (reach, 0), (-reach, 0), (0, reach), (0, -reach)
    return np.all([_shifted(cover, *way, reach) for way in ways], 0)


def _edged(cover: Any) -> Any:
    """``_filled`` of what lies at an edge: without one of the four pixels beside it."""
    inside = np.pad(cover, 1)
    beside = inside[:-2, 1:-1] & inside[2:, 1:-1] & inside[1:-1, :-2] & inside[1:-1, 2:]
    return np.where(beside, 1.0, _filled(cover))


def _stack(sheets: Sequence[Raster], photo: PhotoMesh, n: int) -> tuple[Any, Any, Any]:
    """Depth ``[g,n,n]``, place and part of each group, the nearest first."""
    depths, places, parts = [], [], []
    edged = _edged(np.any([_whole(sheet, n).triangle >= 0 for sheet in sheets], 0))
    for sheet, members in zip(sheets, photo.members, strict=True):
        whole = _whole(sheet, n)
        place = reference.interpolate(whole.triangle, whole.bary, photo.triangles, photo.place)
        own = _between(members[..., None], place)[..., 0]
        soft = np.clip((own - 0.5) * STEEPNESS + 0.5, 0.0, 1.0)
        places.append(place.astype(float))
        shares = photo.share[:, None]
        share = reference.interpolate(whole.triangle, whole.bary, photo.triangles, shares)[..., 0]
        depths.append(np.where(share > 0, whole.depth, np.inf))
        parts.append(np.where(photo.cut[whole.triangle], soft, 1.0) * share * edged)
    order = np.argsort(depths, 0, kind="stable")
    depth, part = (np.take_along_axis(np.array(a), order, 0) for a in (depths, parts))
    return depth, np.take_along_axis(np.array(places), order[..., None], 0), part


def _alike(place: Any, other: Any) -> Any:
    return np.abs(place - other).max(-1) < ALIKE_PX


def _between(picture: Array, place: Any) -> Any:
    """``[n,n,c]`` of a picture at places, bilinear; beyond its edge the edge."""
    n = len(picture)
    x, y = np.clip(place, 0, n - 1).transpose(2, 0, 1)
    column, row = (np.minimum(a.astype(int), n - 2) for a in (x, y))
    fx, fy = (x - column)[..., None], (y - row)[..., None]
    above = picture[row, column] * (1 - fx) + picture[row, column + 1] * fx
    below = picture[row + 1, column] * (1 - fx) + picture[row + 1, column + 1] * fx
    return above * (1 - fy) + below * fy


def _shifted(values: Any, down: int, right: int, most: int = 1, beyond: float = 0.0) -> Any:
    """At each pixel what another has, at most so far away; ``beyond`` the window that."""
    height, width = values.shape[:2]
    sides = ((most, most), (most, most), *((0, 0),) * (values.ndim - 2))
    padded = np.pad(values, sides, constant_values=beyond)
    return padded[most + down : most + down + height, most + right : most + right + width]


def _extended(around: Any, flow: Any, kind: Any) -> tuple[Any, Any]:
    """Pixels that show nothing have all of a neighbour's, those of the body alone its flow."""
    most = np.max([_shifted(kind, *step) for step in ((0, 0), *AROUND)], 0)
    all_of, flows, done = around.copy(), flow.copy(), most == kind
    for step in AROUND:
        new = ~done & (_shifted(kind, *step) == most)
        flows[new & (most == 2)] = _shifted(flow, *step)[new & (most == 2)]
        all_of[new & (kind == 0)] = _shifted(around, *step)[new & (kind == 0)]
        done |= new
    return all_of, flows
