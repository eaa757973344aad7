"""A bound photo as its bones carry it: the photo's own pixels, and behind them the body's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Raster, interpolate, rasterise, skin
from bunraku.runtime.drivers.body.binding import bind_photo
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.grid import Grid, hold_down, make_grid
from bunraku.runtime.drivers.body.layer import BEHIND, Layer, make_layer
from bunraku.runtime.drivers.body.parting import GROUP, GROUPS
from bunraku.runtime.drivers.body.surface import surface_of
from bunraku.runtime.drivers.body.texture import Cloth, Textures, make_textures
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.source.mask import shrunk
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ANKLE,
    LEFT_KNEE,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_KNEE,
    RIGHT_WRIST,
    VISIBLE,
)
from bunraku.spec.tensors import WARPED_CHANNELS

OWN_STEEPNESS = 3.0
"""Of the soft edge between two groups of bones at a cut."""
STILL_PX = 1.5
"""What moved less than one pixel less shows its rim as the photo has it, by degrees."""
RIM_PX = 0.8
"""How softly that fades out."""
_TRACE = np.float32(1e-4)
_TIPS = {
    Cloth.FOREARM_L: LEFT_WRIST,
    Cloth.FOREARM_R: RIGHT_WRIST,
    Cloth.HAND_L: LEFT_WRIST,
    Cloth.HAND_R: RIGHT_WRIST,
    Cloth.THIGH_L: LEFT_KNEE,
    Cloth.THIGH_R: RIGHT_KNEE,
    Cloth.SHIN_L: LEFT_ANKLE,
    Cloth.SHIN_R: RIGHT_ANKLE,
    Cloth.FOOT_L: LEFT_ANKLE,
    Cloth.FOOT_R: RIGHT_ANKLE,
}
"""Landmarks without which a driver does not show a kind of surface."""


@dataclass(frozen=True, eq=False)
class Body:
    """A photo's person, ready to be drawn in other poses."""

    fit: Fit
    grid: Grid
    layer: Layer
    textures: Textures
    picture: Array
    """``[n, n, 4]``: the window's colours, and the mask without its rim."""
    rim: Array
    """``[n, n]``: the mask with its rim and a little more."""
    by_group: tuple[NDArray[np.intp], ...]
    """Numbers of the grid's triangles, for each group of bones."""

    @classmethod
    def of(cls, source: Source, fit: Fit) -> Body:
        """Bind a photo to the body that was fitted to it."""
        binding, hidden = bind_photo(fit, source.window)
        edge = lower_edge(source)
        grid = make_grid(binding, fit.trunk_px, edge)
        textures = make_textures(fit, binding, hidden, source.window, source.mask)
        layer = make_layer(fit, binding, hidden, textures.cloth, edge)
        mask = shrunk(source.mask)[..., None]
        colours = source.window.astype(np.float32) / np.float32(255.0)
        drawn_by = np.where(grid.group >= 0, grid.group, GROUP[grid.bone[grid.triangles[:, 0]]])
        by_group = tuple(np.flatnonzero(drawn_by == group) for group in range(GROUPS))
        picture = np.concatenate([colours, mask], -1)
        wide = cv2.dilate(source.mask, np.ones((3, 3), np.uint8))
        rim = np.asarray(cv2.GaussianBlur(wide, (0, 0), RIM_PX), np.float32)
        return cls(fit, grid, layer, textures, picture, rim, by_group)

    def draw(self, transforms: Array, visibility: Array, size: int) -> tuple[Drawn, Array]:
        """The person with its bones moved, and its surface (``drivers.body.surface``).

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        :param visibility: ``[33]`` of the driver's landmarks: what neither the photo nor the
            driver shows is not made up.
        :param size: side of the surface in pixels.
        """
        n = len(self.picture)
        own, alpha, depth = self._photo_layer(transforms)
        place, shown, raster = self._body_layer(transforms, visibility)
        hidden = depth >= raster.depth + BEHIND * self.fit.trunk_px
        alpha[hidden & (shown > 0)] = 0.0
        part = _extent((alpha > 0) | (shown > 0))
        own, alpha, shown = (np.ascontiguousarray(a[part]) for a in (own, alpha, shown))
        warped = _planes(_read(self.picture, own))
        filled = raster.triangle[part] >= 0
        colours = _planes(_read(self.textures.planes, _extended(place[part], filled)))
        rows, columns = (np.arange(n, dtype=np.float32)[p] for p in part)
        flow = np.stack([own[..., 0] - columns, own[..., 1] - rows[:, None]])
        # What has not moved has its own background at its rim: there the photo needs no edge.
        still = np.clip(STILL_PX - np.abs(flow).max(0), 0.0, 1.0)
        covered = alpha > 0
        alpha *= np.maximum(warped[3], still * self.rim[part])
        warped[3] = 1.0
        mask = alpha + (np.float32(1.0) - alpha) * shown
        # Where next to nothing is shown colours still go on, for what is read between two pixels.
        trust = (alpha + _TRACE * covered) / (mask + _TRACE)
        image = warped[:3] - colours
        image *= trust
        image += colours
        flow *= np.float32(2.0 / n)
        flow = _planes(_extended(np.ascontiguousarray(flow.transpose(1, 2, 0)), covered))
        drawn = Drawn(
            image=_window(image, part, n),
            mask=_window(mask[None], part, n),
            trust=_window(trust[None], part, n),
            warped=_window(warped, part, n, WARPED_CHANNELS),
            flow=_window(flow, part, n),
        )
        return drawn, surface_of(raster, self.fit.template, size)

    def _photo_layer(self, transforms: Array) -> tuple[Array, Array, Array]:
        """Where in the photo each pixel comes from ``[n, n, 2]``, whether it does, its depth."""
        grid, n = self.grid, len(self.picture)
        moved = skin(grid.vertices, grid.weights, grid.bones, transforms)
        hold_down(moved, grid.vertices, grid.hold)
        whole = grid.whole(moved)
        place = np.ascontiguousarray(grid.vertices[:, :2])
        own = np.zeros((n * n, 2), np.float32)
        alpha, best = np.zeros(n * n, np.float32), np.full(n * n, -1.0, np.float32)
        depth = np.full(n * n, np.inf, np.float32)
        # A limb's soft edge must not hide the trunk behind it, and at a cut each side shows its
        # own pixels alone: so the nearest group wins that has something to show.
        for group, number in enumerate(self.by_group):
            if not len(number):
                continue
            triangles = np.ascontiguousarray(grid.triangles[number])
            keep = np.ascontiguousarray(whole[number])
            raster = rasterise(moved, triangles, (n, n), keep=keep, cull=True)
            at = np.flatnonzero(raster.triangle >= 0)
            there = _interpolated(raster, at, triangles, place)
            nearest = np.clip(np.rint(there), 0, n - 1).astype(np.int64)
            nearest = nearest[:, 1] * n + nearest[:, 0]
            split = grid.group[number][raster.triangle.ravel()[at]] >= 0
            member = self.textures.members[group * n : (group + 1) * n].ravel()[nearest]
            member = np.clip((member - 0.5) * OWN_STEEPNESS + 0.5, 0.0, 1.0)
            part = np.where(split, member, np.float32(1.0)).astype(np.float32)
            shows, near = part * self.picture[..., 3].ravel()[nearest], raster.depth.ravel()[at]
            weak = best[at] <= 0.5
            take = (shows > 0.5) & ((near < depth[at]) | weak) | (shows > best[at]) & weak
            alpha[at] = np.minimum(alpha[at] + part, 1.0)
            to = at[take]
            own[to], depth[to], best[to] = there[take], near[take], shows[take]
        return own.reshape(n, n, 2), alpha.reshape(n, n), depth.reshape(n, n)

    def _body_layer(self, transforms: Array, visibility: Array) -> tuple[Array, Array, Raster]:
        """Where in the planes each pixel comes from, how much of it the body fills, its raster."""
        layer, n = self.layer, len(self.picture)
        moved = skin(layer.vertices, layer.weights, layer.bones, transforms)
        hold_down(moved, layer.vertices, layer.hold)
        keep = layer.given.copy()
        for kind, landmark in _TIPS.items():
            if not self.textures.known[kind] and visibility[landmark] < VISIBLE:
                keep &= layer.cloth != kind
        raster = rasterise(moved, layer.triangles, (n, n), keep=keep)
        place = interpolate(raster, layer.triangles, np.clip(layer.vertices[:, :2], 0.0, n - 1.0))
        place[..., 1] += n * layer.cloth[np.maximum(raster.triangle, 0)]
        filled = cv2.blur((raster.triangle >= 0).astype(np.float32), (3, 3))
        return place, np.asarray(filled, np.float32), raster


