from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.turning import Vectors, about
from bunraku.runtime.drivers.hands.gliding import GLIDES_S, Gliding
from bunraku.runtime.drivers.hands.shape import HandPose


def turned(angle_deg: float, bend: float) -> HandPose:
    palm = about(np.array([[0.0, 1.0, 0.0]]), np.deg2rad([angle_deg]))[0]
    return HandPose(palm, np.full((5, 4), bend))


def angle_deg(palm: Vectors) -> float:
    return float(np.rad2deg(np.arctan2(palm[0, 2], palm[2, 2])))


def test_a_hand_goes_from_how_it_was_shown_to_how_it_is_seen() -> None:
    gliding, seen = Gliding(), turned(120.0, 1.0)
    gliding.start(turned(0.0, 0.0), seen)
    for after, share in ((0.0, 0.0), (0.5, 0.5), (0.5, 1.0), (1.0, 1.0)):
        gliding.pass_by(after * GLIDES_S)
        shown = gliding.shown(seen)
        assert angle_deg(shown.palm) == pytest.approx(120.0 * share, abs=1e-3)
        assert shown.bends == pytest.approx(np.full((5, 4), share))
    assert gliding.shown(seen) is seen


def test_what_is_seen_on_the_way_moves_the_hand_along() -> None:
    gliding = Gliding()
    gliding.start(turned(0.0, 0.0), turned(80.0, 0.5))
    gliding.pass_by(0.5 * GLIDES_S)
    shown = gliding.shown(turned(100.0, 0.6))
    assert angle_deg(shown.palm) == pytest.approx(60.0, abs=1e-3)
    assert shown.bends == pytest.approx(np.full((5, 4), 0.35))


def test_one_that_was_not_lost_is_shown_as_it_is_seen() -> None:
    gliding, seen = Gliding(), turned(90.0, 0.3)
    assert gliding.shown(seen) is seen
    gliding.start(turned(0.0, 0.0), seen)
    gliding.reset()
    assert gliding.shown(seen) is seen
