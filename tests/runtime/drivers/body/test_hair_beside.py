"""What is beside a face: hair, but for a turned face's own side, and for what shows through."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.test_hair import (
    BROWN,
    FACE,
    SHIRT,
    SHOULDER,
    SKIN,
    N,
    fitted,
    painted,
)

from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.hair import ALIKE, EARS, TURNED_DEG, find_hair, tones_apart
from bunraku.runtime.drivers.body.head import Head
from bunraku.spec.arrays import Picture
from bunraku.spec.skeleton import BodyBone

SHORT, _ = painted(BROWN, SHIRT, short=True)
FIT = fitted(SHORT)
HEAD = Head.of(FIT)
ROWS = np.arange(N)[:, None]
SIDE = FIT.inside & (FACE[1] < ROWS) & (SHOULDER[1] - 16 > ROWS) & (np.abs(HEAD.across) > EARS)


def found(window: Picture, turned_deg: float) -> NDArray[np.bool_]:
    """The hair of somebody whose limbs are all the trunk's."""
    groups = np.where(FIT.inside, Group.TRUNK, Group.NOBODY).astype(np.int32)
    return find_hair(FIT, replace(HEAD, turned_deg=turned_deg), groups, window)


def test_a_face_is_turned_as_far_as_its_head_is() -> None:
    assert HEAD.turned_deg < 5.0
    frames = FIT.stance.frames.copy()
    angle = np.deg2rad(-40.0)
    turn = np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    frames[BodyBone.HEAD, :3, :3] = turn @ frames[BodyBone.HEAD, :3, :3]
    aside = replace(FIT, stance=replace(FIT.stance, frames=frames))
    assert Head.of(aside).turned_deg == pytest.approx(40.0, abs=5.0)


def test_ear_cheek_and_nape_of_a_face_that_is_turned_are_no_hair() -> None:
    assert (SIDE & (np.abs(SHORT.window - np.array(SKIN)).sum(-1) < 60)).sum() > 100
    hair = found(SHORT.window, TURNED_DEG + 10.0)
    assert hair[SIDE].mean() < 0.05
    assert hair[FACE[1] - 25, FACE[0]]


def test_a_tone_that_little_of_hair_has_is_not_its_own() -> None:
    """The wall at its rim, a clip in it: a shirt of that colour would be hair."""
    dark, light = np.array([30.0, 128.0, 128.0]), np.array([200.0, 128.0, 128.0])
    asked = np.array([[dark, light]], np.float32)
    for share, like in ((5, False), (30, True)):
        samples = np.array([dark] * (100 - share) + [light] * share, np.float32)
        samples[:, 0] += np.arange(100) % 5  # grain
        assert (tones_apart(asked, samples)[0] < ALIKE).tolist() == [True, like]
