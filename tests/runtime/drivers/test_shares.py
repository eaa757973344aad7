from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.shares import EASE_S, WHOLLY, Shares
from bunraku.runtime.parts import Part

STEP_S = 1 / 30
ARMS = frozenset({Part.ARMS})


def test_the_first_frame_is_as_wanted() -> None:
    shares = Shares()
    shares.wanted = ARMS
    assert shares.follow(7.0) == {**dict.fromkeys(Part, 0.0), Part.ARMS: 1.0}
    shares.wanted = frozenset(Part)
    shares.reset()
    assert shares.follow(7.1) == WHOLLY
    shares.wanted = ARMS
    assert shares.follow(1.0)[Part.HEAD] == 0.0  # another clip: it begins anew


def test_a_switch_is_gone_through_without_a_jump() -> None:
    shares = Shares()
    assert shares.follow(0.0) == WHOLLY
    shares.wanted = ARMS
    seen = [shares.follow(STEP_S * k)[Part.HEAD] for k in range(1, 16)]
    assert seen[0] == pytest.approx(3 * (1 - 1 / 9) ** 2 - 2 * (1 - 1 / 9) ** 3)
    steps = -np.diff([1.0, *seen])
    assert (steps >= 0.0).all()
    assert steps.max() < 1.6 * STEP_S / EASE_S
    assert seen[round(EASE_S / STEP_S)] == 0.0
    assert shares.follow(1.0)[Part.ARMS] == 1.0


def test_who_changes_their_mind_goes_back_from_there() -> None:
    shares = Shares()
    shares.follow(0.0)
    shares.wanted = ARMS
    half = shares.follow(EASE_S / 2)
    assert half[Part.LEGS] == pytest.approx(0.5)
    shares.wanted = frozenset(Part)
    assert shares.follow(0.75 * EASE_S)[Part.LEGS] == pytest.approx(3 * 0.75**2 - 2 * 0.75**3)
    assert shares.follow(EASE_S) == WHOLLY
