from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.trunk import hang_legs, hold_trunk
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, LEFT_HIP, LEFT_KNEE, SHOULDERS

PHOTO = standing().astype(np.float64)
TRUNK = PHOTO[HIPS, :2].mean(0) - PHOTO[SHOULDERS, :2].mean(0)
LENGTH = float(np.hypot(*TRUNK))


def hips_moved(pixels: tuple[float, float]) -> Array:
    """The photo's own pose, the hips elsewhere."""
    driver = standing()
    driver[HIPS, :2] += np.array(pixels, np.float32)
    return driver


def test_the_photos_own_pose_stays() -> None:
    for legs in (0.0, 0.5, 1.0):
        assert np.allclose(hold_trunk(standing(), PHOTO, legs), standing(), atol=1e-4)


def leaning(degrees: float) -> Array:
    """The photo's own pose, all above the hips nearer to the camera."""
    driver = standing()
    driver[:LEFT_HIP, 2] -= np.float32(LENGTH * np.tan(np.deg2rad(degrees)))
    return driver


def test_with_legs_in_sight_the_hips_are_where_they_are() -> None:
    driver = hips_moved((4.0, -3.0))
    assert np.allclose(hold_trunk(driver, PHOTO, 1.0), driver, atol=1e-4)


@pytest.mark.parametrize(("degrees", "at_least", "at_most"), [(4, 0.0, 0.5), (50, 43.0, 48.0)])
def test_with_legs_in_sight_a_bow_survives_and_a_tremble_does_not(
    degrees: float, at_least: float, at_most: float
) -> None:
    held = hold_trunk(leaning(degrees), PHOTO, 1.0)
    near = float(held[HIPS, 2].mean() - held[SHOULDERS, 2].mean())
    assert at_least < np.rad2deg(np.arctan(near / LENGTH)) < at_most
    assert np.array_equal(held[:, :2], standing()[:, :2])


def test_without_legs_a_lean_in_depth_is_the_photos_arms_and_head_and_all() -> None:
    assert np.allclose(hold_trunk(leaning(25), PHOTO, 0.0), standing(), atol=1e-4)


def test_without_legs_hips_that_stray_a_little_hang_below_the_shoulders() -> None:
    stray = 0.02 * LENGTH
    held = hold_trunk(hips_moved((stray, 0.0)), PHOTO, 0.0)
    assert float(held[LEFT_HIP, 0] - PHOTO[LEFT_HIP, 0]) < 0.1 * stray
    assert np.allclose(held[SHOULDERS], standing()[SHOULDERS])


def test_without_legs_a_lean_sideways_survives() -> None:
    lean = 0.35 * LENGTH  # 20 degrees
    held = hold_trunk(hips_moved((lean, 0.0)), PHOTO, 0.0)
    moved = float(held[LEFT_HIP, 0] - PHOTO[LEFT_HIP, 0])
    assert moved == pytest.approx(lean, rel=0.05)


def turned(share: float, pair: list[int]) -> Array:
    """The photo's own pose, the left of a pair farther away by a share of its width, the right
    nearer, and all that hangs on them."""
    driver, (left, right) = standing(), pair
    depth = 0.5 * share * float(np.linalg.norm(PHOTO[left, :3] - PHOTO[right, :3]))
    end = LEFT_HIP if pair == SHOULDERS else len(driver)
    driver[left:end:2, 2] += np.float32(depth)
    driver[right:end:2, 2] -= np.float32(depth)
    return driver


@pytest.mark.parametrize("pair", [SHOULDERS, HIPS])
@pytest.mark.parametrize("legs", [0.0, 1.0])
@pytest.mark.parametrize(("share", "kept"), [(0.05, 0.059), (0.2, 0.5), (-0.2, 0.5), (0.9, 0.953)])
def test_a_trunk_turns_and_does_not_tremble(
    share: float, kept: float, legs: float, pair: list[int]
) -> None:
    driver = turned(share, pair)
    held = hold_trunk(driver, PHOTO, legs)
    assert np.array_equal(held[:, :2], driver[:, :2])
    moved = held[:, 2] - standing()[:, 2]
    assert np.allclose(moved, (driver[:, 2] - standing()[:, 2]) * kept, rtol=0.02, atol=1e-4)


def test_a_trunk_turns_from_how_the_photo_shows_it() -> None:
    photo = turned(0.9, SHOULDERS).astype(np.float64)
    assert np.allclose(hold_trunk(turned(0.9, SHOULDERS), photo, 1.0), turned(0.9, SHOULDERS))


def test_a_trunk_that_points_at_the_camera_is_no_accident() -> None:
    photo = PHOTO.copy()
    photo[HIPS, :2] = photo[SHOULDERS, :2]
    assert np.isfinite(hold_trunk(standing(), photo, 0.0)).all()


def test_legs_below_the_photos_edge_hang_as_the_trunk_does() -> None:
    guessed = standing()
    guessed[LEFT_KNEE:, 2] -= 30.0
    guessed[HIPS, 2] += 0.1 * LENGTH
    knees = guessed[[LEFT_KNEE, LEFT_KNEE + 1], 1]
    hung = hang_legs(guessed, float(knees.min()) - 1.0)
    assert np.array_equal(hung[:LEFT_KNEE], guessed[:LEFT_KNEE])
    assert np.array_equal(hung[:, :2], guessed[:, :2])
    axis = guessed[HIPS, :3].mean(0) - guessed[SHOULDERS, :3].mean(0)
    thigh, shin = hung[LEFT_KNEE] - hung[LEFT_HIP], hung[LEFT_KNEE + 2] - hung[LEFT_KNEE]
    assert thigh[2] / thigh[1] == pytest.approx(axis[2] / axis[1], abs=1e-4)
    assert shin[2] / shin[1] == pytest.approx(axis[2] / axis[1], abs=1e-4)


def test_legs_that_the_photo_shows_are_as_deep_as_they_are_found() -> None:
    guessed = standing()
    guessed[LEFT_KNEE, 2] -= 30.0
    assert np.array_equal(hang_legs(guessed, float(guessed[:, 1].max())), guessed)
