"""A bound photo as its bones carry it: the photo's own pixels, and behind them the body's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Raster, interpolate, rasterise, skin
from bunraku.runtime.drivers.body.binding import bind_pixels
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.grid import GROUPS, Grid, make_grid
from bunraku.runtime.drivers.body.surface import surface_of
from bunraku.runtime.drivers.body.texture import Cloth, Textures, make_textures
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.source.mask import shrunk
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import VISIBLE

BEHIND = 0.12
"""How far behind the body's surface the photo's own may lie and still hide it, in trunks."""
OWN_STEEPNESS = 3.0
"""Of the soft edge between two groups of bones at a cut."""
EDGE_PX = 2
"""How near to the photo's lower edge the grid is held."""
_TIPS = {
    Cloth.FOREARM_L: 15,
    Cloth.FOREARM_R: 16,
    Cloth.HAND_L: 15,
    Cloth.HAND_R: 16,
    Cloth.THIGH_L: 25,
    Cloth.THIGH_R: 26,
    Cloth.SHIN_L: 27,
    Cloth.SHIN_R: 28,
    Cloth.FOOT_L: 27,
    Cloth.FOOT_R: 28,
}
"""Landmarks without which a driver does not show a kind of surface."""


@dataclass(frozen=True, eq=False)
class Body:
    """A photo's person, ready to be drawn in other poses."""

    fit: Fit
    grid: Grid
    textures: Textures
    premultiplied: Array
    """``[n, n, 4]``: the window's colours times the mask, and the mask."""
    by_group: Mapping[int, NDArray[np.int32]]
    """The grid's triangles, by the group whose pixels they show; -1 for all."""

    @classmethod
    def of(cls, source: Source, fit: Fit) -> Body:
        """Bind a photo to the body that was fitted to it."""
        binding = bind_pixels(fit)
        grid = make_grid(binding, fit.trunk_px, lower_edge(source))
        textures = make_textures(fit, binding, source.window, source.mask)
        mask = shrunk(source.mask)[..., None]
        colours = source.window.astype(np.float32) / np.float32(255.0)
        by_group = {
            group: np.ascontiguousarray(grid.triangles[grid.group == group])
            for group in range(-1, GROUPS)
        }
        premultiplied = np.concatenate([colours * mask, mask], -1)
        return cls(fit, grid, textures, premultiplied, by_group)

    def draw(self, transforms: Array, visibility: Array, size: int) -> tuple[Drawn, Array]:
        """The person with its bones moved, and its surface (``drivers.body.surface``).

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        :param visibility: ``[33]`` of the driver's landmarks: what neither the photo nor the
            driver shows is not made up.
        :param size: side of the surface in pixels.
        """
        n = len(self.premultiplied)
        own, alpha, depth = self._photo_layer(transforms)
        colours, shown, raster = self._body_layer(transforms, visibility)
        behind = raster.depth
        hidden = depth >= behind + BEHIND * self.fit.trunk_px
        alpha[hidden & (shown > 0)] = 0.0
        warped = _read(self.premultiplied, own)
        alpha *= warped[..., 3]
        rest = (1.0 - alpha) * shown
        mask = alpha + rest
        trust = alpha / np.maximum(mask, 1e-6)
        seen = warped[..., :3] / np.maximum(warped[..., 3:], 1e-3)
        image = seen * trust[..., None] + colours * (1.0 - trust[..., None])
        lines = np.arange(n, dtype=np.float32)
        flow = own * np.float32(2.0 / n)
        flow[..., 0] -= lines * np.float32(2.0 / n)
        flow[..., 1] -= lines[:, None] * np.float32(2.0 / n)
        flow[alpha <= 0] = 0.0
        drawn = Drawn(
            image=_planes(image),
            mask=_planes(mask[..., None]),
            trust=_planes(trust[..., None]),
            warped=_planes(warped),
            flow=_planes(flow),
        )
        return drawn, surface_of(raster, self.fit.template, size)

    def _photo_layer(self, transforms: Array) -> tuple[Array, Array, Array]:
        """Where in the photo each pixel comes from ``[n, n, 2]``, whether it does, its depth."""
        grid, n = self.grid, len(self.premultiplied)
        moved = skin(grid.vertices, grid.weights, grid.bones, transforms)
        if grid.held.any():
            lifted = grid.held & (moved[:, 1] < grid.vertices[:, 1])
            moved[lifted, 1] = grid.vertices[lifted, 1] + EDGE_PX
        whole = grid.whole(moved)
        layers = []
        place = np.ascontiguousarray(grid.vertices[:, :2])
        for group in (-1, *range(GROUPS)):
            triangles = self.by_group[group]
            if not len(triangles):
                continue
            keep = np.ascontiguousarray(whole[grid.group == group])
            raster = rasterise(moved, triangles, (n, n), keep=keep, cull=True)
            layers.append((group, raster, interpolate(raster, triangles, place)))
        return self._nearest(layers)

    def _nearest(self, layers: list[tuple[int, Raster, Array]]) -> tuple[Array, Array, Array]:
        """The layers in one: where two sides of a cut meet, each shows its own pixels alone."""
        _, first, own = layers[0]
        alpha, depth = (first.triangle >= 0).astype(np.float32), first.depth
        n = len(alpha)
        own, flat_alpha, flat_depth = own.reshape(-1, 2), alpha.ravel(), depth.ravel()
        for group, raster, place in layers[1:]:
            at = np.flatnonzero(raster.triangle >= 0)
            there = place.reshape(-1, 2)[at]
            part, near = _sampled(self.textures.members, there, group, n), raster.depth.ravel()[at]
            other = flat_alpha[at]
            nearer = (part > 0.5) & ((near < flat_depth[at]) | (other <= 0.5))
            take = nearer | ((part > other) & (other <= 0.5))
            flat_alpha[at] = np.minimum(part + other, 1.0)
            own[at[take]], flat_depth[at[take]] = there[take], near[take]
        return own.reshape(n, n, 2), alpha, depth

    def _body_layer(self, transforms: Array, visibility: Array) -> tuple[Array, Array, Raster]:
        """Colours ``[n, n, 3]`` of the whole body, how much of each pixel it fills, its raster."""
        fit, n = self.fit, len(self.premultiplied)
        moved = skin(fit.mesh, fit.template.weights, fit.template.bones, transforms)
        triangles, cloth = fit.template.triangles, self.textures.cloth
        keep = np.ones(len(triangles), np.bool_)
        for kind, landmark in _TIPS.items():
            if not self.textures.known[kind] and visibility[landmark] < VISIBLE:
                keep &= cloth != kind
        raster = rasterise(moved, triangles, (n, n), keep=keep)
        place = interpolate(raster, triangles, np.ascontiguousarray(fit.mesh[:, :2]))
        np.clip(place, 0.0, n - 1.0, out=place)
        place[..., 1] += n * cloth[np.maximum(raster.triangle, 0)]
        colours = _read(self.textures.planes, place)
        filled = cv2.blur((raster.triangle >= 0).astype(np.float32), (3, 3))
        return colours, np.asarray(filled, np.float32), raster


