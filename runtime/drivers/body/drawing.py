"""A bound photo as its bones carry it: the photo's own pixels, and behind them the body's."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import BodyMesh, PhotoMesh, Raster, compose, rasterise, skin
from bunraku.runtime.drivers.body.cloths import NEW_ARMS, Cloth
from bunraku.runtime.drivers.body.fading import Fading
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.grid import Grid, hold_down
from bunraku.runtime.drivers.body.groups import ARMS
from bunraku.runtime.drivers.body.layer import Layer
from bunraku.runtime.drivers.body.light import Light
from bunraku.runtime.drivers.body.rims import Rim, without
from bunraku.runtime.drivers.body.settling import BEHIND
from bunraku.runtime.drivers.body.spots import Hanging
from bunraku.runtime.drivers.body.surface import surface_of
from bunraku.runtime.drivers.body.texture import Textures
from bunraku.runtime.drivers.hands.choosing import Chosen
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.plan import ALONE, FrameShares
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
_ARM_CLOTHS = [
    *(Cloth.UPPER_ARM_L, Cloth.FOREARM_L, Cloth.HAND_L),
    *(Cloth.UPPER_ARM_R, Cloth.FOREARM_R, Cloth.HAND_R),
]


def as_it_is(array: Array) -> Array:
    """For what is in the host's memory."""
    return array


