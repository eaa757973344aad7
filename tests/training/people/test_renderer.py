from __future__ import annotations

from typing import Any

import moderngl
import numpy as np
import pytest

from bunraku.errors import BunrakuError
from bunraku.training.people.anatomy import GROUPS
from bunraku.training.people.camera import look_at
from bunraku.training.people.renderer import LAYERS, Light, Look, Mesh, Renderer


def square(layer: str, group: str, other: str, border: list[float]) -> tuple[Mesh, Look]:
    """A square of one metre across the camera's view, on the plane of a flat body."""
    corners = np.array([[-0.5, 0, 0.5], [0.5, 0, 0.5], [0.5, 0, 1.5], [-0.5, 0, 1.5]], np.float32)
    tag = np.zeros((4, 4), np.float32)
    tag[:, :3] = LAYERS.index(layer), GROUPS.index(group), GROUPS.index(other)
    tag[:, 3] = border
    mesh = Mesh(
        corner_vertex=np.arange(4),
        texcoord=np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32),
        rest=corners,
        tag=tag,
        triangles=np.array([[0, 1, 2], [0, 2, 3]]),
    )
    textures = np.full((len(LAYERS), 8, 8, 4), 255, np.uint8)
    look = Look(
        textures=textures,
        tint=np.tile(np.eye(3, dtype=np.float32) * 0.5, (len(LAYERS), 1, 1)),
        gloss=np.zeros(len(LAYERS), np.float32),
        cloth=np.array([name in ("top", "bottom") for name in LAYERS], np.float32),
        fabrics=np.zeros((2, 8, 8, 4), np.uint8),
        fabric_scale=np.ones((2, 2), np.float32),
        detail=np.ones(len(LAYERS), np.float32),
        print_=np.zeros((8, 8, 4), np.uint8),
        print_box=np.array([0, 1, 0.1, 0.1], np.float32),
    )
    return mesh, look


FRAMES = np.tile(
    np.array([[0, 0.1, 0.5], [0, 0, 1], [0, -1, 0], [1, 0, 0]], np.float32), (len(GROUPS), 1, 1)
)
"""All groups: V from z 0.5 to 1.5, U around the vertical through y = 0.1, front to the camera."""


def draw(mesh: Mesh, look: Look, size: int = 64) -> tuple[np.ndarray, np.ndarray]:
    renderer = Renderer(FRAMES, size)
    try:
        renderer.load(mesh, look)
        white = np.ones((2, 3), np.float32)
        renderer.light(Light(np.array([[0, -1, 0]] * 2, np.float32), white * 0, white))
        camera = look_at(np.array([0, 0, 1.013]), 0.83, 0.0, 30)
        normals = np.tile(np.array([0, -1, 0], np.float32), (4, 1))
        return renderer.draw(mesh.rest, normals, camera.view, camera.eye)
    finally:
        renderer.close()


def test_colour_is_premultiplied_and_alpha_is_soft() -> None:
    rgba, iuv = draw(*square("skin", "torso", "torso", [1, 1, 1, 1]))
    assert rgba.shape == (64, 64, 4)
    assert iuv.shape == (128, 128, 3)
    assert (rgba[0] == 0).all()
    inside = rgba[32, 32]
    assert inside[3] == 255
    # The ambient light is 1, the square's albedo a half.
    assert np.allclose(inside[:3], 128, atol=2)
    soft = (rgba[..., 3] > 0) & (rgba[..., 3] < 255)
    assert soft.any()
    assert np.allclose(rgba[soft][:, 0] / rgba[soft][:, 3], 0.5, atol=0.03)


def test_parts_and_coordinates_follow_the_rest_position() -> None:
    _, iuv = draw(*square("skin", "torso", "torso", [1, 1, 1, 1]))
    seen = iuv[..., 0] > 0
    assert set(iuv[seen][:, 0]) == {2}  # all of it faces front
    rows, columns = np.nonzero(seen)
    v = iuv[seen][:, 2].astype(float) / 255
    u = iuv[seen][:, 1].astype(float) / 255
    height = 1 - (rows - rows.min() + 0.5) / (np.ptp(rows) + 1)
    assert np.abs(v - height).max() < 0.02
    x = (columns - columns.min() + 0.5) / (np.ptp(columns) + 1) - 0.5
    assert np.abs(u - (np.arctan2(x, 0.1) / np.pi + 0.5)).max() < 0.02


