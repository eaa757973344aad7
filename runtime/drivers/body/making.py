"""A photo bound to the body that was fitted to it, and all that is drawn of it made once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import BodyMesh, PhotoMesh
from bunraku.runtime.drivers.body.anew import make_arms, still_hidden
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.edge import LowerEdge
from bunraku.runtime.drivers.body.fit import INSIDE, Fit
from bunraku.runtime.drivers.body.front import fitted_groups
from bunraku.runtime.drivers.body.grid import Grid, make_grid
from bunraku.runtime.drivers.body.groups import GROUP, GROUPS, Group
from bunraku.runtime.drivers.body.layer import Layer, make_layer
from bunraku.runtime.drivers.body.light import light_in
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.mirrored import make_hidden_arms
from bunraku.runtime.drivers.body.outlined import in_view, limb_shares, shows_raised_thigh
from bunraku.runtime.drivers.body.rims import Rim, find_lap_rims, find_rims, without
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.shells import head_itself, make_shells
from bunraku.runtime.drivers.body.sitting import with_legs_as_one
from bunraku.runtime.drivers.body.spare_arms import make_spare_arms
from bunraku.runtime.drivers.body.spots import Spots
from bunraku.runtime.drivers.body.stray import fading_strays, stray_hands
from bunraku.runtime.drivers.body.texture import Textures, make_textures
from bunraku.runtime.drivers.body.uncovered import find_loose, find_uncovered
from bunraku.runtime.drivers.hands.clearing import kept_of_hand
from bunraku.runtime.drivers.hands.held import with_held
from bunraku.runtime.source.mask import core_of, shrunk
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_WRIST, RIGHT_WRIST

DOUBTED = 0.7
"""Visibility of a wrist in the photo below which it may be hidden."""
RIM_PX = 0.8
"""How softly the rim fades out."""


def make_body(source: Source, fit: Fit, face: Array | None = None) -> Body:
    """The body of a photo's person.

    :param fit: to this photo.
    :param face: ``[478, 3]``: the points of the photo's face in pixels of its window (x right, y
        down, z away from the camera); None where none is found.
    """
    if any(place is not None for place in fit.places):
        groups = fitted_groups(fit)
        mask = with_held(fit.places, fit.inside, groups, source.window, source.mask)
        source, fit = replace(source, mask=mask), replace(fit, inside=mask > INSIDE)
    left, right = source.pose.landmarks[[LEFT_WRIST, RIGHT_WRIST], 3] >= DOUBTED
    sure = bool(left), bool(right)
    half = source.framing.half
    bound = bind_photo(fit, source.window, face, sure, in_view(source), half)
    settled, binding = settle(fit, bound.whole)
    if half and shows_raised_thigh(fit, limb_shares(fit, fit.inside & in_view(source))):
        binding = with_legs_as_one(binding, fit.trunk_px)
    edge = LowerEdge.of(source, fit)
    lines = Lines.over(head_itself(fit, bound))
    grid = make_grid(binding, fit.trunk_px, edge, lines)
    light = light_in(fit, settled.mesh, binding, source.window, source.mask)
    arms = make_arms(fit, settled.mesh, binding, source.window, source.mask, light)
    arms += make_spare_arms(fit, settled.mesh, binding, light, arms)
    rims = find_rims(fit, binding, source.window) + find_lap_rims(fit, binding, source.window)
    strays = stray_hands(fit, binding, bound.hair, source.window, source.mask)
    still = still_hidden(bound.hidden, arms)
    rims += find_loose(fit, bound, binding, still)
    inner = _without_rims(source.mask, rims)
    textures = make_textures(fit, binding, bound, source.window, inner, arms, light, strays)
    rims += find_uncovered(fit, binding, still)
    shells = make_shells(fit, bound, binding, lines)
    kinds = textures.cloth, textures.hair
    known, covered = textures.known, bound.covered
    hidden = make_hidden_arms(fit, settled.mesh, binding, known, covered, arms, edge, light)
    layer = make_layer(fit, settled, bound, shells, *kinds, edge, lines, arms, hidden)
    drawn_by = np.where(grid.group >= 0, grid.group, GROUP[grid.bone[grid.triangles[:, 0]]])
    order = np.argsort(drawn_by, kind="stable")
    ends = np.searchsorted(drawn_by[order], np.arange(GROUPS + 1))
    spots = Spots.of(fit.template)
    holding = bound.held[0] is not None, bound.held[1] is not None
    photo = _photo_mesh(source, grid, textures, order)
    for side, place in enumerate(fit.places):
        if place is not None and not holding[side]:
            own = binding.group == Group.HAND_L + side
            photo.picture[..., 3] *= kept_of_hand(place, own, fit.inside, source.window)
    fading = fading_strays(fit, grid, strays, [arm.form for arm in hidden])
    return Body(
        fit=fit,
        grid=grid,
        layer=layer,
        textures=textures,
        photo=photo,
        behind=_body_mesh(layer, textures),
        order=order,
        ends=ends,
        fading=(*(arm.fading(fit, grid, binding) for arm in arms), *fading),
        holding=holding,
        covered=covered,
        at_face=bound.at_face,
        hanging=spots.hang(grid.vertices, grid.weights, grid.bones, fit.placed),
        hanging_behind=spots.hang(layer.vertices, layer.weights, layer.bones, fit.placed),
        light=light,
        rims=rims,
        before=_borne(source),
    )


def _borne(source: Source) -> Array | None:
    """See ``Body.before``."""
    desk = source.desk
    return desk.before(source.mask) if desk is not None and desk.bears(source.mask) else None


def _without_rims(mask: Array, rims: Sequence[Rim]) -> Array:
    """The mask of what has the colours of one side alone."""
    whole = np.repeat(mask[..., None], 4, -1)
    return np.ascontiguousarray(without(whole, rims, [1.0] * len(rims))[..., 3])


def _photo_mesh(
    source: Source, grid: Grid, textures: Textures, order: NDArray[np.intp]
) -> PhotoMesh:
    n = len(source.mask)
    colours = source.window.astype(np.float32) / np.float32(255.0)
    wide = cv2.dilate(source.mask, np.ones((3, 3), np.uint8))
    return PhotoMesh(
        grid.triangles[order],
        np.ascontiguousarray(grid.vertices[:, :2]),
        grid.group[order] >= 0,
        np.concatenate([colours, shrunk(source.mask)[..., None]], -1),
        np.asarray(cv2.GaussianBlur(wide, (0, 0), RIM_PX), np.float32),
        core_of(source.mask),
        textures.members.reshape(GROUPS, n, n),
        np.ones(len(grid.vertices), np.float32),
    )


def _body_mesh(layer: Layer, textures: Textures) -> BodyMesh:
    n = textures.planes.shape[1]
    planes = textures.planes.reshape(-1, n, n, 3)
    return BodyMesh(layer.triangles, layer.place, layer.cloth, layer.mix, planes)
