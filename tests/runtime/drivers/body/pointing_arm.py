"""A photo of a person made by code whose left forearm points at the camera."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, SCALE, N, fitted_to, source_of

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST

SKIN, SHIRT = np.array([205, 155, 130]), np.array([80, 100, 180])


def pointing(at: float = 0.0) -> Array:
    """``[33, 4]``: the person, the left forearm towards the camera, turned down by so many
    degrees."""
    result = PERSON.copy()
    arm = [LEFT_WRIST, *LEFT_HAND]
    length = float(np.linalg.norm(PERSON[LEFT_WRIST, :3] - PERSON[LEFT_ELBOW, :3]))
    angle = np.deg2rad(at + 10.0)
    wrist = PERSON[LEFT_ELBOW, :3] + length * np.array([0.0, np.sin(angle), -np.cos(angle)])
    result[arm, :3] += wrist - PERSON[LEFT_WRIST, :3]
    return result


PHOTO = pointing()


@cache
def source() -> Source:
    """The photo: skin but for a shirt, which ends at the elbows."""
    outline = silhouette(PHOTO, (N, N), SCALE)
    colours = np.broadcast_to(SKIN, (N, N, 3)).copy()
    rows = np.arange(N)
    shirt = (rows > PERSON[11, 1] - 8) & (rows < PERSON[LEFT_ELBOW, 1] - 10)
    colours[shirt] = SHIRT
    window = np.where(outline[..., None] > 0, colours, 90).astype(np.uint8)
    standing = source_of(window)
    return replace(standing, window=window, mask=outline.astype(np.float32))


@cache
def fit() -> Fit:
    """Its fitted body."""
    return fitted_to(PHOTO, source().mask)


@cache
def body() -> Body:
    """What is drawn of it."""
    return make_body(source(), fit())
