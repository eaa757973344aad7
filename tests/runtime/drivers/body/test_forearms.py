"""Forearms of which little is seen have the light of their hands."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.forearms import LITTLE, WHOLE, lit_as


def test_what_little_is_seen_of_a_forearm_in_shadow_is_as_light_as_its_hand() -> None:
    plane = np.full((4, 4, 3), 0.3, np.float32) * np.array([1.2, 1.0, 0.9], np.float32)
    tone, hand = plane[0, 0], 2.0 * plane[0, 0]
    assert np.allclose(lit_as(plane, tone, hand, LITTLE), 2.0 * plane)
    assert np.array_equal(lit_as(plane, tone, hand, WHOLE), plane)
    assert np.array_equal(lit_as(plane, tone, 0.5 * tone, LITTLE), plane)
    glove = np.array([0.2, 0.3, 0.9], np.float32)
    assert np.array_equal(lit_as(plane, tone, glove, LITTLE), plane)
    assert np.array_equal(lit_as(plane, None, hand, LITTLE), plane)


def test_a_sleeve_of_nearly_its_hands_hue_is_no_skin_in_shadow() -> None:
    pink, hand = np.array([0.62, 0.34, 0.38], np.float32), np.array([0.8, 0.53, 0.49], np.float32)
    plane = np.broadcast_to(pink, (4, 4, 3))
    assert np.array_equal(lit_as(plane, pink, hand, LITTLE), plane)
