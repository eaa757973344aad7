"""Somebody made by code who sits at a table, and others who do not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import PERSON

from bunraku.runtime.drivers.body.at_table import arms_at_table
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_KNEE, LEFT_WRIST, RIGHT_KNEE, RIGHT_WRIST


def at_table(knees: tuple[float, float] = (0.4, 0.6), wrist: float = 0.6) -> Array:
    """``[33, 4]``: the left forearm lies before the trunk; how surely knees and right wrist are
    seen."""
    result = PERSON.copy()
    result[LEFT_WRIST, :2] = result[LEFT_ELBOW, :2] + np.array([-30.0, 0.0], np.float32)
    result[[LEFT_KNEE, RIGHT_KNEE], 3] = knees
    result[RIGHT_WRIST, 3] = wrist
    return result


def test_arms_before_unseen_legs_lie_on_a_table() -> None:
    assert arms_at_table(at_table())


@pytest.mark.parametrize(
    "landmarks",
    [
        PERSON,
        at_table(knees=(0.4, 0.9)),  # sits before the table, or in a skirt
        at_table(wrist=0.95),  # gestures above a lectern
        np.concatenate([PERSON[:, :3], at_table()[:, 3:]], 1),  # arms hang
    ],
)
def test_other_arms_do_not(landmarks: Array) -> None:
    assert not arms_at_table(landmarks)
