from __future__ import annotations

import numpy as np

from bunraku.runtime.source.region import nearest


def test_the_nearest_values_are_taken_whole() -> None:
    values = np.arange(24, dtype=np.float32).reshape(2, 4, 3)
    wanted = np.zeros((2, 4), np.bool_)
    wanted[0, 0] = wanted[1, 3] = True
    found = nearest(values, wanted)
    assert np.array_equal(found[1, 0], values[0, 0])
    assert np.array_equal(found[0, 3], values[1, 3])
