"""Somebody whose left arm hangs close beside the trunk, as simple shapes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    HEAD,
    LANDMARKS,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

SIDE = 256
WALL, SHIRT, SKIN = (205, 208, 200), (60, 66, 72), (170, 125, 105)
GAP = slice(100, 160), slice(157, 161)
"""Rows and columns of the strip of wall between trunk and arm; below, the wall is in the open."""


def hanging() -> tuple[Picture, NDArray[np.bool_], Array]:
    """A window, where its person is, and landmarks in units of it."""
    picture = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    cv2.circle(picture, (128, 50), 20, SKIN, -1)
    picture[78:256, 100:157] = SHIRT
    picture[80:190, 161:179] = SKIN
    picture[80:100, 157:161] = SHIRT
    picture[82:190, 78:94] = SKIN
    person = (picture != WALL).any(-1)
    points = np.zeros((LANDMARKS, 2))
    points[list(HEAD)] = 128, 52
    for numbers, at in (
        ((LEFT_SHOULDER, RIGHT_SHOULDER), (154, 88)),
        ((LEFT_ELBOW, RIGHT_ELBOW), (170, 130)),
        ((LEFT_WRIST, RIGHT_WRIST), (170, 170)),
        ((LEFT_HIP, RIGHT_HIP), (146, 180)),
        ((LEFT_KNEE, RIGHT_KNEE), (146, 255)),
    ):
        points[list(numbers)] = at, (256 - at[0], at[1])
    points[list(LEFT_HAND)], points[list(RIGHT_HAND)] = (170, 182), (86, 182)
    landmarks = np.ones((LANDMARKS, 4), np.float32)
    landmarks[:, :2] = (points + 0.5) / SIDE
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8), person, landmarks
