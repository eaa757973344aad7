from __future__ import annotations

import numpy as np

from bunraku.spec.smoothstep import smoothstep


def test_ends_stay_and_the_way_between_is_gentle() -> None:
    assert [smoothstep(share) for share in (0.0, 0.25, 0.5, 1.0)] == [0.0, 0.15625, 0.5, 1.0]


def test_arrays_keep_their_type() -> None:
    single, double = np.array([[0.0, 0.75]], np.float32), np.array([[0.0, 0.75]])
    assert smoothstep(single).dtype == np.float32
    assert smoothstep(double).dtype == np.float64
    assert smoothstep(single).tolist() == smoothstep(double).tolist() == [[0.0, 0.84375]]
