"""What a camera does to a picture: white balance, exposure, blur, noise, small size, compression.

Records hold exact pictures; these faults are applied while training, so that one record gives many
pictures. All functions take and give uint8 [h,w,3] RGB. A camera is drawn once per person and used
for all of its frames, as the frames of one clip share their faults; noise differs by frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np


@dataclass(frozen=True)
class CameraFaults:
    """Faults of one camera. The default has none."""

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Factors of red, green and blue."""
    gamma: float = 1.0
    """Exponent on values in 0..1: below 1 brightens."""
    blur_px: float = 0.0
    """Standard deviation of the lens's blur."""
    motion_px: float = 0.0
    """Length of the longest motion blur; each frame has its own, in its own direction."""
    noise: float = 0.0
    """Standard deviation of the noise at mid grey, in levels of 255."""
    grain_px: int = 1
    """Size of a grain of noise: cameras that filter their noise leave it blotchy."""
    scale: float = 1.0
    """Share of the resolution that the camera really has."""
    quality: int | None = None
    """JPEG quality, 0 to 100; None leaves the picture uncompressed."""


def random_faults(rng: np.random.Generator, strength: float = 1.0) -> CameraFaults:
    """Faults as webcams and phones have them; ``strength`` 0 gives a perfect camera."""

    def sometimes(chance: float, value: float) -> float:
        return value * strength if rng.random() < chance else 0.0

    warmth = rng.normal(size=3) * 0.05 * strength
    low_light = rng.random() < 0.25
    compressed = rng.random() < 0.7 * min(strength, 1)
    return CameraFaults(
        gain=tuple(np.exp(warmth + rng.normal() * 0.08 * strength).tolist()),
        gamma=float(np.exp(rng.normal() * 0.15 * strength)),
        blur_px=sometimes(0.45, rng.uniform(0.2, 1.1)),
        motion_px=sometimes(0.25, rng.uniform(1.0, 5.0)),
        noise=sometimes(0.7, rng.uniform(4, 14) if low_light else rng.uniform(0.5, 5)),
        grain_px=int(rng.integers(1, 4)),
        scale=1 - sometimes(0.3, rng.uniform(0.1, 0.55)),
        quality=int(rng.integers(35, 96)) if compressed else None,
    )


def photograph(faults: CameraFaults, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame as this camera gives it, uint8 [h,w,3]."""
    out = tone(rgb, faults.gain, faults.gamma)
    if faults.blur_px > 0:
        out = cv2.GaussianBlur(out, (0, 0), faults.blur_px)
    if faults.motion_px > 0:
        out = motion_blur(out, rng.uniform(0, faults.motion_px), rng.uniform(0, np.pi))
    if faults.scale < 1:
        out = shrink(out, faults.scale)
    if faults.noise > 0:
        out = add_noise(out, faults.noise, rng, faults.grain_px)
    if faults.quality is not None:
        out = compress(out, faults.quality)
    return out


def tone(rgb: np.ndarray, gain: tuple[float, float, float], gamma: float) -> np.ndarray:
    """White balance, exposure and contrast."""
    levels = (np.arange(256) / 255.0)[:, None] * np.array(gain)
    table = np.round(255 * levels.clip(0, 1) ** gamma).astype(np.uint8)
    return np.ascontiguousarray(cv2.LUT(rgb, table[:, None, :]))


def motion_blur(rgb: np.ndarray, length_px: float, angle: float) -> np.ndarray:
    """Blur along a line of this length and direction (radians)."""
    if length_px < 1:
        return rgb
    reach = int(np.ceil(length_px / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    kernel = (1 - np.abs(across)).clip(0) * (length_px / 2 + 0.5 - np.abs(along)).clip(0, 1)
    return np.asarray(cv2.filter2D(rgb, -1, kernel / kernel.sum()))


def shrink(rgb: np.ndarray, scale: float) -> np.ndarray:
    """Detail lost by a smaller sensor: down to ``scale`` of the size and up again."""
    height, width = rgb.shape[:2]
    small = (max(8, round(width * scale)), max(8, round(height * scale)))
    fewer = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(fewer, (width, height), interpolation=cv2.INTER_LINEAR))


def add_noise(
    rgb: np.ndarray, level: float, rng: np.random.Generator, grain_px: int = 1
) -> np.ndarray:
    """Sensor noise of ``level`` (of 255) at mid grey: part per pixel, part growing with light."""
    height, width = rgb.shape[:2]
    grains = _grains(-(-height // grain_px), -(-width // grain_px), rng)
    if grain_px > 1:
        grains = cv2.resize(grains, (width, height), interpolation=cv2.INTER_LINEAR) * 1.5
    noisy = rgb + grains * level * np.sqrt(0.4 + 0.6 * rgb / np.float32(128))
    return np.asarray((noisy + 0.5).clip(0, 255), np.uint8)


def _grains(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Normal noise float32 [h,w,3], partly common to the channels, cut from a fixed sheet: drawing
    new numbers for every frame would take longer than all other faults together."""
    sheet = _noise_sheet(1 << max(9, (max(height, width) - 1).bit_length()))
    y, x = (int(rng.integers(0, sheet.shape[0] - extent + 1)) for extent in (height, width))
    cut = sheet[y : y + height, x : x + width]
    if rng.random() < 0.5:
        cut = cut[:, ::-1]
    return np.ascontiguousarray(cut if rng.random() < 0.5 else -cut)


@lru_cache(maxsize=2)
def _noise_sheet(side: int) -> np.ndarray:
    rng = np.random.default_rng(side)
    common = rng.standard_normal((side, side, 1), np.float32)
    return np.asarray(0.8 * common + 0.6 * rng.standard_normal((side, side, 3), np.float32))


def compress(rgb: np.ndarray, quality: int) -> np.ndarray:
    """Through JPEG and back."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), options)
    decoded = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return np.ascontiguousarray(decoded[..., ::-1])
