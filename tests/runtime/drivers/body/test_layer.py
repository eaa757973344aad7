from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.layer import drawn_in
from bunraku.runtime.drivers.body.shading import turned_away
from bunraku.runtime.drivers.body.texture import LITTLE, WHOLE, lit_as
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


def test_what_little_is_seen_of_a_forearm_in_shadow_is_as_light_as_its_hand() -> None:
    plane = np.full((4, 4, 3), 0.3, np.float32) * np.array([1.2, 1.0, 0.9], np.float32)
    tone, hand = plane[0, 0], 2.0 * plane[0, 0]
    assert np.allclose(lit_as(plane, tone, hand, LITTLE), 2.0 * plane)
    assert np.array_equal(lit_as(plane, tone, hand, WHOLE), plane)
    assert np.array_equal(lit_as(plane, tone, 0.5 * tone, LITTLE), plane)
    glove = np.array([0.2, 0.3, 0.9], np.float32)
    assert np.array_equal(lit_as(plane, tone, glove, LITTLE), plane)
    assert np.array_equal(lit_as(plane, None, hand, LITTLE), plane)


def test_a_sleeve_of_nearly_its_hands_hue_is_no_skin_in_shadow() -> None:
    pink, hand = np.array([0.62, 0.34, 0.38], np.float32), np.array([0.8, 0.53, 0.49], np.float32)
    plane = np.broadcast_to(pink, (4, 4, 3))
    assert np.array_equal(lit_as(plane, pink, hand, LITTLE), plane)


def test_a_hidden_outline_is_no_stair_of_the_grid() -> None:
    y, x = np.indices((30, 30))
    disc = (x - 14) ** 2 + (y - 14) ** 2 <= 10**2
    rows, columns = np.mgrid[0:30:3, 0:30:3]
    nodes = np.stack([columns.ravel(), rows.ravel(), np.full(rows.size, 5.0)], -1)
    drawn = drawn_in(nodes.astype(np.float32), disc)
    inside = disc[rows.ravel(), columns.ravel()]
    assert np.array_equal(drawn[inside], nodes[inside])
    apart = np.hypot(*(drawn[~inside, :2] - 14.0).T)
    assert apart.max() <= 10.0
    assert apart.min() > 9.0
    assert (drawn[:, 2] == 5.0).all()
