from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.runtime.source.shadow import cast_shadow
from bunraku.spec.arrays import Array, Picture

SHAPE = (240, 320)
TALL = 150.0


def standing() -> NDArray[np.uint8]:
    person = np.zeros(SHAPE, np.uint8)
    person[50:200, 145:175] = 1
    return person


def room(seed: int = 0) -> Array:
    """A grey wall and a brown floor, with some grain."""
    picture = np.full((*SHAPE, 3), (150.0, 152.0, 158.0))
    picture[170:] = (140.0, 110.0, 80.0)
    grain = np.random.default_rng(seed).normal(0, 2, (*SHAPE, 1))
    return np.asarray(picture + grain, np.float32)


def shade(depth: float, ellipse: tuple[int, int, int, int], soft: float) -> Array:
    """``[h, w, 1]``, what the light is multiplied by; ellipse: centre and half axes, x and y."""
    x, y, along, across = ellipse
    there = cv2.ellipse(np.zeros(SHAPE, np.float32), (x, y), (along, across), 0, 0, 360, 1.0, -1)
    if soft:
        there = cv2.GaussianBlur(there, (0, 0), soft)
    return np.asarray(1.0 - depth * there[..., None], np.float32)


def photo(picture: Array) -> Picture:
    shown = np.clip(picture, 0, 255).astype(np.uint8)
    shown[standing() > 0] = (200, 30, 30)
    return shown


def test_a_soft_shadow_at_the_feet_is_lit() -> None:
    light = shade(0.35, (185, 200, 40, 14), 5.0)
    shadow = cast_shadow(photo(room() * light), standing(), TALL)
    assert shadow is not None
    there = (light[..., 0] < 0.75) & (cv2.dilate(standing(), np.ones((7, 7))) == 0)
    np.testing.assert_allclose((light * shadow.gain)[there], 1.0, atol=0.12)
    far = cv2.GaussianBlur(light, (0, 0), 8.0) > 0.99
    assert (shadow.gain[far] < 1.02).all()
    assert not shadow.covered.any()


def test_a_small_shadow_with_edges_is_to_be_filled() -> None:
    light = shade(0.4, (182, 196, 12, 4), 0.0)
    shadow = cast_shadow(photo(room() * light), standing(), TALL)
    assert shadow is not None
    there = (light[..., 0] < 0.9) & (cv2.dilate(standing(), np.ones((9, 9))) == 0)
    assert shadow.covered[there].mean() > 0.95
    assert shadow.covered.sum() < 3 * (light < 0.9).sum()
    assert shadow.gain[there].max() < 1.1  # it is not brightened, but known
    np.testing.assert_allclose(np.exp(-shadow.depth[there]).mean(), 0.6, atol=0.1)


def test_a_shadow_on_the_wall_behind_is_lit() -> None:
    light = shade(0.25, (135, 110, 22, 55), 8.0)
    shadow = cast_shadow(photo(room() * light), standing(), TALL)
    assert shadow is not None
    there = (light[..., 0] < 0.85) & (cv2.dilate(standing(), np.ones((7, 7))) == 0)
    np.testing.assert_allclose((light * shadow.gain)[there], 1.0, atol=0.08)
    inside = standing() * (1 - cv2.dilate(1 - standing(), np.ones((5, 5), np.uint8)))
    assert (shadow.gain[110, 147:150] > 1.1).all()  # goes on under the person
    assert shadow.gain[inside > 0].min() >= 1.0
    np.testing.assert_allclose(np.exp(shadow.depth), shadow.gain, rtol=1e-5)


def test_a_wide_shadow_on_the_wall_leaves_no_outline() -> None:
    light = shade(0.3, (135, 110, 24, 60), 14.0)
    shadow = cast_shadow(photo(room() * light), standing(), TALL)
    assert shadow is not None
    lit = (light * shadow.gain)[:165, :130].mean(-1)
    assert light[:165, :130].min() < 0.8
    assert lit.min() > 0.965
    assert lit.max() < 1.03


def thing(colour: tuple[int, int, int], left: int = 178) -> Picture:
    picture = room()
    picture[150:210, left : left + 40] = colour
    return photo(picture)


@pytest.mark.parametrize(
    "shown",
    [
        photo(room()),
        thing((40, 60, 120)),  # of another hue
        thing((20, 20, 20)),  # black, before wall and floor
        photo(room() * shade(0.35, (270, 200, 25, 14), 4.0)),  # not at the person
        photo(room() * shade(0.65, (190, 110, 22, 50), 5.0)),  # too dark for a wall's
        photo(room() * np.where(np.arange(320)[:, None] > 176, 0.7, 1.0)),  # half of the room
    ],
)
def test_what_is_no_shadow_of_the_person_stays(shown: Picture) -> None:
    shadow = cast_shadow(shown, standing(), TALL)
    assert shadow is None or (not shadow.covered.any() and shadow.gain.max() < 1.02)


def test_in_a_grey_photo_a_white_cupboard_makes_no_shadow_of_the_wall_opposite() -> None:
    grey = room()
    grey[...] = grey.mean(-1, keepdims=True)
    grey[90:170, :150] = 225.0
    near = np.s_[:, :235]  # the wall ends where a shadow still may
    assert cast_shadow(photo(grey)[near], standing()[near], TALL) is None


def test_a_person_who_fills_the_rows_throws_none() -> None:
    person = np.ones(SHAPE, np.uint8)
    person[:20] = 0
    assert cast_shadow(photo(room()), person, 220.0) is None
