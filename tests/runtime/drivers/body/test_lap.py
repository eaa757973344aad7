"""A shirt before the thighs of a person made by code who squats."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import (
    OUTLINE,
    PERSON,
    SCALE,
    TEMPLATE,
    N,
    fitted_to,
    source_of,
)

from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.cloths import CLOTH, Cloth
from bunraku.runtime.drivers.body.edge import LowerEdge
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.lap import find_lap
from bunraku.runtime.drivers.body.layer import make_layer
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.parts import HANGING, LAP
from bunraku.runtime.drivers.body.rims import find_lap_rims
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.shells import head_itself
from bunraku.runtime.drivers.body.showing import shown_by
from bunraku.runtime.drivers.body.sitting import with_legs_as_one
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE, RIGHT_HIP
from bunraku.spec.skeleton import BodyBone

SHIRT, TROUSERS = (200, 40, 60), (30, 40, 70)
LEGS = list(range(LEFT_KNEE, 33))


def _squatting() -> Array:
    """Thighs that point at the camera and a little down, shins that stand."""
    result = PERSON.copy()
    for side in (0, 1):
        hip, knee = PERSON[LEFT_HIP + side, :3], PERSON[LEFT_KNEE + side, :3]
        long = float(np.linalg.norm(knee - hip))
        moved = hip + long * np.array([0.25 - 0.5 * side, 0.5, -0.83]) - knee
        result[LEFT_KNEE + side : 33 : 2, :3] += moved
    return result


SQUATTING = _squatting()
HIPS = float(PERSON[[LEFT_HIP, RIGHT_HIP], 1].mean())
HEM = round(HIPS + 0.08 * SCALE)
"""The last row of the shirt: it lies on the thighs."""


def dressed(outline: NDArray[Any], hem: int, shirt: tuple[int, int, int] = SHIRT) -> Picture:
    window = np.full((N, N, 3), 128, np.uint8)
    window[outline > 0] = TROUSERS
    upper = outline.copy()
    upper[hem + 1 :] = 0
    window[upper > 0] = shirt
    return window


@cache
def bound() -> tuple[Fit, Bound, Picture]:
    outline = silhouette(SQUATTING, (N, N), SCALE)
    fit = fitted_to(SQUATTING, outline.astype(np.float32))
    window = dressed(outline, HEM)
    return fit, bind_photo(fit, window), window


def test_a_shirt_before_raised_thighs_is_the_trunks() -> None:
    _, found, _ = bound()
    assert found.lap is not None
    columns = slice(round(float(PERSON[RIGHT_HIP, 0])), round(float(PERSON[LEFT_HIP, 0])))
    above, below = np.s_[HEM - 6 : HEM - 3, columns], np.s_[HEM + 4 : HEM + 8, columns]
    assert (found.whole.group[above] == Group.TRUNK).all()
    assert found.lap.cloth[above].all()
    assert not found.lap.cloth[below].any()
    assert (found.whole.part[above] == LAP).all()


def test_thighs_do_not_carry_it() -> None:
    _, found, _ = bound()
    own = found.whole.part == LAP
    thighs = found.whole.weights[..., [BodyBone.THIGH_L, BodyBone.THIGH_R]].sum(-1)
    assert thighs[own].max() < 0.3
    assert not HANGING[LAP, [BodyBone.THIGH_L, BodyBone.THIGH_R]].any()


def test_below_the_hem_the_trunk_has_the_thighs_cloth() -> None:
    _, found, _ = bound()
    lap = found.lap
    assert lap is not None
    pelvis = main_bones(TEMPLATE) == BodyBone.PELVIS
    assert (lap.thigh[~pelvis] == -1).all()
    kinds = np.unique(lap.thigh[pelvis])
    assert {Cloth.THIGH_L, Cloth.THIGH_R} <= set(kinds.tolist())
    height, left = TEMPLATE.vertices[:, 1], TEMPLATE.vertices[:, 0] > 0.0
    assert height[pelvis & (lap.thigh >= 0)].min() >= height[pelvis & (lap.thigh < 0)].max()
    assert (lap.thigh[left] != Cloth.THIGH_R).all()


def test_it_reads_that_where_the_photo_shows_it() -> None:
    fit, found, window = bound()
    lap = found.lap
    assert lap is not None
    places = lap.places(fit.mesh)
    x, y = places[lap.thigh >= 0].astype(int).T
    assert (window[y, x] == TROUSERS).all()
    rest = lap.thigh < 0
    assert np.array_equal(places[rest], fit.mesh[rest, :2])


def test_triangles_across_the_hem_go_over_from_one_to_the_other() -> None:
    _, found, _ = bound()
    lap = found.lap
    assert lap is not None
    triangles = TEMPLATE.triangles
    hems, cloths = lap.hems(triangles), lap.cloths(triangles, np.zeros(len(triangles), np.int32))
    corners = (lap.thigh[triangles] >= 0).sum(1)
    assert np.array_equal(hems >= 0, (corners == 1) | (corners == 2))
    assert np.array_equal(cloths > 0, corners == 3)


def test_it_is_drawn_with_the_trunk_though_neither_photo_nor_driver_shows_thighs() -> None:
    fit, found, _ = bound()
    assert found.lap is not None
    settled, _ = settle(fit, found.whole)
    cloth = CLOTH[main_bones(TEMPLATE)[TEMPLATE.triangles[:, 0]]].astype(np.int32)
    cloth = found.lap.cloths(TEMPLATE.triangles, cloth)
    bald = np.zeros(len(TEMPLATE.vertices), np.float32)
    lines = Lines.over(head_itself(fit, found))
    layer = make_layer(fit, settled, found, (), cloth, bald, None, lines, (), ())
    below = np.asarray((found.lap.thigh[TEMPLATE.triangles] >= 0).all(1))
    assert (layer.limb[: len(below)][below] == Cloth.TRUNK).all()
    assert np.isin(layer.cloth[: len(below)][below], [Cloth.THIGH_L, Cloth.THIGH_R]).all()


def test_both_sides_of_its_edge_go_as_the_thighs_are_stretched() -> None:
    fit, found, window = bound()
    rims = find_lap_rims(fit, found.whole, window)
    assert {rim.bone for rim in rims} == {BodyBone.THIGH_L, BodyBone.THIGH_R}
    still = np.tile(np.eye(3, 4, dtype=np.float32), (len(BodyBone), 1, 1))
    moved = still.copy()
    moved[[BodyBone.THIGH_L, BodyBone.THIGH_R], 1, 3] = 0.5 * fit.trunk_px
    assert [rim.apart(still) for rim in rims] == [0.0, 0.0]
    assert [rim.apart(moved) for rim in rims] == [1.0, 1.0]


def test_of_clothes_that_are_alike_none_is_told() -> None:
    fit, found, window = bound()
    whole = found.whole
    assert find_lap(fit, whole.group, whole.bone, window) is not None
    plain = dressed(fit.inside, HEM, TROUSERS)
    assert find_lap(fit, whole.group, whole.bone, plain) is None


def test_who_stands_has_no_lap() -> None:
    fit = fitted_to(PERSON, OUTLINE.astype(np.float32))
    bone = np.where(OUTLINE > 0, BodyBone.CHEST, -1).astype(np.int32)
    groups = np.where(OUTLINE > 0, Group.TRUNK, Group.NOBODY).astype(np.int32)
    groups[HEM:] = np.where(OUTLINE[HEM:] > 0, Group.LEG_L, Group.NOBODY)
    bone[HEM:] = np.where(OUTLINE[HEM:] > 0, BodyBone.THIGH_L, -1)
    assert find_lap(fit, groups, bone, dressed(OUTLINE, HEM)) is None


def test_who_sits_and_is_cut_at_the_legs_goes_on_sitting() -> None:
    fit, _, _ = bound()
    known = np.ones((N, N), np.bool_)
    assert not shown_by(fit, known, half=False).sits
    assert shown_by(fit, known, half=False, sideways=True).sits  # as do who sit sideways
    showing = shown_by(fit, known, half=True)
    assert showing.sits
    assert showing.landmarks[LEGS].max() == 0.0
    moved = np.tile(np.eye(3, 4, dtype=np.float32), (len(BodyBone), 1, 1))
    moved[BodyBone.PELVIS, 0] = 0.5, 0.0, 0.0, 70.0  # narrower, and to the right
    carried = showing.carry(moved, fit.stance, PERSON)
    hips = float(fit.stance.points[[LEFT_HIP, RIGHT_HIP], 0].mean())
    for bone in (BodyBone.THIGH_L, BodyBone.SHIN_R):
        assert np.array_equal(carried[bone, :, :3], np.eye(3))
        assert carried[bone, :, 3] == pytest.approx([70.0 - 0.5 * hips, 0.0, 0.0], abs=1e-3)


def test_who_sits_in_a_costume_is_one_piece_with_their_legs() -> None:
    fit, _, _ = bound()
    showing = shown_by(fit, np.ones((N, N), np.bool_), half=True)
    wrapped = replace(showing, pieces=np.ones(len(BodyBone), np.bool_))
    moved = np.tile(np.eye(3, 4, dtype=np.float32), (len(BodyBone), 1, 1))
    moved[BodyBone.PELVIS, 0, 3] = 70.0
    leaning = PERSON.copy()
    leaning[:LEFT_HIP, 0] += 20.0
    carried = wrapped.carry(moved, fit.stance, leaning)
    assert (carried == carried[BodyBone.PELVIS]).all()


def test_its_legs_are_one_piece_of_the_photo() -> None:
    fit, found, _ = bound()
    legs = np.isin(found.whole.group, [Group.LEG_L, Group.LEG_R])
    flat = with_legs_as_one(found.whole, fit.trunk_px)

    def steps(depth: Array) -> float:
        return float(np.abs(np.diff(depth, axis=0))[legs[1:] & legs[:-1]].max())

    assert steps(flat.depth) < 0.02 * fit.trunk_px < 0.1 * fit.trunk_px < steps(found.whole.depth)
    assert np.unique(flat.part[legs]).tolist() == [BodyBone.THIGH_L]
    assert np.array_equal(flat.depth[~legs], found.whole.depth[~legs])
    assert np.array_equal(flat.part[~legs], found.whole.part[~legs])


def test_thighs_that_the_photo_does_not_show_are_not_raised() -> None:
    fit, _, _ = bound()
    above = np.zeros((N, N), np.bool_)
    above[: round(HIPS)] = True
    assert not shown_by(fit, above, half=True).sits


def test_legs_of_who_sits_are_held_at_the_lower_edge() -> None:
    standing = fitted_to(PERSON, OUTLINE.astype(np.float32))
    photo = np.zeros((N // 2 + 40, N, 3), np.uint8)  # it ends at the thighs
    source = source_of(photo, half=True)
    held = [LowerEdge.of(source, fit) for fit in (standing, bound()[0])]
    assert [one is not None and BodyBone.SHIN_L in one.bones for one in held] == [False, True]
