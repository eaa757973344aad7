"""What lies behind the photo's own pixels: the body, the back of its head, and hidden clothes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.anew import NewArm, made_anew, still_hidden
from bunraku.runtime.drivers.body.bound import Bound
from bunraku.runtime.drivers.body.cloths import BACK, CLOTH, NEW_ARMS, SHADED, Cloth
from bunraku.runtime.drivers.body.corners import find_corners
from bunraku.runtime.drivers.body.edge import LowerEdge
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import FreeArm
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import held, make_grid
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.mirrored import HiddenArm, of_arms
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.body.settling import Settled
from bunraku.runtime.drivers.body.shading import in_shade
from bunraku.runtime.drivers.body.shells import Shell
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import TRUNK_BONES, BodyBone

LIFTED = 0.03
"""How much nearer than bound a hidden cloth lies, in trunks: it goes before the body in it."""
_Mesh = tuple[Array, Array, NDArray[np.int32], NDArray[np.int32], NDArray[np.int32], Array, Array]
"""Vertices, weights, bones, triangles, planes, hold and mix."""


@dataclass(frozen=True, eq=False)
class Layer:
    """The mesh of what lies behind the photo's own pixels: the template, and what is added to it.

    The template's triangles come first and keep their numbers. As there, corners run so that what
    faces away from the camera can be left out.
    """

    vertices: Array
    """``[v, 3]`` in pixels of the photo's window."""
    place: Array
    """``[v, 2]``: x and y where each vertex reads its planes."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    cloth: NDArray[np.int32]
    """``[t, 2]``: which plane each shows, and which it goes over into."""
    mix: Array
    """``[v]`` in [0, 1]: how far it has, at each vertex."""
    hold: Array
    """``[v]``, see ``Grid.hold``."""
    given: NDArray[np.bool_]
    """``[t]``: False where the photo shows that there is none."""
    limb: NDArray[np.int32]
    """``[t]``: of which kind of surface each triangle is, whatever it shows."""
    arms: tuple[NewArm, ...]
    """Those that are made anew, in the place of the template's."""
    free: tuple[FreeArm, ...]
    """These, and those that the photo hides. Their vertices come last, in this order."""
    remade: NDArray[np.bool_]
    """``[m]``, of the template's triangles: those in whose place they are."""


def drawn_in(vertices: Array, region: Region) -> Array:
    """``[v, 3]``: vertices beyond a region's outline on it, which is else cut in steps as wide as
    the grid's cells."""
    columns, rows = np.rint(vertices[:, :2]).astype(int).T
    place = np.unravel_index(nearest_reached(region)[rows, columns], region.shape)
    result = vertices.copy()
    result[:, :2] = np.stack(place[::-1], 1)
    return result


