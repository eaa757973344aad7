from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.photos import OUTLINE, N, fitted

from bunraku.runtime.drivers.body.arm_paint import (
    CLOTH_SHADOW,
    grain_of,
    grainy,
    mottled,
    paint_arm,
)
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.light import DARKEST, LIGHTEST, Light, studio
from bunraku.runtime.drivers.body.sleeves import Sleeve
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER
from bunraku.spec.skeleton import BodyBone

FIT = fitted(OUTLINE)
UNROLLED = Unrolled.of(FIT, 0)
SKIN = np.array([0.8, 0.6, 0.5], np.float32)
SHIRT = np.array([0.3, 0.4, 0.7], np.float32)
NO_GRAIN = np.zeros((1, 1, 3), np.float32)
AT_TONE = np.float32((LIGHTEST - 1.0) / (LIGHTEST - DARKEST))
"""How much of its darker picture an arm shows where skin has its tone."""


def painted(
    sleeve: Sleeve, plane: Array, seen: NDArray[np.bool_], light: Light
) -> tuple[Array, Array, Array]:
    """An arm's pictures where skin is brightest, darkest, and of its tone."""
    lit, dark = paint_arm(UNROLLED, sleeve, plane, seen, NO_GRAIN, light, 1.0)
    return lit, dark, lit + AT_TONE * (dark - lit)


def test_an_arm_laid_flat_has_its_joints_where_it_says() -> None:
    template = FIT.template
    upper, fore = (
        main_bones(template) == bone for bone in (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L)
    )
    place = UNROLLED.place(template.vertices[upper | fore], fore[upper | fore])
    along = UNROLLED.along(place[:, 1])
    assert along.min() < 0.1
    assert along.max() == pytest.approx(2.0, abs=0.15)
    assert np.median(along[fore[upper | fore]]) == pytest.approx(1.5, abs=0.15)
    strip = UNROLLED.strip
    assert strip.start <= place[:, 0].min()
    assert place[:, 0].max() <= strip.stop - 2
    # front and back lie on each other: both sides are there, and the middle
    assert place[:, 0].min() < N / 2 - UNROLLED.radius
    assert place[:, 0].max() > N / 2 + UNROLLED.radius
    joints = UNROLLED.place(UNROLLED.ends[:2].astype(np.float32), np.zeros(2, np.bool_))
    assert np.allclose(UNROLLED.along(joints[:, 1]), [0.0, 1.0], atol=1e-4)


def test_an_arm_that_points_straight_at_the_camera_is_laid_flat_like_others() -> None:
    points = FIT.stance.points.copy()
    points[LEFT_ELBOW] = points[LEFT_SHOULDER] - [0.0, 0.0, 40.0]
    unrolled = Unrolled.of(replace(FIT, stance=replace(FIT.stance, points=points)), 0)
    assert unrolled.radius == pytest.approx(UNROLLED.radius, rel=0.5)
    place = unrolled.place(unrolled.ends[:2].astype(np.float32), np.zeros(2, np.bool_))
    assert np.allclose(unrolled.along(place[:, 1]), [0.0, 1.0], atol=1e-4)


def test_an_upper_arm_is_read_where_the_photo_shows_it() -> None:
    rows, columns = np.mgrid[:N, :N].astype(np.float32)
    read = UNROLLED.in_photo(np.dstack([columns, rows]))
    start, end = FIT.stance.points[[LEFT_SHOULDER, LEFT_ELBOW], :2]
    middle = N // 2 - UNROLLED.strip.start
    row = int(np.abs(UNROLLED.along()[:, 0] - 0.5).argmin())
    assert np.allclose(read[row, middle], 0.5 * (start + end), atol=1.0)
    other = int(np.abs(UNROLLED.along()[:, 0] - 1.5).argmin())  # the forearm mirrors it
    assert np.allclose(read[other, middle], 0.5 * (start + end), atol=1.0)
    across = read[row] - read[row, middle]
    assert np.allclose(across @ (end - start) / np.linalg.norm(end - start), 0.0, atol=0.1)
    assert np.linalg.norm(across, axis=1).max() == pytest.approx(UNROLLED.radius, rel=0.1)


