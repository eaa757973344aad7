"""Limbs are darker where they turn away from the camera."""

from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.shading import turned_away
from bunraku.spec.skeleton import BodyBone


@pytest.mark.parametrize("along", [(0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.3, 1.0)])
def test_a_limb_is_darker_round_its_sides_wherever_it_points(
    along: tuple[float, float, float],
) -> None:
    steps, length = 16, 5
    axis = np.array(along) / np.linalg.norm(along)
    front = np.array([0.0, 0.0, 1.0]) - axis[2] * axis
    front /= np.linalg.norm(front)
    side = np.cross(axis, front)
    angle = np.arange(steps) * 2.0 * np.pi / steps
    ring = np.cos(angle)[:, None] * front + np.sin(angle)[:, None] * side
    mesh = (ring + 3.0 * np.arange(length)[:, None, None] * axis).reshape(-1, 3)
    quads = np.arange(steps * (length - 1)).reshape(-1, steps)
    a, b = quads.ravel(), np.roll(quads, -1, 1).ravel()
    triangles = np.concatenate(
        [np.stack([a, b, a + steps], 1), np.stack([b, b + steps, a + steps], 1)]
    )
    bone = np.full(len(mesh), BodyBone.SHIN_L, np.int64)
    rim = turned_away(mesh.astype(np.float32), triangles.astype(np.int32), bone)
    middle = rim.reshape(length, steps)[1:-1]
    assert middle[:, [0, steps // 2]].max() < 0.1
    assert middle[:, [steps // 4, 3 * steps // 4]].min() > 0.9


def test_a_trunk_goes_over_from_its_front_into_its_back() -> None:
    angle = np.arange(16) * 2.0 * np.pi / 16
    ring = np.stack([np.sin(angle), np.zeros(16), -np.cos(angle)], -1)
    mesh = (ring + np.arange(3)[:, None, None] * np.array([0.0, 1.0, 0.0])).reshape(-1, 3)
    a = np.arange(32)
    b = a - a % 16 + (a + 1) % 16
    triangles = np.concatenate([np.stack([a, b, a + 16], 1), np.stack([b, b + 16, a + 16], 1)])
    bone = np.full(len(mesh), BodyBone.CHEST, np.int64)
    middle = turned_away(mesh.astype(np.float32), triangles.astype(np.int32), bone)[16:32]
    assert middle[0] == 0.0
    assert middle[8] == 1.0
    assert np.allclose(middle[[4, 12]], 0.5, atol=0.1)
