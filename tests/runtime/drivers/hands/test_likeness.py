from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.hands.people import FLAT, SHAPES, points_of

from bunraku.runtime.drivers.hands.likeness import OTHER_SIDE, OwnLook, palm_facing
from bunraku.spec.arrays import Array

ARM = np.array([0.5, 0.4, 0.3], np.float32)
PALM = np.array([0.9, 0.6, 0.6], np.float32)
BACK = np.array([0.7, 0.6, 0.5], np.float32)


def inside_and_outside(side: int) -> Array:
    """``[2, 3]``: the way that the fingers of a hand at rest go when they bend, and the other."""
    shape = SHAPES[side]
    bends = shape.bends.astype(np.float32)
    bends[1:, 1] += 0.3
    bent = (points_of(side, bends) - points_of(side))[[8, 12, 16, 20]].mean(0)
    across = shape.palm[:, 2]
    inside = across * np.sign(bent @ across)
    return np.asarray(np.stack([inside, -inside]), np.float32)


def test_flat_hands_show_their_backs() -> None:
    for side, mirrored in enumerate((1.0, -1.0)):
        pose = SHAPES[side].read(FLAT * np.array([mirrored, 1.0, 1.0], np.float32))
        assert palm_facing(pose, side) == pytest.approx(-1.0)


@pytest.mark.parametrize("side", [0, 1])
def test_a_hand_has_the_tone_of_the_photos_palm_and_back_beyond_its_arms(side: int) -> None:
    normals = np.repeat(inside_and_outside(side), 2, axis=0)
    along = np.array([-0.2, 1.0, -0.2, 1.0], np.float32)

    def on(palm: Array | None, back: Array | None) -> tuple[Array, Array]:
        look = OwnLook(palm, back, 1.0).on(ARM, normals, along, SHAPES[side], side)
        return look.tones, look.own

    tones, own = on(PALM, BACK)
    assert tones == pytest.approx(np.stack([ARM, PALM, ARM, BACK]), abs=1e-3)
    assert own == pytest.approx([0.0, 1.0, 0.0, 1.0], abs=1e-3)
    tones, own = on(PALM, None)
    likely = ARM + OTHER_SIDE * (PALM - ARM)
    assert tones == pytest.approx(np.stack([ARM, PALM, ARM, likely]), abs=1e-3)
    assert own == pytest.approx([0.0, 1.0, 0.0, OTHER_SIDE], abs=1e-3)
    tones, own = on(None, None)
    assert tones == pytest.approx(np.tile(ARM, (4, 1)))
    assert not own.any()
