from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.runtime.drivers.body.people import standing, with_arm_raised

from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.holding import hold
from bunraku.runtime.drivers.shares import WHOLLY, Following
from bunraku.runtime.parts import Part
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD

PHOTO = standing()
TRUNK = [11, 12, 23, 24]
ARMS, LEGS = [13, 14, 15, 16, *range(17, 23)], [*range(25, 33)]
SHIFT = np.array([20.0, -10.0, 5.0])


def only(*parts: Part) -> Following:
    return {part: float(part in parts) for part in Part}


def turned(landmarks: Array, degrees: float, axis: tuple[float, float, float]) -> Array:
    """The whole person turned about the shoulders' middle, and shifted."""
    result = landmarks.copy()
    middle = landmarks[[11, 12], :3].mean(0)
    turn = about(np.array([axis]), np.deg2rad([degrees]))[0]
    result[:, :3] = (landmarks[:, :3] - middle) @ turn.T + middle + SHIFT
    return result


@pytest.mark.parametrize("axis", [(0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (0.6, 0.0, 0.8)])
def test_a_person_who_only_turns_is_the_photos_whatever_follows(
    axis: tuple[float, float, float],
) -> None:
    """Held parts ride on the driver's trunk; parts that follow hang on the photo's."""
    driver = turned(PHOTO, 35.0, axis)
    for trunk in (0.0, 1.0):
        expected = driver if trunk else PHOTO
        for part in (Part.HEAD, Part.ARMS, Part.LEGS):
            held = hold(PHOTO, driver, {**only(part), Part.TRUNK: trunk})
            assert np.allclose(held[11:], expected[11:], atol=1e-4)
            if axis[2] == 1.0:  # of other turns heads go along less
                assert np.allclose(held, expected, atol=1e-4)
    halfway = hold(PHOTO, driver, {**WHOLLY, Part.TRUNK: 0.5})
    expected = PHOTO[:, :3] + 0.5 * (driver - PHOTO)[:, :3]
    assert np.allclose(halfway[TRUNK, :3], expected[TRUNK], atol=1e-4)


def test_a_head_goes_along_with_a_trunk_that_surely_turns() -> None:
    """A little turn out of the picture is not to be seen in the face; a whole one is."""
    head = list(HEAD)

    def yaw(degrees: float) -> float:
        held = hold(PHOTO, turned(PHOTO, degrees, (0.0, 1.0, 0.0)), {**WHOLLY, Part.HEAD: 0.0})
        ears = held[7, :3] - held[8, :3]
        return float(np.rad2deg(np.arctan2(-ears[2], ears[0])))

    assert yaw(15.0) == pytest.approx(0.0, abs=1e-3)
    assert 5.0 < yaw(40.0) < 15.0
    assert yaw(120.0) == pytest.approx(120.0, abs=1e-3)
    for degrees in (175.0, 185.0):  # passing by the back there is no jump
        assert yaw(degrees) % 360.0 == pytest.approx(degrees, abs=1e-3)
    driver = turned(PHOTO, 15.0, (0.0, 1.0, 0.0))
    alone = hold(PHOTO, driver, only(Part.HEAD))
    place = driver[[11, 12], :3].mean(0) - PHOTO[[11, 12], :3].mean(0)
    assert np.allclose(alone[head, :3], driver[head, :3] - place, atol=1e-4)


def test_all_that_follows_is_the_driver_to_the_bit() -> None:
    driver = with_arm_raised(turned(PHOTO, 10.0, (0.0, 0.0, 1.0)))
    assert hold(PHOTO, driver, WHOLLY) is driver
    assert hold(PHOTO, driver, {**WHOLLY, Part.FACE: 0.0, Part.HANDS: 0.0}) is driver


def test_arms_alone_are_the_drivers_on_the_photos_shoulders() -> None:
    driver = with_arm_raised(standing(middle=150.0, hips=90.0), 100.0)
    driver[25:, 1] -= 30.0
    driver[list(HEAD), 0] += 8.0
    held = hold(PHOTO, driver, only(Part.ARMS))
    for points in (TRUNK, list(HEAD), LEGS):
        assert np.array_equal(held[points], PHOTO[points])
    assert np.allclose(held[ARMS[::2], :3] - held[11, :3], driver[ARMS[::2], :3] - driver[11, :3])
    everything_else = hold(PHOTO, driver, {**WHOLLY, Part.ARMS: 0.0})
    assert np.allclose(everything_else[LEGS], driver[LEGS], atol=1e-4)
    assert np.allclose(
        everything_else[ARMS[::2], :3] - driver[11, :3], PHOTO[ARMS[::2], :3] - PHOTO[11, :3]
    )


def test_who_is_larger_carries_a_larger_head_and_hangs_smaller_arms() -> None:
    middle = PHOTO[[11, 12], :3].mean(0)
    driver = PHOTO.copy()
    driver[:, :3] = middle + 1.2 * (PHOTO[:, :3] - middle)
    assert np.allclose(hold(PHOTO, driver, only(Part.ARMS), 1.2), PHOTO, atol=1e-4)
    carried = hold(PHOTO, driver, {**WHOLLY, Part.HEAD: 0.0}, 1.2)
    assert np.allclose(carried, driver, atol=1e-4)


def test_nothing_jumps_between_wholly_and_not_at_all() -> None:
    driver = with_arm_raised(turned(PHOTO, 50.0, (0.0, 1.0, 0.0)), 120.0)
    driver[list(HEAD), 0] += 6.0
    for part in (Part.TRUNK, Part.ARMS, Part.HEAD):
        frames = [hold(PHOTO, driver, {**WHOLLY, part: s}) for s in np.linspace(0.0, 1.0, 21)]
        whole = np.abs(frames[0] - frames[-1]).max()
        steps = [np.abs(a - b).max() for a, b in pairwise(frames)]
        assert max(steps) < 0.08 * whole
