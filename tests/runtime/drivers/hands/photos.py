"""An open hand before grey clothes, in a window."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.runtime.drivers.hands.people import SHAPES, points_of

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES, WRIST
from bunraku.runtime.drivers.hands.region import BONES, HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.arrays import Array

N = 128
LENGTH = 36.0
SKIN = np.array([205, 150, 120], np.uint8)
INSIDE = np.ones((N, N), np.bool_)


def points() -> Array:
    """``[21, 3]``: the template's left hand as it lies in the picture, its fingers up."""
    made = points_of(0).astype(np.float64)
    palm = SHAPES[0].palm
    flat = (made - made[WRIST]) @ palm  # along, across, out of it
    flat[:, 1] = (made - made[WRIST]) @ palm[:, 1]
    scale = LENGTH / np.linalg.norm(flat[list(KNUCKLES)].mean(0))
    placed = np.stack([flat[:, 1], -flat[:, 0], flat[:, 2]], 1) * scale
    return np.asarray(placed + np.array([64.0, 88.0, 0.0]), np.float32)


def drawn_hand() -> NDArray[np.bool_]:
    """``[n, n]``: the hand's pixels."""
    canvas = np.zeros((N, N), np.uint8)
    at = np.rint(POINTS[:, :2]).astype(np.int32)
    cv2.fillPoly(canvas, [at[[WRIST, 1, 2, *KNUCKLES]]], 1)
    for start, end in BONES:
        cv2.line(canvas, at[start].tolist(), at[end].tolist(), 1, int(0.18 * LENGTH))
    return np.asarray(canvas > 0)


def turned_palm() -> Vectors:
    """The palm of that hand, ``[3, 3]``."""
    along, across = np.array([0.0, -1.0, 0.0]), np.array([1.0, 0.0, 0.0])
    return np.stack([along, across, np.cross(along, across)], -1)


def window() -> NDArray[np.uint8]:
    """The photo's window."""
    picture = np.full((N, N, 3), (96, 104, 118), np.uint8)
    picture += np.random.default_rng(3).integers(0, 6, (N, N, 1), dtype=np.uint8)
    shade = np.random.default_rng(4).integers(0, 8, (N, N, 1), dtype=np.uint8)
    return np.where(drawn_hand()[..., None], SKIN + shade, picture).astype(np.uint8)


POINTS = points()
WINDOW = window()


def held() -> HandPose:
    """How the photo holds it."""
    place = HandPlace.of(POINTS, INSIDE, WINDOW)
    return HandPose(turned_palm(), SHAPES[0].bends, place=place)
