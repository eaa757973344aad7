"""Thighs that are raised from the line of the trunk."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.people import REST

from bunraku.runtime.drivers.thighs import raised_thighs
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE, RIGHT_HIP, RIGHT_KNEE


def with_thighs(deg: float, sides: tuple[int, ...] = (0, 1)) -> Array:
    """Thighs that are turned up so far before the person."""
    points, angle = REST.copy(), np.deg2rad(deg)
    for side in sides:
        hip, knee = (LEFT_HIP, RIGHT_HIP)[side], (LEFT_KNEE, RIGHT_KNEE)[side]
        long = np.linalg.norm(REST[knee] - REST[hip])
        points[knee] = REST[hip] + long * np.array([0.0, np.cos(angle), -np.sin(angle)])
    return points


def test_who_stands_raises_none() -> None:
    assert raised_thighs(REST) == (False, False)
    assert raised_thighs(with_thighs(30.0)) == (False, False)


def test_who_squats_or_sits_raises_both() -> None:
    assert raised_thighs(with_thighs(60.0)) == (True, True)
    assert raised_thighs(with_thighs(110.0)) == (True, True)
    assert raised_thighs(with_thighs(80.0, (1,))) == (False, True)


@pytest.mark.parametrize("turn_deg", [90.0, -60.0])
def test_it_is_all_the_same_how_the_trunk_lies_in_the_picture(turn_deg: float) -> None:
    angle = np.deg2rad(turn_deg)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 0.0], [np.sin(angle), np.cos(angle), 0.0], [0, 0, 1.0]]
    )
    assert raised_thighs(REST @ turn.T) == (False, False)
    assert raised_thighs(with_thighs(80.0) @ turn.T) == (True, True)
