"""A photo of a made face, and the face that a driver moves in it."""

from __future__ import annotations

import cv2
import numpy as np
from tests.runtime.drivers.face.faces import Made, made

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.expression import Expression
from bunraku.runtime.drivers.face.landmarks import Face
from bunraku.runtime.drivers.face.measures import MEASURES, Measure
from bunraku.runtime.drivers.face.photo_face import PhotoFace
from bunraku.spec.arrays import Picture

UNIT_PX = 80.0
MIDDLE = (130.0, 110.0)
SKIN, EYE_WHITE, IRIS, BACK, TOOTH = (200, 150, 120), (250, 250, 250), (20, 20, 200), 60, 240


def painted(face: Face, teeth: bool = False) -> Picture:
    """A photo of a made face: skin, white eyes with blue irises, a bright line for the chin."""
    photo = np.full((280, 260, 3), BACK, np.uint8)

    def fill(numbers: list[int], colour: tuple[int, int, int]) -> None:
        cv2.fillPoly(photo, [face.points[numbers, :2].round().astype(np.int32)], colour)

    fill(list(mesh.OVAL), SKIN)
    for side in ("right", "left"):
        fill([*mesh.UPPER_LID[side], *mesh.LOWER_LID[side][::-1]], EYE_WHITE)
        x, y = face.points[mesh.PUPIL[side], :2].round().astype(int).tolist()
        photo[y - 2 : y + 3, x - 3 : x + 4] = IRIS
    if teeth:
        fill([*mesh.UPPER_INNER_LIP, *mesh.LOWER_INNER_LIP[::-1]], (TOOTH, TOOTH, TOOTH))
    return photo


def prepared(expression: Made | None = None, teeth: bool = False) -> tuple[Picture, PhotoFace]:
    face = made(expression, middle=MIDDLE, unit_px=UNIT_PX, pitch_deg=0.0)
    photo = painted(face, teeth)
    found = PhotoFace.of(photo, face)
    assert found is not None
    return photo, found


def doing(**values: float) -> Expression:
    array = np.zeros(MEASURES)
    for name, value in values.items():
        array[Measure[name.upper()]] = value
    return Expression(array)


def shown(face: PhotoFace, expression: Expression, strength: float = 1.0) -> Picture:
    patch = face.patch(expression, strength)
    assert patch is not None
    return patch.on(face.photo)


def at(picture: Picture, u: float, v: float) -> list[int]:
    return [int(c) for c in picture[round(MIDDLE[1] + v * UNIT_PX), round(MIDDLE[0] + u * UNIT_PX)]]