def make_layer(
    fit: Fit,
    settled: Settled,
    bound: Bound,
    shells: Sequence[Shell],
    cloth: NDArray[np.int32],
    hair: Array,
    lower_edge: LowerEdge | None,
    lines: Lines,
    arms: tuple[NewArm, ...],
    hidden: tuple[HiddenArm, ...],
) -> Layer:
    """The body of a photo's person, and what else its binding says is hidden.

    :param shells: of its head.
    :param cloth: ``[t]``, of the template's triangles.
    :param hair: ``[v]`` in [0, 1]: how far hair covers the template's vertices.
    :param lower_edge: see ``make_grid``. :param arms: those that are made anew, the
        painted ones first.
    :param hidden: those that the photo does not show.
    """
    template = fit.template
    mesh = settled.mesh
    bone = main_bones(template)
    head = (template.weights * (template.bones == BodyBone.HEAD)).sum(1)
    hold = held(mesh, bone.astype(np.int32), head, fit.trunk_px, lower_edge)
    other = np.where(cloth == Cloth.FACE, Cloth.HAIR, cloth)
    for kind, shaded in (*SHADED.items(), (Cloth.TRUNK, BACK)):
        other[cloth == kind] = shaded
    joint = np.isin(bone[template.triangles], TRUNK_BONES).any(1) & (cloth != Cloth.TRUNK)
    # Its corners on the trunk say how far round that they are.
    under_hair = (cloth == Cloth.FACE) & (hair[template.triangles].mean(1) > 0.5)
    joined = np.where(under_hair, Cloth.HAIR, cloth)
    kinds = np.stack([np.where(joint, joined, cloth), np.where(joint, joined, other)], -1)
    mix = np.where(bone == BodyBone.HEAD, hair, in_shade(template, mesh)).astype(np.float32)
    if bound.lap is not None:
        hems = bound.lap.hems(template.triangles)
        kinds[:, 1] = np.where(hems >= 0, hems, kinds[:, 1])
        mix[bound.lap.thigh >= 0] = 1.0
    on_template = mesh[:, :2] if bound.lap is None else bound.lap.places(mesh)
    across = find_corners(fit, mesh)
    meshes: list[_Mesh] = [
        (mesh, template.weights, template.bones, template.triangles, kinds, hold, mix),
    ]
    meshes.append(
        (
            across.vertices,
            *across.hung(template.weights, template.bones),
            across.triangles + np.int32(len(mesh)),
            kinds[across.parents],
            across.between(hold),
            across.between(mix),
        )
    )
    count = len(mesh) + len(across.vertices)
    for cloths in still_hidden(bound.hidden, arms):
        grid = make_grid(cloths, fit.trunk_px, lower_edge, lines)
        vertices = drawn_in(grid.vertices, cloths.reached)
        vertices[:, 2] -= np.float32(LIFTED * fit.trunk_px)
        kinds = np.repeat(CLOTH[grid.bone[grid.triangles[:, :1]]], 2, 1)
        triangles = grid.triangles + np.int32(count)
        bare = np.zeros(len(vertices), np.float32)
        meshes.append((vertices, grid.weights, grid.bones, triangles, kinds, grid.hold, bare))
        count += len(vertices)
    for shell in shells:
        grid = make_grid(shell.surface, fit.trunk_px, lower_edge, lines)
        triangles = grid.triangles[:, ::-1] if shell.turned else grid.triangles
        kinds = np.tile(np.array([[Cloth.FACE, Cloth.HAIR]], np.int32), (len(triangles), 1))
        x, y = grid.vertices[:, :2].astype(int).T
        shown = triangles + np.int32(count)
        meshes.append(
            (grid.vertices, grid.weights, grid.bones, shown, kinds, grid.hold, shell.hair[y, x])
        )
        count += len(grid.vertices)
    for number, arm in enumerate(arms):
        plane = NEW_ARMS + 2 * number
        kinds = np.tile(np.array([[plane, plane + 1]], np.int32), (len(arm.form.triangles), 1))
        kinds = kinds if arm.planes is None else arm.planes
        meshes.append(_free_mesh(arm.form, kinds, count))
        count += len(arm.form.used)
    for own in hidden:
        meshes.append(_free_mesh(own.form, own.planes, count))
        count += len(own.form.used)
    vertices, weights, bones, triangles, kinds, hold, mix = (
        np.ascontiguousarray(np.concatenate(arrays)) for arrays in zip(*meshes, strict=True)
    )
    keep, gone = np.ones(len(triangles), np.bool_), made_anew(fit, arms)
    gone |= of_arms(fit, [own.form.side for own in hidden]) | across.gone
    own_count = len(settled.given)
    keep[:own_count] = settled.given & ~gone
    keep[own_count : own_count + len(across.parents)] = settled.given[across.parents]
    free = *(arm.form for arm in arms), *(own.form for own in hidden)
    before = count - sum(len(form.used) for form in free)
    added = vertices[len(mesh) : before, :2]
    places = [on_template, added, *(a.form.place for a in arms), *(o.place for o in hidden)]
    of_kind = kinds[:, 0].astype(np.int32)
    of_kind[: len(cloth)] = CLOTH[bone[template.triangles[:, 0]]]  # a lap is the trunk's
    if hidden:
        own_kinds = np.concatenate([own.cloth for own in hidden])
        of_kind[-len(own_kinds) :] = own_kinds
    return Layer(
        vertices,
        np.ascontiguousarray(np.concatenate(places)),
        weights,
        bones,
        triangles,
        kinds.astype(np.int32),
        mix,
        hold,
        keep,
        of_kind,
        arms,
        free,
        gone,
    )


def _free_mesh(form: FreeArm, kinds: NDArray[np.int32], count: int) -> _Mesh:
    """An arm's mesh behind so many vertices, as ``make_layer`` joins them."""
    nothing = np.zeros(len(form.used), np.float32)
    shown = form.triangles + np.int32(count)
    hung = form.tucked_weights, form.tucked_bones
    return form.tucked, *hung, shown, kinds, nothing, form.tucked_mix
