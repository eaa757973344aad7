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
