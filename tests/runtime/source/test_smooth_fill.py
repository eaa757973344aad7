from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.source.smooth_fill import fill_smoothly, smooth_colours


def test_colours_go_over_from_one_side_to_the_other() -> None:
    part = np.zeros((80, 120, 3), np.uint8)
    part[:, :60], part[:, 60:] = 40, 200
    hole = np.zeros((80, 120), np.uint8)
    hole[20:60, 30:90] = 1
    row = smooth_colours(part, hole)[40, :, 0]
    assert row[5] == pytest.approx(40, abs=3)
    assert row[115] == pytest.approx(200, abs=3)
    assert (np.diff(row[30:90]) > -1.0).all()
    assert row[59] == pytest.approx(120, abs=25)


def test_the_fill_is_mixed_in_by_weight() -> None:
    part = np.full((40, 50, 3), 100, np.uint8)
    part[15:25, 20:30] = 200
    hole = np.zeros((40, 50), np.uint8)
    hole[15:25, 20:30] = 1
    weight = 0.5 * hole.astype(np.float32)
    plate = part.copy()
    fill_smoothly(plate, part, hole, hole, weight)
    assert np.abs(plate[15:25, 20:30].astype(int) - 150).max() <= 2
    assert (plate[hole == 0] == 100).all()