def lower_edge(source: Source) -> int | None:
    """The window's row at which the photo or the window cuts the person; None if neither does."""
    _, top, side = source.framing.window.box
    height, n = source.photo.shape[0], len(source.mask)
    row = min(n - 1, int((height - top) * n / side) - 2)
    return row if row > 0 and (source.mask[row - 1] > 0.5).any() else None


def _interpolated(
    raster: Raster, at: NDArray[np.intp], triangles: NDArray[np.int32], attributes: Array
) -> Array:
    """``interpolate`` for the few pixels ``at`` of a raster: ``[k, c]``."""
    corners = attributes[triangles[raster.triangle.ravel()[at]]]
    first, second = raster.bary.reshape(-1, 2)[at].T[..., None]
    return np.asarray(
        corners[:, 0] * first + corners[:, 1] * second + corners[:, 2] * (1.0 - first - second),
        np.float32,
    )


def _read(picture: Array, place: Array) -> Array:
    """A picture's values at places ``[h, w, 2]`` (x, y), between its pixels."""
    x, y = cv2.split(place)
    method, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(picture, x, y, method, borderMode=border), np.float32)


def _extended(places: Array, known: NDArray[np.bool_]) -> Array:
    """Places ``[h, w, 2]`` one pixel beyond where they are known, and 0 from there on.

    What is read between two pixels must not take half of its place from a pixel that has none.
    """
    result = places * known[..., None]
    done = known.copy()
    for axis in (0, 1):
        was, filled = result.copy(), done.copy()
        for ahead in (False, True):
            span = slice(1, None), slice(None, -1)
            to, by = span if ahead else span[::-1]
            target = (to,) if axis == 0 else (slice(None), to)
            origin = (by,) if axis == 0 else (slice(None), by)
            new = filled[origin] & ~done[target]
            result[target][new] = was[origin][new]
            done[target] |= new
    return result


def _extent(shown: NDArray[np.bool_]) -> tuple[slice, slice]:
    """The rows and columns that hold all of it; at least one of each."""
    spans = []
    for axis in (1, 0):
        at = np.flatnonzero(shown.any(axis))
        spans.append(slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 1))
    return spans[0], spans[1]


def _planes(values: Array) -> Array:
    """``[c, h, w]`` of ``[h, w, c]``."""
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _window(
    values: NDArray[np.floating[Any]], part: tuple[slice, slice], n: int, planes: int | None = None
) -> Array:
    """``[1, planes, n, n]``: values ``[c, h, w]`` at their place, nothing around and after them."""
    result = np.zeros((1, planes or len(values), n, n), np.float32)
    result[0, : len(values), part[0], part[1]] = values
    return result
