"""The light in a photo, by its person's own skin: what is made anew of them is lit by it.

Skin scatters light, so what falls on it from all sides is told by nine numbers: the spherical
harmonics up to the second order of how bright skin is that faces each way. They are found where the
photo shows skin of which the fitted body knows how it is turned, and held to an ordinary light from
above the camera as far as that leaves them open.

Source: R. Ramamoorthi, P. Hanrahan, "An Efficient Representation for Irradiance Environment Maps",
2001.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import face_of, like_skin, middle_of, sure_pixels
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import ARMS, GROUP, Group, Groups
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.few import clipped
from bunraku.spec.skeleton import BodyBone

GAMMA = 2.2
"""Light adds up in the power of this of a picture's values."""
FROM, AMBIENT = np.array([0.0, -0.42, -0.91], np.float32), 0.5
"""The way to the light of ``studio``, a unit vector as normals are, and how bright skin is that has
none of it."""
WARMTH = np.array([0.85, 1.07, 1.13], np.float32)
"""How much faster than light red, green and blue of skin fade in its shade, where nothing is
known."""
COOLEST, WARMEST = 0.6, 1.5
"""Within which they do."""
GRAZING = 0.22
"""How much darker skin is that is seen from the side: it is rough."""
DARKEST, LIGHTEST = 0.45, 1.18
"""How dark and how bright skin is at most, of its tone."""
PLANES = LIGHTEST, DARKEST
"""How bright the two pictures are between which an arm's light goes."""
CELLS = 12
"""Skin is sorted by the way it faces, into so many kinds across and down; each counts by its
median."""
FEWEST = 6
"""Pixels of such a kind that tell something."""
MANY = 1500.0
"""Pixels of skin of which the photo tells half as much as it can."""
STIFF = np.array([0.0, 0.02, 0.1, 1.0, 0.06, 0.06, 0.06, 0.06, 1.0])
"""How stiffly each number is held to the ordinary light, beside the photo's skin: most where it is
how skin fades towards the outline, for the fitted body's is not just where the photo's is; more up
and down than across, for hair and hats throw shadows on foreheads, and light from below is rare."""
OUTLYING = 0.15
"""By how much of its brightness a kind may be off until it counts less."""
ROUNDS = 6
"""How often the light, how pale each kind of skin is and what is off are found by one another."""
PALE = 0.85, 1.2
"""How much darker or paler than the face a hand or an arm may be by itself."""
SHADES = 12
"""Pieces by brightness, of which each has one colour."""
STEADY = 0.015
"""How much of ``WARMTH`` is believed, beside the variance of the logarithm of brightness."""
SMOOTH_PX = 1.5
"""Grain and pores are no light."""


@dataclass(frozen=True, eq=False)
class Light:
    """How bright skin is by the way that it faces, and in what colours it fades.

    Convention: normals are unit and point outwards: x right, y down, z away from the camera.
    """

    harmonics: Array
    """``[9]``, of ``harmonics_of``, for the power ``GAMMA`` of brightness."""
    warmth: Array
    """``[3]``: powers of brightness by which red, green and blue fade."""

    def on(self, normals: Array) -> Array:
        """``[v]``: how bright skin with normals ``[v, 3]`` is, of its tone."""
        power = np.maximum(harmonics_of(normals) @ self.harmonics, np.float32(1e-3))
        bright = power ** np.float32(1.0 / GAMMA) * seen_aslant(normals)
        return np.asarray(clipped(bright, DARKEST, LIGHTEST), np.float32)

    def tint(self, brightness: float | Array) -> Array:
        """``[..., 3]``: what is left of skin's colour in so much light ``[...]``."""
        bright = np.asarray(brightness, np.float32)[..., None]
        return np.asarray(bright**self.warmth, np.float32)


def harmonics_of(normals: Array) -> Array:
    """``[v, 9]``: the real spherical harmonics of normals ``[v, 3]``, without their factors."""
    x, y, z = normals.T
    one = np.ones_like(x)
    return np.stack([one, x, y, z, x * y, y * z, z * x, x * x - y * y, 3.0 * z * z - 1.0], -1)


def seen_aslant(normals: Array) -> Array:
    """``[v]``: what is left of skin's brightness as it turns away from the camera."""
    aside = np.float32(1.0) - np.minimum(np.abs(normals[:, 2]), np.float32(1.0))
    return np.asarray(np.float32(1.0) - np.float32(GRAZING) * aside * aside)


@cache
def studio() -> Light:
    """An ordinary light, from above the camera."""
    k = np.arange(400)
    z = (1.0 - 2.0 * (k + 0.5) / len(k)).astype(np.float32)
    round_it = k * np.pi * (3.0 - np.sqrt(5.0))
    wide = np.sqrt(1.0 - z * z)
    ways = np.stack([wide * np.cos(round_it), wide * np.sin(round_it), z], -1).astype(np.float32)
    bright = AMBIENT + (1.0 - AMBIENT) * np.clip(ways @ FROM, 0.0, 1.0)
    found = np.linalg.lstsq(harmonics_of(ways), bright**GAMMA, rcond=None)[0]
    return Light(found.astype(np.float32), WARMTH)


