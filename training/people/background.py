"""Backgrounds drawn by rule: rooms, gradients, bricks, foliage, bokeh, noise. No picture needed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from bunraku.errors import InputError
from bunraku.runtime.source.named import is_photo
from bunraku.runtime.source.photo import read_photo
from bunraku.training.people.body import Floats
from bunraku.training.people.fabric import fabric, hue_colour, smooth_noise


def _muted(rng: np.random.Generator, low: float = 25, high: float = 240) -> Floats:
    """A colour [3] as walls and furniture have them."""
    saturation = rng.uniform(0, 0.35) if rng.random() < 0.75 else rng.uniform(0.3, 0.8)
    return np.asarray(
        rng.uniform(low, high) * (1 - saturation * (1 - hue_colour(float(rng.random()))))
    )


def _shade(rng: np.random.Generator, size: int) -> Floats:
    """Slow changes of brightness [size,size,1] around 1."""
    y, x = np.mgrid[:size, :size] / size - 0.5
    slope = rng.normal(size=2) * 0.3
    vignette = 1 - rng.uniform(0, 0.5) * (x * x + y * y)
    return np.asarray((1 + x * slope[0] + y * slope[1]) * vignette)[..., None]


def _gradient(rng: np.random.Generator, size: int) -> Floats:
    y, x = np.mgrid[:size, :size] / size
    angle = rng.uniform(0, 6.3)
    share = np.clip(0.5 + (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle), 0, 1)
    a, b = _muted(rng), _muted(rng)
    return np.asarray(a + share[..., None] * (b - a))


def _noise(rng: np.random.Generator, size: int) -> Floats:
    a, b = _muted(rng), _muted(rng)
    share = smooth_noise(rng, size, rng.uniform(0.5, 2.2))[..., None]
    out = a + share * (b - a)
    if rng.random() < 0.5:
        third = smooth_noise(rng, size, rng.uniform(1.0, 2.2))[..., None]
        out = out + third * (_muted(rng) - out) * 0.7
    return np.asarray(out)


def _bricks(rng: np.random.Generator, size: int) -> Floats:
    height = int(rng.integers(size // 40 + 2, size // 8))
    width = int(height * rng.uniform(1.0, 3.0))
    joint = max(1, height // 9)
    y, x = np.mgrid[:size, :size]
    row = y // height
    shifted = x + (row % 2) * (width // 2)
    brick = (row * 7919 + (shifted // width) * 104729) % 997
    tone = rng.uniform(0.75, 1.2, 997)[brick]
    colour = _muted(rng)
    out = colour * tone[..., None] * (0.85 + 0.3 * smooth_noise(rng, size, 0.8)[..., None])
    gap = (y % height < joint) | (shifted % width < joint)
    out[gap] = colour * rng.uniform(0.4, 1.3)
    return np.asarray(out)


def _foliage(rng: np.random.Generator, size: int) -> Floats:
    image = Image.new("RGB", (size, size), tuple(int(c) for c in rng.uniform(20, 70, 3)))
    draw = ImageDraw.Draw(image)
    tint = rng.uniform([20, 60, 10], [110, 160, 60])
    for step in range(500):
        x, y = rng.uniform(0, size, 2)
        long, angle = rng.uniform(0.01, 0.05) * size, rng.uniform(0, 6.3)
        dx, dy = long * np.cos(angle), long * np.sin(angle)
        bright = rng.uniform(0.3, 1) * (0.4 + 0.6 * step / 500)
        colour = tuple(int(c) for c in (tint * bright * rng.uniform(0.8, 1.2, 3)).clip(0, 255))
        leaf = [
            (x - dx, y - dy),
            (x + dy / 3, y - dx / 3),
            (x + dx, y + dy),
            (x - dy / 3, y + dx / 3),
        ]
        draw.polygon(leaf, fill=colour)
    out = np.asarray(image, np.float64)
    if rng.random() < 0.5:
        horizon = int(size * rng.uniform(0.1, 0.5))
        sky = rng.uniform([140, 170, 200], [230, 235, 255])
        out = out.copy()
        out[:horizon] = sky * (0.8 + 0.2 * np.linspace(1, 0, horizon)[:, None, None])
    return out


def _bokeh(rng: np.random.Generator, size: int) -> Floats:
    out = _gradient(rng, size) * rng.uniform(0.2, 0.7)
    y, x = np.mgrid[:size, :size]
    for _ in range(int(rng.integers(8, 40))):
        cx, cy = rng.uniform(0, size, 2)
        radius = rng.uniform(0.01, 0.08) * size
        disc = np.clip(radius - np.hypot(x - cx, y - cy) + 0.5, 0, 1)[..., None]
        out += disc * hue_colour(float(rng.choice([0.08, 0.1, 0.6, rng.random()]))) * 150
        out += disc * 40
    return out


def _tiles(rng: np.random.Generator, size: int) -> Floats:
    tile = Image.fromarray(fabric(rng, 1.0)[0][..., :3])
    side = int(size / rng.uniform(0.8, 3))
    small = np.asarray(tile.resize((side, side), Image.Resampling.BILINEAR), np.float64)
    repeats = -(-size // side)
    grey = small.mean(-1, keepdims=True)
    small = grey + (small - grey) * rng.uniform(0.2, 0.8)
    return np.tile(small, (repeats, repeats, 1))[:size, :size]


def room(rng: np.random.Generator, size: int) -> Floats:
    """A wall, a floor in perspective and things on both, float [size,size,3] in 0..255."""
    horizon = int(size * rng.uniform(0.58, 0.88))
    wall = _muted(rng, 70, 245) * (0.93 + 0.1 * smooth_noise(rng, size, 1.0)[..., None])
    if rng.random() < 0.15:
        wall = _bricks(rng, size)
    out = np.array(wall)
    rows = np.arange(horizon, size)
    depth = (size * 0.35) / (rows - horizon + size * 0.06)
    planks = rng.uniform(2, 10)
    x = (np.arange(size) / size - rng.uniform(0.3, 0.7))[None] * depth[:, None] * planks
    pattern = (np.floor(x) * 7919 % 13) / 13
    if rng.random() < 0.4:
        pattern = (np.floor(x) + np.floor(depth[:, None] * planks)) % 2
    floor = _muted(rng, 40, 200)
    contrast = rng.uniform(0, 0.4)
    out[horizon:] = floor * (1 - contrast / 2 + contrast * pattern[..., None])
    out[horizon - max(2, size // 60) : horizon] = _muted(rng, 120, 250)
    image = Image.fromarray(out.clip(0, 255).astype(np.uint8))
    _furnish(rng, ImageDraw.Draw(image), size, horizon)
    return np.asarray(image, np.float64)


def _furnish(rng: np.random.Generator, draw: ImageDraw.ImageDraw, size: int, horizon: int) -> None:
    def colour(scale: float = 1.0) -> tuple[int, ...]:
        return tuple(int(c) for c in (_muted(rng) * scale).clip(0, 255))

    for _ in range(int(rng.integers(0, 4))):  # pictures and windows
        x, y = rng.uniform(-0.1, 0.9) * size, rng.uniform(0, 0.45) * size
        w, h = rng.uniform(0.1, 0.35, 2) * size
        draw.rectangle((x, y, x + w, min(y + h, horizon - 4)), fill=colour(), outline=colour(0.5),
                       width=max(1, size // 90))  # fmt: skip
        if rng.random() < 0.5:
            draw.line((x + w / 2, y, x + w / 2, min(y + h, horizon - 4)), fill=colour(0.6),
                      width=max(1, size // 120))  # fmt: skip
    for _ in range(int(rng.integers(0, 4))):  # cupboards, shelves, tables
        x, w = rng.uniform(-0.15, 0.95) * size, rng.uniform(0.08, 0.4) * size
        foot = horizon + rng.uniform(0, 0.08) * size
        head = foot - rng.uniform(0.1, 0.55) * size
        body = colour()
        draw.rectangle((x, head, x + w, foot), fill=body, outline=colour(0.4))
        for shelf in np.linspace(head, foot, int(rng.integers(2, 6)))[1:-1]:
            draw.line((x, shelf, x + w, shelf), fill=colour(0.5), width=max(1, size // 128))
            if rng.random() < 0.5:
                book = x
                while book < x + w - size * 0.02:
                    thick = rng.uniform(0.008, 0.025) * size
                    tall = rng.uniform(0.02, 0.05) * size
                    draw.rectangle((book, shelf - tall, book + thick, shelf), fill=colour())
                    book += thick


Painter = Callable[[np.random.Generator, int], Floats]
_KINDS: tuple[tuple[Painter, float], ...] = (
    (room, 0.45), (_gradient, 0.12), (_noise, 0.13), (_bricks, 0.06), (_foliage, 0.1),
    (_bokeh, 0.07), (_tiles, 0.07),
)  # fmt: skip


def procedural(rng: np.random.Generator, size: int = 256) -> np.ndarray:
    """A background uint8 [size,size,3]."""
    shares = np.array([share for _, share in _KINDS])
    kind = _KINDS[rng.choice(len(_KINDS), p=shares / shares.sum())][0]
    pixels = (kind(rng, size) * _shade(rng, size)).clip(0, 255).astype(np.uint8)
    blur = rng.uniform(0, 0.014) * size if rng.random() < 0.5 else 0.6
    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(blur)))


def list_pictures(folder: Path) -> list[Path]:
    """Pictures under a folder, sorted. Raises InputError when there are none."""
    found = sorted(filter(is_photo, folder.rglob("*")))
    if not found:
        raise InputError(
            f"There is no photo in {folder} to use as a background.", "Name a folder with some."
        )
    return found


def from_picture(rng: np.random.Generator, path: Path, size: int = 256) -> np.ndarray:
    """A random square of a picture as background uint8 [size,size,3].

    Raises PhotoError where it cannot be read.
    """
    image = Image.fromarray(read_photo(path))
    side = max(1, int(min(image.size) * rng.uniform(0.4, 1)))
    x, y = (int(rng.integers(0, extent - side + 1)) for extent in image.size)
    box = (x, y, x + side, y + side)
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS, box))
