"""Cloth that no wardrobe ships: plain, striped, checked, dotted and floral tiles, and prints.

Tiles repeat without a seam. Colours are uint8 RGBA, bottom row first, alpha = how much of the tile
covers the garment's own texture.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from bunraku.training.people.body import Floats

TILE = 256
PRINT = 256


def random_colour(rng: np.random.Generator) -> Floats:
    """A colour [3] in 0..255 as clothes have them: often dark, grey, blue or red."""
    kind = rng.random()
    if kind < 0.28:
        return np.asarray(rng.uniform(8, 55) + rng.normal(size=3) * 6).clip(2, 255)
    if kind < 0.45:
        return np.asarray(rng.uniform(130, 245) + rng.normal(size=3) * 6).clip(0, 255)
    hue = rng.choice([0.0, 0.62, rng.random()], p=[0.22, 0.2, 0.58]) + rng.normal() * 0.03
    saturation, value = rng.uniform(0.35, 0.95), rng.uniform(0.3, 0.95)
    return 255 * value * (1 - saturation * (1 - hue_colour(float(hue))))


def hue_colour(hue: float) -> Floats:
    """The pure colour [3] in 0..1 of a hue in turns."""
    ramp = np.abs((hue * 6 + np.array([0.0, 4, 2])) % 6 - 3) - 1
    return np.asarray(ramp.clip(0, 1))


def smooth_noise(rng: np.random.Generator, size: int, roughness: float) -> Floats:
    """Noise [size,size] in 0..1 that repeats without a seam; amplitude falls as f^-roughness."""
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None])
    frequency[0, 0] = 1
    spectrum = np.fft.rfft2(rng.normal(size=(size, size))) * frequency**-roughness
    spectrum[0, 0] = 0
    noise = np.fft.irfft2(spectrum, (size, size))
    low, high = np.percentile(noise, [1, 99])
    return np.asarray(((noise - low) / (high - low)).clip(0, 1), np.float32)


def _grid() -> tuple[Floats, Floats]:
    y, x = np.mgrid[:TILE, :TILE] / TILE
    return x, y


def _mix(share: Floats, a: Floats, b: Floats) -> Floats:
    return np.asarray(b + share[..., None] * (a - b))


def _stripes(rng: np.random.Generator) -> Floats:
    x, y = _grid()
    count = int(rng.integers(2, 14))
    phase = [y, x, x + y][rng.choice(3, p=[0.55, 0.3, 0.15])] * count
    edge = rng.uniform(-0.6, 0.6)
    share = np.clip((np.sin(2 * np.pi * phase) - edge) * 6 + 0.5, 0, 1)
    out = _mix(share, random_colour(rng), random_colour(rng))
    if rng.random() < 0.4:
        thin = np.clip((np.sin(2 * np.pi * phase + 1.3) - 0.9) * 20, 0, 1)
        out = _mix(thin, random_colour(rng), out)
    return out


def _checks(rng: np.random.Generator) -> Floats:
    x, y = _grid()
    out = np.broadcast_to(random_colour(rng), (TILE, TILE, 3)).astype(float)
    for _ in range(int(rng.integers(1, 4))):
        colour, count = random_colour(rng), int(rng.integers(2, 8))
        edge, shift = rng.uniform(-0.3, 0.95), rng.uniform(0, 6)
        for axis in (x, y):
            share = np.clip((np.sin(2 * np.pi * axis * count + shift) - edge) * 8, 0, 1) * 0.5
            out = _mix(share, colour, out)
    return out


def _dots(rng: np.random.Generator) -> Floats:
    x, y = _grid()
    count, radius = int(rng.integers(3, 12)), rng.uniform(0.15, 0.4)
    row = np.floor(y * count * 2)
    dx = (x * count + 0.5 * (row % 2)) % 1 - 0.5
    dy = (y * count * 2) % 1 - 0.5
    share = np.clip((radius - np.hypot(dx, dy / 2)) * 14 + 0.5, 0, 1)
    return _mix(share, random_colour(rng), random_colour(rng))


def _camouflage(rng: np.random.Generator) -> Floats:
    out = np.broadcast_to(random_colour(rng), (TILE, TILE, 3)).astype(float)
    for _ in range(int(rng.integers(2, 5))):
        noise = smooth_noise(rng, TILE, rng.uniform(1.4, 2.2))
        share = np.clip((noise - rng.uniform(0.45, 0.7)) * 25, 0, 1)
        out = _mix(share, random_colour(rng), out)
    return out


def _flowers(rng: np.random.Generator) -> Floats:
    x, y = _grid()
    out = np.broadcast_to(random_colour(rng), (TILE, TILE, 3)).astype(float)
    colours = [random_colour(rng) for _ in range(3)]
    for _ in range(int(rng.integers(12, 40))):
        cx, cy, size = rng.random(), rng.random(), rng.uniform(0.02, 0.09)
        dx, dy = (x - cx + 0.5) % 1 - 0.5, (y - cy + 0.5) % 1 - 0.5
        petals, phase = int(rng.integers(3, 8)), rng.uniform(0, 6)
        edge = size * (1 + 0.45 * np.cos(petals * np.arctan2(dy, dx) + phase))
        radius = np.hypot(dx, dy)
        out = _mix(np.clip((edge - radius) * 120, 0, 1), colours[rng.integers(3)], out)
        out = _mix(np.clip((size * 0.3 - radius) * 120, 0, 1), colours[rng.integers(3)], out)
    return out


def _zigzag(rng: np.random.Generator) -> Floats:
    x, y = _grid()
    count, teeth = int(rng.integers(2, 8)), int(rng.integers(2, 8))
    wave = np.abs((x * teeth) % 1 - 0.5) * rng.uniform(0.5, 2)
    share = np.clip(np.sin(2 * np.pi * (y * count + wave)) * 6 + 0.5, 0, 1)
    return _mix(share, random_colour(rng), random_colour(rng))


def _marble(rng: np.random.Generator) -> Floats:
    share = smooth_noise(rng, TILE, rng.uniform(0.8, 2.0))
    return _mix(share, random_colour(rng), random_colour(rng))


def _blocks(rng: np.random.Generator) -> Floats:
    _, y = _grid()
    share = np.clip(np.sin(2 * np.pi * (y + rng.random())) * 20 + 0.5, 0, 1)
    return _mix(share, random_colour(rng), random_colour(rng))


def _plain(rng: np.random.Generator) -> Floats:
    return np.broadcast_to(random_colour(rng), (TILE, TILE, 3)).astype(float)


_KINDS: tuple[tuple[Callable[[np.random.Generator], Floats], float], ...] = (
    (_plain, 0.36), (_stripes, 0.18), (_checks, 0.12), (_dots, 0.06), (_camouflage, 0.07),
    (_flowers, 0.08), (_zigzag, 0.04), (_marble, 0.05), (_blocks, 0.04),
)  # fmt: skip


def fabric(rng: np.random.Generator, coverage: float) -> tuple[np.ndarray, Floats]:
    """A tile uint8 [256,256,4] and its repeats per metre [2]; coverage 0 leaves it transparent."""
    shares = np.array([share for _, share in _KINDS])
    kind = _KINDS[rng.choice(len(_KINDS), p=shares / shares.sum())][0]
    colours = kind(rng) * (0.9 + 0.2 * smooth_noise(rng, TILE, 0.3)[..., None])
    out = np.empty((TILE, TILE, 4), np.uint8)
    out[..., :3] = colours.clip(0, 255)
    out[..., 3] = round(255 * coverage)
    repeats = 1 / rng.uniform(0.18, 0.6)
    return out, np.array([repeats, repeats], np.float32)


def chest_print(rng: np.random.Generator) -> np.ndarray:
    """A picture uint8 [256,256,4] as on a T-shirt: letters, emblems or a poster."""
    image = Image.new("RGBA", (PRINT, PRINT))
    draw = ImageDraw.Draw(image)
    ink = tuple(int(c) for c in random_colour(rng))
    other = tuple(int(c) for c in random_colour(rng))
    kind = rng.random()
    if kind < 0.4:
        size = int(rng.integers(50, 110))
        for line in range(int(rng.integers(1, 3))):
            letters = "".join(rng.choice(list("ABCDEHKLMNORSTUVXZ0123456789"), rng.integers(2, 7)))
            font = ImageFont.load_default(size)
            draw.text((PRINT / 2, 60 + 90 * line), letters, ink, font, anchor="mm")
    elif kind < 0.75:
        draw.ellipse((20, 20, 236, 236), fill=ink if rng.random() < 0.6 else None, outline=ink,
                     width=int(rng.integers(4, 20)))  # fmt: skip
        points = int(rng.integers(3, 9))
        angles = np.arange(2 * points) * np.pi / points + rng.uniform(0, 3)
        radii = np.where(np.arange(2 * points) % 2, rng.uniform(25, 80), 90)
        star = [
            (128 + r * np.cos(a), 128 + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)
        ]
        draw.polygon(star, fill=other)
    else:
        return np.ascontiguousarray(fabric(rng, 0.95)[0])
    return np.ascontiguousarray(np.asarray(image)[::-1])
