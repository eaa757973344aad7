"""Somebody with a hand on the hip, as simple shapes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LANDMARKS

SIDE = 256
BACKGROUND, SHIRT, SLEEVE, SKIN = (200, 205, 210), (90, 70, 150), (60, 110, 70), (190, 140, 120)
_ARM = ((152, 90), (205, 130), (168, 168), (158, 172))


def akimbo(
    sleeve: tuple[int, int, int] = SLEEVE, shirt: tuple[int, int, int] = SHIRT
) -> tuple[Picture, Array, Array, NDArray[np.bool_]]:
    """A window, a mask that fills the gap beside the left arm, landmarks in units of the window,
    and where the gap is."""
    noise = np.random.default_rng(0).normal(0, 3, (SIDE, SIDE, 3))
    picture = np.full((SIDE, SIDE, 3), BACKGROUND, np.uint8)
    cv2.circle(picture, (128, 55), 20, SKIN, -1)
    cv2.rectangle(picture, (100, 82), (156, 255), shirt, -1)
    cv2.polylines(picture, [np.array(_ARM, np.int32)], False, sleeve, 16)
    cv2.polylines(
        picture, [np.array(((104, 90), (92, 130), (90, 168)), np.int32)], False, sleeve, 16
    )
    person = (picture != BACKGROUND).any(-1)
    filled = person.astype(np.uint8)
    cv2.fillPoly(filled, [np.array(_ARM, np.int32)], 1)
    gap = (filled > 0) & ~person & (np.indices(filled.shape)[1] > 156)
    landmarks = np.zeros((LANDMARKS, 4), np.float32)
    landmarks[:11, :2] = 128, 58
    for number, point in zip((11, 13, 15), _ARM[:3], strict=True):
        landmarks[number, :2] = point
    landmarks[[17, 19], :2] = _ARM[3]
    for number, point in ((12, (104, 90)), (14, (92, 130)), (16, (90, 168)), (18, (90, 178))):
        landmarks[number, :2] = point
    landmarks[20, :2] = 90, 178
    landmarks[[23, 24, 25, 26], :2] = (146, 175), (110, 175), (146, 260), (110, 260)
    landmarks[:, :2] = (landmarks[:, :2] + 0.5) / SIDE
    landmarks[:, 3] = 1.0
    window = np.clip(picture + noise, 0, 255).astype(np.uint8)
    return window, filled.astype(np.float32), landmarks, gap
