from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.camera import (
    SHADE,
    frame_full,
    frame_half,
    ground_shadow,
    look_at,
    random_light,
)


def figure(rng: np.random.Generator, lifted: bool = False) -> np.ndarray:
    """A cloud of points as large as a person on the floor."""
    points = rng.uniform([-0.25, -0.15, 0], [0.25, 0.15, 1.75], (400, 3))
    return np.concatenate([points, [[0, 0, 0], [0, 0, 2.2 if lifted else 1.75]]])


def test_projection_of_a_level_camera() -> None:
    camera = look_at(np.array([0, 0, 1.0]), 1.0, 0.0, 40)
    points = np.array([[0, 0, 1], [0, 0, 2], [0.5, 0, 1]], float)
    xy, distance = camera.project(points)
    assert np.allclose(xy, [[0.5, 0.5], [0.5, 0], [0.75, 0.5]])  # the person's left is right
    assert np.allclose(distance, camera.focal)


def test_zoom_and_shift_act_in_window_units() -> None:
    camera = look_at(np.array([0, 0, 1.0]), 1.0, 0.1, 40)
    points = np.array([[0.2, 0.1, 1.3]])
    before = camera.project(points)[0][0]
    moved = camera.adjusted(0.5, 0.1, -0.2)
    assert np.allclose(moved.project(points)[0][0], (before - 0.5) * 0.5 + [0.6, 0.3])
    assert moved.focal == pytest.approx(camera.focal / 2)


def test_whole_people_fill_half_to_95_percent_of_the_height() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frames = [figure(rng, lifted=i == 2) for i in range(4)]
        camera = frame_full(rng, frames)
        for vertices in frames:
            xy, _ = camera.project(vertices)
            assert 0.5 <= np.ptp(xy[:, 1]) <= 0.951
            assert xy.min() > 0
            assert xy.max() < 1


def test_half_bodies_are_cut_by_the_lower_edge() -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        camera = frame_half(rng, top=1.75, hips=0.9, centre=np.array([0, 0, 0.95]))
        xy, _ = camera.project(np.array([[0, 0, 1.75], [0, 0, 0.55], [0, 0, 1.3]]))
        assert 0 < xy[0, 1] < 0.3
        assert xy[1, 1] > 1
        assert 0.1 < xy[2, 1] < 0.9


def test_shadow_falls_on_the_floor_beside_the_feet(rng: np.random.Generator) -> None:
    vertices = figure(rng)
    camera = look_at(np.array([0, 0, 0.9]), 1.2, 0.2, 40)
    shade = ground_shadow(camera, random_light(rng), vertices, 0.5)
    assert shade.shape == (SHADE, SHADE)
    assert shade.dtype == np.uint8
    assert shade.min() < 190
    feet = int(camera.project(np.zeros((1, 3)))[0][0, 1] * SHADE)
    assert (shade[: feet // 3] == 255).all()


def test_lights_come_from_the_camera_side_on_average() -> None:
    lights = [random_light(np.random.default_rng(seed)) for seed in range(200)]
    directions = np.array([light.direction[0] for light in lights])
    assert np.allclose(np.linalg.norm(directions, axis=1), 1)
    assert directions[:, 1].mean() < -0.3
    assert directions[:, 2].mean() > 0.2
    assert all((light.colour >= 0).all() and (light.ambient >= 0).all() for light in lights)
