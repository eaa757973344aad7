"""A photo of a person made by code whose left forearm points at the camera."""

from __future__ import annotations

from functools import cache
from dataclasses import replace
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import OUTLINE as STANDING
from tests.runtime.drivers.body.photos import (
    PERSON,
    RIG,
    SCALE,
    SURE,
    TEMPLATE,
    N,
    fitted,
    fitted_to,
    posed,
    source_of,
)
from tests.runtime.drivers.hands.people import SHAPES, points_of
from bunraku.kernels import rasterise, skin
from bunraku.runtime.drivers.body.anew import NewArm, make_arms
from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import NEW_ARMS
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import NEARER
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.light import GAMMA, WARMTH, Light, studio
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.parts import ENDWISE, HANGING
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.drivers.body.showing import shown_by
from bunraku.runtime.drivers.body.turning import swing, unit
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.photo_hand import PhotoHand
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.runtime.drivers.hands.tone import colour_hands
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_WRIST
from bunraku.spec.skeleton import BODY_BONES, BodyBone

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