def lower_edge(source: Source) -> int | None:
    """The row of the window at which the photo ends and cuts the person; None where it does not."""
    _, top, side = source.framing.window.box
    height, n = source.photo.shape[0], len(source.mask)
    if top + side < height - 2:
        return None
    row = min(n - 1, int((height - top) * n / side) - 2)
    return row if row > 0 and (source.mask[row - 1] > 0.5).any() else None


def _sampled(members: Array, place: Array, group: int, n: int) -> Array:
    """How far photo pixels at places ``[k, 2]`` belong to a group of bones, ``[k]`` in [0, 1]."""
    at = np.clip(np.rint(place), 0, n - 1).astype(np.int64)
    told = members.ravel()[(at[:, 1] + n * group) * n + at[:, 0]]
    return np.asarray(np.clip((told - 0.5) * OWN_STEEPNESS + 0.5, 0.0, 1.0), np.float32)


def _read(picture: Array, place: Array) -> Array:
    """A picture's values at places ``[h, w, 2]`` (x, y), between its pixels."""
    x, y = cv2.split(place)
    method, border = cv2.INTER_LINEAR, cv2.BORDER_REPLICATE
    return np.asarray(cv2.remap(picture, x, y, method, borderMode=border), np.float32)


def _planes(values: NDArray[np.floating]) -> Array:
    """``[1, c, n, n]``."""
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None], np.float32)