def test_borders_between_groups_are_straight_across_triangles() -> None:
    _, iuv = draw(*square("skin", "upper arm.L", "lower arm.L", [1, -1, -1, 1]))
    left, right = 15, 19  # the fronts of both groups
    seen = iuv[..., 0] > 0
    assert set(iuv[seen][:, 0]) == {left, right}
    for row in iuv[40:90, :, 0]:
        change = np.nonzero(row == right)[0].min()
        assert change == pytest.approx(64, abs=1)


def test_fabric_covers_clothes_only() -> None:
    for layer, expected in (("top", (204, 51, 0)), ("shoes", (128, 128, 128))):
        mesh, look = square(layer, "torso", "torso", [1, 1, 1, 1])
        look.fabrics[:] = (204, 51, 0, 255)
        rgba, _ = draw(mesh, look)
        assert np.allclose(rgba[32, 32, :3], expected, atol=3)


def test_print_lies_on_the_chest_of_the_top() -> None:
    mesh, look = square("top", "torso", "torso", [1, 1, 1, 1])
    look.print_[:] = (0, 255, 0, 255)
    rgba, _ = draw(mesh, look)
    green = (rgba[..., 1] > 200) & (rgba[..., 0] < 60)
    rows, columns = np.nonzero(green)
    assert rows.mean() == pytest.approx(32, abs=2)
    assert columns.mean() == pytest.approx(31.5, abs=1)
    assert np.ptp(columns) == pytest.approx(0.2 / 1.66 * 64, abs=2)


def test_transparent_texels_leave_no_trace() -> None:
    mesh, look = square("hair", "head", "head", [1, 1, 1, 1])
    look.textures[LAYERS.index("hair"), :, :, 3] = 0
    rgba, iuv = draw(mesh, look)
    assert not rgba.any()
    assert not iuv.any()


def test_what_stands_before_the_light_casts_a_shadow() -> None:
    mesh, look = square("skin", "torso", "torso", [1, 1, 1, 1])
    small = mesh.rest * [0.3, 1, 0.3] + [0, -0.3, 0.7]
    double = Mesh(
        corner_vertex=np.arange(8),
        texcoord=np.tile(mesh.texcoord, (2, 1)),
        rest=np.concatenate([mesh.rest, small]),
        tag=np.tile(mesh.tag, (2, 1)),
        triangles=np.concatenate([mesh.triangles, mesh.triangles + 4]),
    )
    sun = np.array([[0.8, -1, 0], [0, 0, 1]]) / np.array([[np.sqrt(1.64)], [1]])
    colour, ambient = np.array([[1.0] * 3, [0.0] * 3]), np.full((2, 3), 0.2)
    camera = look_at(np.array([0, 0, 1.0]), 0.83, 0.0, 30)
    normals = np.tile(np.array([0, -1, 0], np.float32), (8, 1))
    pictures = []
    for shadow in (0.0, 1.0):
        renderer = Renderer(FRAMES, 64)
        try:
            renderer.load(double, look)
            renderer.light(Light(sun, colour, ambient, shadow))
            pictures.append(renderer.draw(double.rest, normals, camera.view, camera.eye)[0])
        finally:
            renderer.close()
    darker = pictures[0][..., 0].astype(int) - pictures[1][..., 0] > 30
    rows, columns = np.nonzero(darker)
    # The light comes from the picture's right, so the shadow falls to the left of the middle.
    assert 50 < darker.sum() < 500
    assert columns.mean() < 26
    assert rows.mean() == pytest.approx(32, abs=3)


def test_missing_egl_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise Exception("libEGL.so not loaded")  # as glcontext raises it

    monkeypatch.setattr(moderngl, "create_standalone_context", fail)
    with pytest.raises(BunrakuError, match=r"sudo apt-get install libegl1 libgl1-mesa-dri"):
        Renderer(FRAMES)
