"""A photo of somebody behind a desk, as simple shapes."""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS, LEFT_SHOULDER, RIGHT_SHOULDER

SIDE = 256
WALL, SHIRT, SKIN, DESK = (200, 205, 210), (90, 70, 150), (205, 150, 130), (120, 90, 60)
ROW, SLOPE = 170.0, 0.05


def window(desk: tuple[int, int, int] | None = DESK, n: int = SIDE) -> Picture:
    """``[n, n, 3]``; an arm lies on the desk."""
    picture = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    cv2.circle(picture, (128, 55), 22, SKIN, -1)
    cv2.rectangle(picture, (92, 82), (164, 255), SHIRT, -1)
    across, down = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    if desk is not None:
        picture[down > ROW + SLOPE * (across - 127.5)] = desk
        cv2.line(picture, (96, 160), (112, 190), SKIN, 10)
    noise = np.random.default_rng(0).normal(0, 3, picture.shape)
    noisy = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(noisy, (n, n), interpolation=cv2.INTER_LINEAR), np.uint8)


def person(n: int = SIDE) -> Array:
    """``[n, n]``: the mask of networks that take the desk for clothes."""
    mask = np.zeros((SIDE, SIDE), np.float32)
    cv2.circle(mask, (128, 55), 22, 1.0, -1)
    cv2.rectangle(mask, (92, 82), (164, 255), 1.0, -1)
    return np.asarray(cv2.resize(mask, (n, n)), np.float32)


def landmarks() -> Array:
    """``[33, 4]`` in units of the window."""
    result = np.zeros((LANDMARKS, 4), np.float32)
    result[LEFT_SHOULDER, :2] = 158 / SIDE, 90 / SIDE
    result[RIGHT_SHOULDER, :2] = 98 / SIDE, 90 / SIDE
    return result
