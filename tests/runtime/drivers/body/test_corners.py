from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.corners import find_corners
from bunraku.spec.skeleton import BodyBone

N = 64
INSIDE = np.zeros((N, N), np.bool_)
INSIDE[8:, 8:24] = INSIDE[40:, 8:] = True  # a neck, and a shoulder to its right
MESH = np.array([[21, 26, 5], [21, 46, 5], [42, 43, 9], [10, 46, 5]], np.float32)
TRIANGLES = np.array([[0, 2, 1], [0, 1, 3]], np.int32)


def _fit(bone: BodyBone = BodyBone.CHEST, shoulders: float = 44.0) -> Any:
    bones = np.tile(np.array([bone, BodyBone.HEAD], np.int32), (4, 1))
    weights = np.array([[0.6, 0.4], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], np.float32)
    template = SimpleNamespace(triangles=TRIANGLES, weights=weights, bones=bones)
    points = np.zeros((33, 3))
    points[[11, 12, 23, 24], 1] = [shoulders, shoulders, 90.0, 90.0]
    stance = SimpleNamespace(points=points)
    return SimpleNamespace(template=template, inside=INSIDE, stance=stance, fine=1.0)


def _beside(vertices: Any, triangles: Any) -> int:
    """How many pixels are drawn beyond the outline."""
    return int(((rasterise(vertices, triangles, (N, N)).triangle >= 0) & ~INSIDE).sum())


def test_no_flap_is_left_between_neck_and_shoulder() -> None:
    found = find_corners(_fit(), MESH)
    assert found.gone.tolist() == [True, False]
    assert set(found.parents) == {0}
    before = _beside(MESH, TRIANGLES)
    assert before > 50
    assert _beside(found.vertices, found.triangles) < before / 3
    there = rasterise(found.vertices, found.triangles, (N, N)).triangle >= 0
    was = rasterise(MESH, TRIANGLES[:1], (N, N)).triangle >= 0
    lost = was & INSIDE & ~there
    assert lost.sum() < 0.2 * (was & INSIDE).sum()  # its own margin


def test_pieces_run_as_their_triangle_does_and_hang_as_it_does() -> None:
    fit = _fit()
    found = find_corners(fit, MESH)
    at_rest = found.between(MESH)
    a, b, c = np.moveaxis(at_rest[found.triangles, :2], 1, 0)
    whole_a, whole_b, whole_c = MESH[TRIANGLES[0], :2]
    area = np.linalg.det(np.stack([whole_b - whole_a, whole_c - whole_a]))
    pieces = np.linalg.det(np.stack([b - a, c - a], 1))
    assert (np.sign(pieces) == np.sign(area)).all()
    assert pieces.sum() == pytest.approx(area, rel=1e-4)
    weights, bones = found.hung(fit.template.weights, fit.template.bones)
    assert np.allclose(weights.sum(1), 1.0)
    head = (weights * (bones == BodyBone.HEAD)).sum(1)
    assert np.allclose(head, 0.4 * found.shares[:, 0], atol=1e-6)


@pytest.mark.parametrize("of_arm", [False, True])
def test_others_stay_in_one_piece(of_arm: bool) -> None:
    fit = _fit(BodyBone.UPPER_ARM_L) if of_arm else _fit(shoulders=20.0)
    found = find_corners(fit, MESH)
    assert not found.gone.any()
    assert len(found.vertices) == len(found.triangles) == 0
    assert found.hung(fit.template.weights, fit.template.bones)[0].shape == (0, 2)
