"""A trunk ends where the photo shows that it does, not behind the arm beside it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.flanks import SLOPE, within_flanks
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N, SHOULDERS, HIPS = 128, 20, 100
ROWS, COLUMNS = np.indices((N, N))
NECK = (COLUMNS >= 58) & (COLUMNS < 62) & (ROWS >= SHOULDERS - 5) & (ROWS < SHOULDERS)
TRUNK = NECK | (COLUMNS >= 40) & (COLUMNS < 80) & (ROWS >= SHOULDERS)
ARM = (COLUMNS >= 90) & (COLUMNS < 100) & (ROWS >= SHOULDERS)
ARMPIT = (COLUMNS >= 80) & (COLUMNS < 100) & (ROWS >= SHOULDERS) & (ROWS < 50)
MESH = np.array([[95, 90, 0], [95, 90, 0], [60, 90, 0], [90, 30, 0], [88, 52, 0]], np.float32)
BONES = np.full((5, 1), BodyBone.PELVIS)
BONES[1] = BodyBone.FOREARM_L


def held(arm: Region) -> Array:
    """Where the vertices come to be beside such an arm."""
    points = np.zeros((33, 3), np.float32)
    points[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP], :2] = (
        *((78, SHOULDERS), (42, SHOULDERS)),
        *((70, HIPS), (50, HIPS)),
    )
    fit: Any = SimpleNamespace(
        template=SimpleNamespace(weights=np.ones((5, 1), np.float32), bones=BONES),
        stance=SimpleNamespace(points=points),
        trunk_px=float(HIPS - SHOULDERS),
        fine=1.0,
        inside=TRUNK | arm,
    )
    bone = np.where(TRUNK, BodyBone.CHEST, np.where(arm, BodyBone.FOREARM_L, -1)).astype(np.int32)
    flat = np.zeros((N, N), np.float32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    return within_flanks(fit, Binding(bone >= 0, weights, bone, bone, flat, flat), MESH)


def test_a_trunk_does_not_go_on_behind_an_arm_over_the_background_that_is_seen_between() -> None:
    moved = held(ARM | ARMPIT)
    assert 76.0 <= moved[0, 0] <= 80.0
    assert np.array_equal(moved[1:4], MESH[1:4]), "an arm, what is within, and a shoulder stay"
    assert moved[4, 0] <= 81.0 + SLOPE * 2.0, "just above it a trunk is little wider"
    assert np.array_equal(moved[:, 1:], MESH[:, 1:])


def test_where_an_arm_hides_its_side_a_trunk_stays_as_it_was_fitted() -> None:
    beside = (COLUMNS >= 80) & (COLUMNS < 100) & (ROWS >= SHOULDERS)
    assert np.array_equal(held(beside), MESH)
