from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.hands.tone import skin_tone

SKIN = np.array([205 / 255, 150 / 255, 120 / 255], np.float32)


def test_a_sleeve_is_no_skin() -> None:
    blue = np.array([0.2, 0.3, 0.8], np.float32)
    dark = SKIN * np.float32(0.5)
    assert np.allclose(skin_tone(np.stack([blue, SKIN]), SKIN), SKIN, atol=1e-5)
    assert np.allclose(skin_tone(np.stack([blue, blue]), SKIN), SKIN)
    assert np.allclose(skin_tone(np.stack([dark, dark]), SKIN), 0.82 * SKIN, atol=1e-3)
    assert np.allclose(skin_tone(np.stack([blue, SKIN]), None), SKIN)
    assert np.allclose(skin_tone(np.stack([blue, SKIN]), blue), SKIN)  # a mask before the face


def test_beside_a_pale_face_grey_is_no_skin() -> None:
    pale = np.array([0.80, 0.68, 0.60], np.float32)
    suit = np.array([0.62, 0.61, 0.60], np.float32)
    assert np.allclose(skin_tone(np.stack([suit, suit]), pale), pale)
    assert np.allclose(skin_tone(np.stack([suit, 0.9 * pale]), pale), 0.9 * pale, atol=1e-5)
