from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.spec.few import clipped, length_of, mean_of, median_of


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 3), (4, 2), (17,), (3, 5, 2)])
def test_as_numpys_own(dtype: type, shape: tuple[int, ...]) -> None:
    values: NDArray[Any] = np.random.default_rng(0).normal(0, 3, shape).astype(dtype)
    mean = mean_of(values)
    assert mean.dtype == dtype
    np.testing.assert_array_equal(mean, values.mean(0))
    inside = clipped(values, -1.0, 2.0)
    assert inside.dtype == dtype
    np.testing.assert_array_equal(inside, np.clip(values, -1.0, 2.0))
    line = values.ravel()
    np.testing.assert_allclose(length_of(line), np.linalg.norm(line), rtol=1e-6)
    np.testing.assert_allclose(median_of(line), np.median(line), rtol=1e-6)


def test_what_is_no_number_stays_none() -> None:
    values = np.array([np.nan, 5.0, -np.inf])
    np.testing.assert_array_equal(clipped(values, 0.0, 1.0), [np.nan, 1.0, 0.0])
    assert np.isnan(length_of(values))
