"""Framing, light and ground shadow of one person's pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from bunraku.training.people.body import Floats
from bunraku.training.people.poses import unit
from bunraku.training.people.renderer import Light

SHADE = 64
_NEAR, _FAR = 0.1, 60.0


@dataclass(frozen=True)
class Camera:
    """A pinhole camera with lens shift.

    ``view`` [4,4] takes the world to clip space; ``eye`` [3]; ``focal`` is the focal length in
    halves of the picture.
    """

    view: Floats
    eye: Floats
    focal: float

    def project(self, points: Floats) -> tuple[Floats, Floats]:
        """Window units [n,2] (0..1, origin top left) and distances along the axis [n], metres."""
        clip = points @ self.view[:, :3].T + self.view[:, 3]
        xy = clip[:, :2] / clip[:, 3:] * [0.5, -0.5] + 0.5
        return xy, clip[:, 3]

    def adjusted(self, scale: float, x: float, y: float) -> Camera:
        """The camera zoomed by ``scale`` about the picture's centre, then shifted to the right and
        down by ``x`` and ``y`` window units."""
        change = np.diag([scale, scale, 1.0, 1.0])
        change[0, 3], change[1, 3] = 2 * x, -2 * y
        return Camera(change @ self.view, self.eye, self.focal * scale)


def look_at(centre: Floats, half_height: float, pitch: float, fov_deg: float) -> Camera:
    """A camera in front of ``centre`` (the person looks along -y), ``pitch`` radians above it,
    that sees ``half_height`` metres above and below."""
    focal = float(1 / np.tan(np.deg2rad(fov_deg) / 2))
    away = np.array([0, -np.cos(pitch), np.sin(pitch)])
    eye = centre + half_height * focal * away
    back = unit(eye - centre)
    right = unit(np.cross([0, 0, 1.0], back))
    pose = np.eye(4)
    pose[:3, :3] = right, np.cross(back, right), back
    pose[:3, 3] = -pose[:3, :3] @ eye
    depth = _FAR - _NEAR
    lens = np.array(
        [
            [focal, 0, 0, 0],
            [0, focal, 0, 0],
            [0, 0, -(_FAR + _NEAR) / depth, -2 * _FAR * _NEAR / depth],
            [0, 0, -1, 0],
        ]
    )
    return Camera(lens @ pose, eye, focal)


def frame_full(rng: np.random.Generator, frames: list[Floats]) -> Camera:
    """A camera that shows the whole person in all frames, 50 to 95 % of the picture high.

    ``frames``: vertices [v,3] of every frame. Frames of someone much lower than in the tallest
    frame (who crouches) may fall below 50 %.
    """
    everything = np.concatenate([np.stack([v.min(0), v.max(0)]) for v in frames])
    low, high = everything.min(0), everything.max(0)
    half = max(high[2] - low[2], high[0] - low[0]) / 2
    camera = look_at((low + high) / 2, half * 1.3, rng.uniform(-0.06, 0.25), rng.uniform(22, 48))
    boxes = np.array([_box(camera, vertices) for vertices in frames])  # [f, left top right bottom]
    heights = boxes[:, 3] - boxes[:, 1]
    left, top = boxes[:, :2].min(0)
    right, bottom = boxes[:, 2:].max(0)
    scale = rng.uniform(0.7, 0.95) / heights.max()
    scale = max(scale, 0.52 / heights.min())
    scale = min(scale, 0.95 / heights.max(), 0.98 / (bottom - top), 0.98 / (right - left))
    camera = camera.adjusted(scale, 0, 0)
    left, top, right, bottom = (np.array([left, top, right, bottom]) - 0.5) * scale + 0.5
    roam = rng.uniform(0.2, 0.8) if rng.random() < 0.4 else 0.5
    x = 0.01 + roam * (0.98 - (right - left)) - left
    y = 0.01 + rng.uniform(0.15, 0.95) * (0.98 - (bottom - top)) - top
    return camera.adjusted(1.0, x, y)


def frame_half(rng: np.random.Generator, top: float, hips: float, centre: Floats) -> Camera:
    """A camera that shows a person from the waist up, cut by the lower edge.

    ``top`` and ``hips``: heights in metres of head and hip joints of the person standing;
    ``centre`` [3]: where the hips are.
    """
    lowest = hips + rng.uniform(-0.28, 0.14)
    highest = top + rng.uniform(0.03, 0.24) * (top - lowest)
    half = (highest - lowest) / 2
    at = np.array([centre[0] + rng.normal() * 0.08 * half, centre[1], (highest + lowest) / 2])
    return look_at(at, half, rng.uniform(-0.12, 0.18), rng.uniform(25, 55))


def _box(camera: Camera, vertices: Floats) -> tuple[float, float, float, float]:
    xy, _ = camera.project(vertices)
    (left, top), (right, bottom) = xy.min(0), xy.max(0)
    return left, top, right, bottom


def random_light(rng: np.random.Generator) -> Light:
    """Light from the camera's side: one main and one weak lamp, sky and floor."""
    direction = rng.normal(size=(2, 3)) + [0, -1.2, 0.8]
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    main = rng.uniform(0.4, 0.95) * (1 + 0.12 * rng.normal(size=3))
    weak = rng.uniform(0, 0.25) * (1 + 0.3 * rng.normal(size=3))
    floor = rng.uniform(0.12, 0.32) * (1 + 0.15 * rng.normal(size=3))
    sky = rng.uniform(0.28, 0.6) * (1 + 0.1 * rng.normal(size=3))
    colour, ambient = np.stack([main, weak]).clip(0), np.stack([floor, sky]).clip(0)
    return Light(direction, colour, ambient, float(rng.uniform(0.3, 0.95)))


def ground_shadow(camera: Camera, light: Light, vertices: Floats, strength: float) -> np.ndarray:
    """Shade uint8 [64,64] on the plate: 255 is lit. The floor is the plane z = 0."""
    towards = light.direction[0].copy()
    towards[2] = max(towards[2], 0.35)
    fallen = vertices - vertices[:, 2:] / towards[2] * towards
    near = vertices[vertices[:, 2] < 0.14].copy()
    near[:, 2] = 0
    dark = _splat(camera, fallen, 1.0) * 0.7 + _splat(camera, near, 1.3) * 0.6
    return np.asarray(255 * (1 - strength * np.clip(dark, 0, 1))).round().astype(np.uint8)


def _splat(camera: Camera, points: Floats, blur: float) -> Floats:
    xy, distance = camera.project(points)
    cells = np.floor(xy[distance > _NEAR] * SHADE).astype(int)
    cells = cells[((cells >= 0) & (cells < SHADE)).all(1)]
    covered = np.zeros((SHADE, SHADE))
    covered[cells[:, 1], cells[:, 0]] = 1
    return np.asarray(gaussian_filter(covered, blur, mode="nearest"))
