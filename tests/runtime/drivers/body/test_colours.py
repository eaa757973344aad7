from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.colours import hue_of, hued_as_lit, in_the_light

PALE, SHADED, LIPS = (0.86, 0.75, 0.73), (0.65, 0.51, 0.46), (0.75, 0.3, 0.32)


def test_a_face_has_the_hue_of_its_skin_in_the_light() -> None:
    colours = np.repeat(np.array([SHADED, PALE, LIPS], np.float32), (35, 45, 20), axis=0)
    tone = 0.5 * np.array(SHADED, np.float32) + 0.5 * np.array(PALE, np.float32)
    found = hued_as_lit(tone, colours)
    assert found.sum() == pytest.approx(tone.sum())
    pale, shaded = (hue_of(np.array(one, np.float32)) for one in (PALE, SHADED))
    assert np.abs(hue_of(found) - pale).max() < 0.3 * np.abs(shaded - pale).max()


def test_of_a_face_of_which_too_little_is_seen_its_middle_counts() -> None:
    tone = np.array(PALE, np.float32)
    assert np.array_equal(hued_as_lit(tone, np.array([LIPS] * 3, np.float32)), tone)


def test_the_shadow_of_another_arm_does_not_lie_in_the_light() -> None:
    colours = np.full((10, 10, 3), 0.3, np.float32)
    colours[:, 8:] = 0.1
    limb = np.ones((10, 10), np.bool_)
    limb[0] = False
    assert np.array_equal(in_the_light(colours, limb), limb & (np.arange(10) < 8))


def test_dark_and_light_stripes_lie_in_the_light_alike() -> None:
    colours = np.full((10, 10, 3), 0.6, np.float32)
    colours[:, ::2] = 0.1
    colours[:, 1] = 0.1
    every = np.ones((10, 10), np.bool_)
    assert in_the_light(colours, every).all()