def light_in(fit: Fit, mesh: Array, binding: Binding, window: Picture, mask: Array) -> Light:
    """The light on a photo's person; ``studio`` where it shows no skin.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    :param window: ``[n, n, 3]``. :param mask: ``[n, n]`` in [0, 1].
    """
    soft = cv2.GaussianBlur(window, (0, 0), SMOOTH_PX * fit.fine)
    colours = soft.astype(np.float32) / np.float32(255.0)
    sure = sure_pixels(binding.group, mask)
    faces = face_of(fit, binding.bone == BodyBone.HEAD)
    tone = middle_of(colours, sure & faces)
    if tone is None:
        return studio()
    group, facing = facing_in(fit, mesh)
    shown = sure & like_skin(colours, tone) & (group == binding.group)
    shown &= faces | np.isin(group, ARMS)
    return light_by(facing[shown], colours[shown], np.isin(group[shown], ARMS).astype(np.int64))


def facing_in(fit: Fit, mesh: Array) -> tuple[Groups, Array]:
    """Of the fitted body, at each pixel of the window: its group of bones ``[n, n]``, ``NOBODY``
    where it is not, and its normal ``[n, n, 3]``.

    :param mesh: ``Settled.mesh``.
    """
    template = fit.template
    turning = fit.placed.copy()
    turning[..., 3] = 0.0
    normals = skin(template.normals, template.weights, template.bones, turning)
    raster = rasterise(mesh, template.triangles, fit.inside.shape, cull=True)
    group = GROUP[main_bones(template)[template.triangles[raster.triangle, 0]]]
    facing = interpolate(raster, template.triangles, np.ascontiguousarray(normals))
    facing /= np.linalg.norm(facing, axis=2, keepdims=True) + np.float32(1e-6)
    return np.where(raster.triangle >= 0, group, Group.NOBODY), facing


def light_by(normals: Array, colours: Array, kinds: NDArray[np.int64]) -> Light:
    """The light by pixels of skin.

    :param normals: ``[k, 3]``, of each. :param colours: ``[k, 3]`` in [0, 1].
    :param kinds: ``[k]``, numbers from 0; each kind of skin may be paler than the first.
    """
    bright = colours.mean(1)
    if len(bright) < FEWEST:
        return studio()
    first = bright[kinds == kinds.min()]
    tone = float(np.median(first[first >= np.median(first)]))
    cells = np.clip(((normals[:, :2] + 1.0) * (0.5 * CELLS)).astype(int), 0, CELLS - 1)
    cell = (kinds * CELLS + cells[:, 0]) * CELLS + cells[:, 1]
    order = np.argsort(cell, kind="stable")
    numbers, begins, counts = np.unique(cell[order], return_index=True, return_counts=True)
    told = [
        (int(number) // CELLS**2, normals[own].mean(0), float(np.median(bright[own])), len(own))
        for number, own in zip(numbers, np.split(order, begins[1:]), strict=True)
        if len(own) >= FEWEST
    ]
    if tone <= 0.0 or not told or counts.max() < FEWEST:
        return studio()
    kind, facing, shown, count = map(np.array, zip(*told, strict=True))
    facing = facing / np.linalg.norm(facing, axis=1, keepdims=True)
    shown = np.asarray(shown / tone / seen_aslant(facing), np.float32)
    found = _solved(kind, facing, shown, np.sqrt(count), len(bright) / (len(bright) + MANY))
    return Light(found.astype(np.float32), _warmth(colours, bright))


def _solved(
    kind: NDArray[np.int64],
    facing: Array,
    shown: Array,
    weight: NDArray[np.float64],
    told: float,
) -> NDArray[np.float64]:
    """``[9]``: the harmonics, by what is shown of skin facing so ``[k, 3]``, as bright ``[k]``.

    :param told: in (0, 1], how much the photo tells.
    """
    ordinary = studio().harmonics.astype(np.float64)
    basis, result = harmonics_of(facing).astype(np.float64), ordinary
    paler, trust = np.ones(len(shown)), np.ones(len(shown))
    for _ in range(ROUNDS):
        share = weight * trust
        share = share / share.sum()
        wanted = (shown / paler) ** GAMMA
        scaled = basis * share[:, None]
        left = scaled.T @ basis + np.diag(STIFF + 1e-6) / told
        result = ordinary + np.linalg.solve(left, scaled.T @ (wanted - basis @ ordinary))
        fits = np.maximum(basis @ result, 1e-3) ** (1.0 / GAMMA)
        for one in np.unique(kind)[1:]:
            own = kind == one
            apart = np.average(shown[own] / fits[own], weights=share[own])
            paler[own] = np.clip(apart, *PALE)
        off = np.abs(shown / paler - fits)
        trust = np.minimum(1.0, OUTLYING / np.maximum(off, 1e-6))
    return result


def _warmth(colours: Array, bright: Array) -> Array:
    """``[3]``: how red, green and blue go with brightness."""
    edges = np.quantile(bright, np.linspace(0.03, 0.97, SHADES + 1))
    piece = np.digitize(bright, edges)
    own = [colours[piece == k] for k in range(1, SHADES + 1)]
    medians = np.array([np.median(one, axis=0) for one in own if len(one) >= FEWEST])
    if len(medians) < 2:
        return WARMTH
    logs = np.log(np.maximum(medians, 1e-3))
    along = np.log(np.maximum(medians.mean(1), 1e-3))
    along, logs = along - along.mean(), logs - logs.mean(0)
    prior = STEADY * np.ones(3)
    found = (along @ logs / len(along) + prior * WARMTH) / (along @ along / len(along) + prior)
    return np.asarray(np.clip(found, COOLEST, WARMEST), np.float32)
