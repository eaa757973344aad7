from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import TEMPLATE

from bunraku.runtime.drivers.hands.relief import relief_of
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES

HANDS = [
    np.flatnonzero(np.isin(TEMPLATE.bones[:, 0], [bone, *FINGER_BONES[side].ravel()]))
    for side, bone in enumerate(HAND_BONES)
]


@pytest.mark.parametrize("side", [0, 1])
def test_it_is_dark_between_fingers_and_red_at_knuckles(side: int) -> None:
    hand = HANDS[side]
    reaching, red = relief_of(TEMPLATE, hand, side).T
    place, fingers = TEMPLATE.vertices[hand], TEMPLATE.fingers[side]
    assert reaching.min() > 0.3
    assert reaching.max() < 1.15
    assert red.min() >= 0.0
    assert red.max() <= 1.0
    roots = [0.5 * (fingers[k, 0] + fingers[k + 1, 0]) for k in range(1, 4)]
    roots = [root + 0.25 * (fingers[2, -1] - fingers[2, 0]) for root in roots]
    webs = [np.linalg.norm(place - root, axis=1).argmin() for root in roots]
    assert reaching[webs].mean() < reaching.mean() - 0.05
    knuckle, middle = fingers[2, 1], 0.5 * (fingers[2, 0] + fingers[2, 1])
    near, between = (
        red[np.linalg.norm(place - at, axis=1) < 0.012].max() for at in (knuckle, middle)
    )
    assert near > between + 0.1


def test_both_hands_are_alike() -> None:
    left, right = (relief_of(TEMPLATE, hand, side) for side, hand in enumerate(HANDS))
    assert left.mean(0) == pytest.approx(right.mean(0), abs=0.01)
    assert left.max(0) == pytest.approx(right.max(0), abs=0.03)
