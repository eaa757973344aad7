"""The hand of an arm that the photo hides does not stay where it was when the arm comes out."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, SCALE, TEMPLATE, N, source_of

from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.fit import fit_body
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.spec.landmarks import (
    LEFT_SHOULDER,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
SURE = np.ones(33, np.float32)
ARM = [RIGHT_ELBOW, RIGHT_WRIST, *RIGHT_HAND]
SKIN, SHIRT = (200, 150, 125), (60, 80, 160)
HAND = PERSON[RIGHT_HIP, :2] + np.array([-14.0, -4.0])
RADIUS = 8


@pytest.mark.parametrize(
    ("colour", "clothes", "kept"),
    [(SKIN, SHIRT, 0.1), (SHIRT, SHIRT, 1.0), (SKIN, SKIN, 1.0)],
)
def test_a_hand_beside_the_trunk_goes_as_its_hidden_arm_comes_out(
    colour: tuple[int, int, int], clothes: tuple[int, int, int], kept: float
) -> None:
    hiding = PERSON.copy()
    shoulder = PERSON[RIGHT_SHOULDER, :3]
    hiding[ARM, :3] = shoulder + (PERSON[ARM, :3] - shoulder) * np.array([-0.6, 1.0, 1.0])
    hiding[ARM, 2] += 0.15 * SCALE
    hiding[ARM, 3] = 0.2
    y, x = np.mgrid[:N, :N]
    outline = OUTLINE * ((x > shoulder[0] - 8) | (y < shoulder[1]))
    head = y < PERSON[LEFT_SHOULDER, 1] - 8
    window = np.where(head[..., None], SKIN, clothes) * outline[..., None] + 90 * (
        1 - outline[..., None]
    )
    hand = np.hypot(x - HAND[0], y - HAND[1]) <= RADIUS
    window = np.where(hand[..., None], colour, window).astype(np.uint8)
    inside = cv2.bitwise_or(outline.astype(np.uint8), hand.astype(np.uint8))
    standing = source_of(window)
    pose = replace(standing.pose, landmarks=hiding)
    mask = inside.astype(np.float32)
    source = replace(standing, window=window, mask=mask, pose=pose)
    fit = fit_body(TEMPLATE, RIG, hiding, mask)
    assert fit is not None
    body = make_body(source, fit)
    core = np.hypot(x - HAND[0], y - HAND[1]) <= 0.5 * RADIUS

    def shown(landmarks: np.ndarray) -> float:
        drawn = body.draw(RIG.transforms(fit.stance, landmarks, SURE), SURE)
        return float(drawn.mask[0, 0][core].mean())

    raised = hiding.copy()
    turn = about(np.array([[0.0, 0.0, 1.0]]), np.array([np.pi * 0.7]))[0]
    raised[ARM, :3] = shoulder + (PERSON[ARM, :3] - shoulder) @ turn.T
    planes = body.textures.planes.reshape(-1, N, N, 3)
    for thigh in (Cloth.THIGH_L, Cloth.THIGH_R):  # of the hand there is at most its rim in it
        assert np.abs(planes[thigh][core] * 255.0 - clothes).max() < 30.0
    assert shown(hiding) > 0.95
    assert abs(shown(raised) - kept) < 0.1
