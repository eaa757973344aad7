"""A head above the shoulders: how a photo's person holds it, and how a driver does."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing

from bunraku.runtime.drivers.body.fit import trunk_length
from bunraku.runtime.drivers.body.neck import neck_of
from bunraku.runtime.drivers.body.posture import LEARNT_S, NECK, Posture
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD

PHOTO = standing().astype(np.float64)
TRUNK = trunk_length(PHOTO)


def leaning(x: float, y: float = 0.0) -> Array:
    """``[33, 4]``: that person, the head aside by so many trunks."""
    result = standing()
    result[list(HEAD), :2] += np.array([x, y], np.float32) * TRUNK
    return result


def apart(landmarks: Array) -> float:
    """How far the head is from its place in the photo, to the right, in trunks."""
    return float((neck_of(landmarks) - neck_of(PHOTO))[0]) / TRUNK


def test_who_holds_the_head_as_the_photo_does_is_left_alone() -> None:
    assert np.allclose(Posture().hold(standing(), PHOTO, 1.0, 0.0), standing(), atol=1e-4)
    slight = Posture().hold(leaning(0.01), PHOTO, 1.0, 0.0)
    assert apart(slight) == pytest.approx(0.01, rel=0.03)


@pytest.mark.parametrize("x", [-0.3, 0.3])
def test_another_posture_counts_little_and_a_movement_wholly(x: float) -> None:
    posture = Posture()
    at_rest = apart(posture.hold(leaning(x), PHOTO, 1.0, 0.0))
    assert 0.9 * NECK < abs(at_rest) < NECK
    assert at_rest * x > 0.0
    moved = posture.hold(leaning(x + 0.2), PHOTO, 1.0, 2.0 * LEARNT_S)
    assert apart(moved) - at_rest == pytest.approx(0.2, abs=1e-3)
    again = posture.hold(leaning(x), PHOTO, 1.0, 3.0 * LEARNT_S)
    assert apart(again) == pytest.approx(at_rest, abs=1e-3)


def test_it_is_the_mean_of_a_second_without_a_jump() -> None:
    posture, places = Posture(), []
    for step in range(40):
        x = 0.2 + 0.05 * np.sin(step)
        places.append(apart(posture.hold(leaning(x), PHOTO, 1.0, 0.05 * step)) - (x - 0.2))
    assert np.abs(np.diff(places)).max() < 0.04
    assert np.ptp(places[20:]) == pytest.approx(0.0, abs=1e-3)


@pytest.mark.parametrize("x", [-0.3, 0.3])
def test_a_mirror_keeps_the_calibration(x: float) -> None:
    """Of a photo that holds the head straight: the middle of its own is not aside."""
    straight = PHOTO - (neck_of(PHOTO)[0], 0.0, 0.0, 0.0) * np.isin(np.arange(33), HEAD)[:, None]
    posture, in_mirror = Posture(), Posture()
    posture.hold(leaning(x), straight, 1.0, 0.0)
    posture.seen_in_mirror()
    side = neck_of(leaning(x))[0] / TRUNK
    in_mirror.hold(leaning(x - 2.0 * side), straight, 1.0, 0.0)
    driver = leaning(-x)
    now, meant = (of.hold(driver, straight, 1.0, 2.0 * LEARNT_S) for of in (posture, in_mirror))
    assert np.allclose(now, meant, atol=1e-2)


def test_a_new_calibration_begins_anew() -> None:
    posture = Posture()
    posture.hold(leaning(0.3), PHOTO, 1.0, 0.0)
    posture.reset()
    assert np.allclose(posture.hold(standing(), PHOTO, 1.0, 5.0), standing(), atol=1e-4)


def test_a_larger_driver_is_told_by_the_same_measure() -> None:
    large = leaning(0.3)
    large[:, :3] *= 2.0
    held = Posture().hold(large, PHOTO, 2.0, 0.0)
    held[:, :3] /= 2.0
    assert np.allclose(held, Posture().hold(leaning(0.3), PHOTO, 1.0, 0.0), atol=1e-3)
