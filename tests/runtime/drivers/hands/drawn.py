"""A person made by code whose hands are drawn anew, on the shipped template."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.body.photos import PERSON, SCALE, N
from tests.runtime.drivers.hands.people import SHAPES, TEMPLATE, points_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import fit_body
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.region import Region
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import Bone

SKIN = np.array([205 / 255, 150 / 255, 120 / 255], np.float32)
RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
REST: HandPoses = (HandPose(SHAPES[0].palm, SHAPES[0].bends), None)
IN_VIEW = np.ones((N, N), np.bool_)
TIPS = [4, 8, 12, 16, 20]
FIST = np.deg2rad([[0, 10, 50, 60], *[[0, 80, 100, 60]] * 4])


def landmarks() -> Array:
    """``[33, 4]`` in pixels of the window."""
    return PERSON.copy()


@cache
def source() -> Source:
    """A person in grey with bare head and hands."""
    points = landmarks()
    drawn = silhouette(points, (N, N), SCALE).astype(np.float32)
    mask = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.8), np.float32)
    person = np.full((N, N, 3), 110.0, np.float32)
    for place in (*points[[0, 15, 16, 17, 18], :2], points[[9, 10], :2].mean(0)):
        x, y = (int(v) for v in place)
        cv2.circle(person, (x, y), 16, tuple((SKIN * 255).tolist()), -1)
    wall = street((N, N)).astype(np.float32)
    photo = (wall + (person - wall) * mask[..., None]).round().astype(np.uint8)
    pose = Pose(points, points[:, :3] / SCALE, 0.99, mask)
    framing = Framing(Window.of_box(0, 0, N), False, Bone.TORSO)
    return Source(photo, pose, 1, framing, photo, mask, Later.of(Plate(photo)))


def made(source: Source, poses: HandPoses, view: Region = IN_VIEW) -> tuple[Body, PhotoHands]:
    fit = fit_body(TEMPLATE, RIG, landmarks(), source.mask, poses)
    assert fit is not None
    body = make_body(source, fit)
    return body, make_hands(body, RIG.at_rest.inverse, poses, (SHAPES[0], SHAPES[1]), view)


def turned(axis: tuple[float, float, float], degrees: float, lately: float = 1.0) -> HandPose:
    turn = about(np.array([axis]), np.deg2rad([degrees]))[0]
    return HandPose(turn @ SHAPES[0].palm, SHAPES[0].bends, lately, lately)


def known(source: Source) -> tuple[HandPoses, HandPlace]:
    """The photo's left hand, and where it is."""
    placed = points_of(0) * SCALE
    placed += landmarks()[15, :3] - placed[0]
    place = HandPlace.of(placed.astype(np.float32), source.mask > 0.3, source.window)
    return (HandPose(SHAPES[0].palm, SHAPES[0].bends, place=place), None), place


def _shown(drawn: Drawn) -> Array:
    return np.asarray(drawn.image[0] * drawn.mask[0])