@dataclass(frozen=True, eq=False)
class Body:
    """A photo's person, ready to be drawn in other poses."""

    fit: Fit
    grid: Grid
    layer: Layer
    textures: Textures
    photo: PhotoMesh
    """What the grid shows."""
    behind: BodyMesh
    """What the layer shows."""
    order: NDArray[np.intp]
    """``[t]``: the grid's triangles as ``photo`` has them, those of a group of bones in a row."""
    ends: NDArray[np.intp]
    """``[g + 1]``: where in it each group's begin, and the last one's end."""
    fading: tuple[Fading, ...]
    """Of arms that are made anew, and of hidden ones: what of the grid fades as they come out."""
    holding: Chosen
    """Whether its hands hold something in the photo."""
    covered: tuple[bool, bool]
    """Whether something hides its forearms there."""
    at_face: tuple[bool, bool]
    """Whether its hands are at its face, hair or collar there."""
    hanging: Hanging
    """How the grid hangs on the spots of the template."""
    hanging_behind: Hanging
    """The layer likewise."""
    light: Light
    """The photo's."""
    rims: tuple[Rim, ...]
    """Along the cuts of its arms: they go as these come away."""
    before: Array | None = None
    """``[n, n]`` in [0, 1]: a desk, before all but the arms that lie on it; None where none do."""
    _last_rimless: deque[tuple[list[float], PhotoMesh]] = field(
        default_factory=lambda: deque(maxlen=1), init=False
    )
    """Of ``_rimless``: arms that have come away stay away for many frames."""

    def draw(
        self,
        transforms: Array,
        visibility: Array,
        slips: Array | None = None,
        shares: FrameShares = ALONE,
    ) -> Drawn:
        """The person with its bones moved.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        :param visibility: ``[33]`` of the driver's landmarks: what neither the photo nor the
            driver shows is not made up.
        :param slips: ``[s, 3, 4]``: how far clothes have slipped at the template's spots, as
            ``skin`` takes what moves a place by as much wherever it is; None for nowhere.
        :param shares: of the cores.
        """
        layer = shares.begun(lambda: self._raster(transforms, visibility, slips))
        sheets, photo = self._sheets(transforms, slips)
        raster, behind = layer.read()
        made = compose(sheets, photo, raster, behind, self.far, threads=shares.threads)
        mask = made.mask
        if self.before is not None:
            mask = mask * (np.float32(1.0) - self.before * ~self._arms(sheets, raster))
        return Drawn(made.image, mask, made.trust, made.warped, made.flow)

    @property
    def far(self) -> float:
        """How far behind the body's surface the photo's pixels may lie and still hide it."""
        return BEHIND * self.fit.trunk_px

    def moved(
        self, transforms: Array, bones: Array, slips: Array | None = None
    ) -> tuple[Array, NDArray[np.bool_], Array]:
        """The photo's mesh as the bones carry it: its vertices ``[v, 3]``, which of the triangles
        of ``photo`` there are ``[t]``, and how much is shown at each vertex ``[v]``.

        :param bones: ``transforms``, where the meshes are: on a device if these are.
        :param slips: of ``draw``, there as well.
        """
        grid = self.grid
        moved = skin(grid.vertices, grid.weights, grid.bones, bones)
        if slips is not None:
            moved += skin(grid.vertices, self.hanging.shares, self.hanging.spots, slips)
        hold_down(moved, grid.vertices, grid.hold)
        whole, share = grid.whole(moved), grid.share(moved)
        for fading in self.fading:
            faded = float(np.float32(fading.faded(transforms)))
            share *= 1.0 - faded * fading.vertices
            if faded == 1.0:
                whole &= ~fading.triangles
        return moved, whole[self.order], share

    def gone(self, transforms: Array) -> list[float]:
        """In [0, 1]: how much of each of its rims goes, as their arms come away.

        :param transforms: of ``draw``.
        """
        return [rim.apart(transforms) for rim in self.rims]

    def without_rims(self, photo: Any, gone: list[float]) -> Any:
        """``photo``, or that of tensors, without these shares of its rims."""
        picture, rim = (without(one, self.rims, gone) for one in (photo.picture, photo.rim))
        return replace(photo, picture=picture, rim=rim)

    def moved_behind(
        self,
        transforms: Array,
        bones: Array,
        slips: Array | None = None,
        up: Callable[[Array], Array] = as_it_is,
    ) -> tuple[Array, Array]:
        """The mesh behind it likewise: its vertices, and what they have of the second plane.

        :param bones: as of ``moved``; :param slips: likewise.
        :param up: takes an array to where the meshes are.
        """
        layer = self.layer
        moved = skin(layer.vertices, layer.weights, layer.bones, bones)
        hold_down(moved, layer.vertices, layer.hold)
        mix, end = layer.mix * 1.0, len(moved)  # its own to write into
        for arm in reversed(layer.free):
            own = slice(end - len(arm.used), end)
            let_out = arm.moved(transforms)
            if let_out is not None:
                moved[own], mix[own] = map(up, let_out)
            end = own.start
        if slips is not None:
            hanging = self.hanging_behind
            moved += skin(layer.vertices, hanging.shares, hanging.spots, slips)
        return moved, mix

    def shown_behind(self, transforms: Array, visibility: Array) -> NDArray[np.bool_]:
        """``[t]``: which triangles of the mesh behind there are; see ``draw``."""
        shown = self._shown(self.layer.given, visibility)
        end = len(shown)
        for arm in reversed(self.layer.free):
            own = slice(end - len(arm.triangles), end)
            if arm.when.out(transforms) <= 0.0:
                shown[own] &= arm.within
            end = own.start
        return shown

    def arm_triangles(self) -> NDArray[np.bool_]:
        """``[t + 1]``: which triangles of the mesh behind are an arm's; the last is none."""
        cloth = self.layer.cloth[:, 0]
        return np.append(np.isin(cloth, _ARM_CLOTHS) | (cloth >= NEW_ARMS), False)

    def _arms(self, sheets: list[Raster], raster: Raster) -> NDArray[np.bool_]:
        """``[n, n]``: where an arm is drawn, of the photo or of what is behind it."""
        shown = [(raster, self.arm_triangles()[raster.triangle])]
        shown += [(sheets[group], sheets[group].triangle >= 0) for group in ARMS]
        result = np.zeros((len(self.photo.picture),) * 2, np.bool_)
        for drawn, there in shown:
            (top, left), (height, width) = drawn.origin, there.shape
            result[top : top + height, left : left + width] |= there
        return result

    def surface(self, transforms: Array, visibility: Array, size: int) -> Array:
        """The template as the same bones carry it: P ``[1, 73, size, size]``."""
        template, n = self.fit.template, len(self.photo.picture)
        moved = skin(self.fit.mesh, template.weights, template.bones, transforms)
        given = self.layer.given[: len(template.triangles)] | self.layer.remade
        keep = self._shown(given, visibility)
        raster = rasterise(moved, template.triangles, (n, n), keep=keep)
        return surface_of(raster, template, size)

    def _sheets(self, transforms: Array, slips: Array | None) -> tuple[list[Raster], PhotoMesh]:
        """The photo's mesh as the bones carry it, a raster for each group of them."""
        n, triangles = len(self.photo.picture), self.photo.triangles
        moved, keep, share = self.moved(transforms, transforms, slips)
        sheets = [
            rasterise(moved, triangles, (n, n), keep=keep, cull=True, tight=True, part=part)
            for part in pairwise(self.ends.tolist())
        ]
        return sheets, replace(self._rimless(self.gone(transforms)), share=share)

    def _rimless(self, gone: list[float]) -> PhotoMesh:
        """The photo without these shares of its rims, made anew where they have changed."""
        for known, photo in tuple(self._last_rimless):
            if known == gone:
                return photo
        made: PhotoMesh = self.without_rims(self.photo, gone)
        self._last_rimless.append((gone, made))
        return made

    def _raster(
        self, transforms: Array, visibility: Array, slips: Array | None
    ) -> tuple[Raster, BodyMesh]:
        """The mesh behind, as the bones carry it, and what it shows."""
        n, triangles = len(self.photo.picture), self.layer.triangles
        moved, mix = self.moved_behind(transforms, transforms, slips)
        keep = self.shown_behind(transforms, visibility)
        raster = rasterise(moved, triangles, (n, n), keep=keep, cull=True, tight=True)
        return raster, replace(self.behind, mix=mix)

    def _shown(self, given: NDArray[np.bool_], visibility: Array) -> NDArray[np.bool_]:
        """The given ones of the layer's first triangles, but for what neither the photo nor the
        driver shows."""
        shown, limb = given.copy(), self.layer.limb[: len(given)]
        for kind, landmark in _TIPS.items():
            if not self.textures.known[kind] and visibility[landmark] < VISIBLE:
                shown &= limb != kind
        return shown