def test_a_sleeve_ends_softly_and_shades_the_skin_below_it() -> None:
    sleeve = Sleeve(0.6, SHIRT, SKIN, 0.6)
    plane = np.broadcast_to(SHIRT, (N, N, 3))
    light = Light(studio().harmonics, np.array([0.9, 1.0, 1.2], np.float32))
    lit, dark, usual = painted(sleeve, plane, np.zeros((N, N), np.bool_), light)
    along = UNROLLED.along()[:, 0]
    middle = usual[:, N // 2]
    assert np.allclose(middle[(along > 0.1) & (along < 0.5)], SHIRT, atol=1e-3)
    assert np.allclose(middle[along > 1.5], SKIN, atol=0.04)
    under = middle[(along > 0.68) & (along < 0.72)].mean(0)
    assert (under < 0.95 * SKIN).all()
    steps = np.abs(np.diff(middle, axis=0)).max(1)
    assert steps.max() < 0.8 * np.abs(SHIRT - SKIN).max()  # over more than a pixel
    side = usual[:, UNROLLED.strip.start + 4]
    assert (side[:, 2] > 0.55).sum() > (middle[:, 2] > 0.55).sum()  # its end is curved
    for shown, bright in ((lit, LIGHTEST), (dark, DARKEST)):
        assert np.allclose(shown[along > 1.5, N // 2], light.tint(bright) * SKIN, atol=0.04)
    assert np.allclose(dark[along < 0.5, N // 2], CLOTH_SHADOW * SHIRT, atol=1e-3)
    assert not lit[:, : UNROLLED.strip.start].any()


def test_what_the_photo_shows_of_a_bare_arm_is_kept_down_to_the_elbow() -> None:
    sleeve = Sleeve(0.0, SKIN, SKIN, 0.7)
    spotted = np.array([0.9, 0.5, 0.4], np.float32)
    plane = np.broadcast_to(spotted, (N, N, 3))
    light = Light(studio().harmonics, np.ones(3, np.float32))
    _, _, usual = painted(sleeve, plane, np.ones((N, N), np.bool_), light)
    along, middle = UNROLLED.along()[:, 0], usual[:, N // 2]
    assert np.allclose(middle[(along > 0.1) & (along < 0.65)], spotted, atol=1e-3)
    assert np.allclose(middle[along > 0.95], SKIN, atol=0.04)
    assert np.abs(np.diff(middle, axis=0)).max() < 0.05


def test_skin_is_redder_here_than_there() -> None:
    spots = mottled(120, 60, 12.0)
    assert spots.mean((0, 1)) == pytest.approx(np.ones(3), abs=0.01)
    assert 0.005 < spots[..., 1].std() < 0.03
    assert spots[..., 0].std() < 0.5 * spots[..., 1].std()
    assert np.abs(np.diff(spots, axis=0)).max() < 0.02


def test_the_grain_is_that_of_the_quietest_skin() -> None:
    noise = np.random.default_rng(1)
    colours = np.full((N, N, 3), 0.5, np.float32)
    colours += noise.normal(0.0, 0.2, colours.shape).astype(np.float32)
    colours[40:80, 40:80] = 0.6 + noise.normal(0.0, 0.02, (40, 40, 3))
    square = grain_of(colours, np.ones((N, N), np.bool_), 200.0, 1.0)
    assert square.shape == (10, 10, 3)
    assert 0.01 < square.std() < 0.03
    tiled = grainy(square, 200, 50)
    assert tiled.shape == (200, 50, 3)
    assert tiled.std() == pytest.approx(square.std(), rel=0.2)
    assert abs(float(tiled.mean())) < 0.01
    nowhere = grain_of(colours, np.zeros((N, N), np.bool_), 200.0, 1.0)
    assert not nowhere.any()
    assert not grainy(nowhere, 20, 20).any()
