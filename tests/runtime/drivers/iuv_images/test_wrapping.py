"""Bytes that wrapped, and bytes that did not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.runtime.drivers.iuv_images.wrapping import unwrapped

Y, X = (axis.ravel() for axis in np.mgrid[0:30, 0:20])


def chart(values: NDArray[np.float64], part: int = 9) -> NDArray[np.uint8]:
    """Pixels of one part whose U is these values, cast as some writers do."""
    iuv = np.full((len(X), 3), part, np.uint8)
    iuv[:, 1] = np.rint(values).astype(np.int64) % 256
    return iuv


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(Y * 255 / 29.0, id="the whole range"),
        pytest.param(255 * (Y / 29.0) ** 2, id="bent"),
        pytest.param(np.where(Y < 15, 20.0, 235.0), id="two patches"),
    ],
)
def test_a_chart_in_range_stays_as_it_is(values: NDArray[np.float64]) -> None:
    iuv = chart(values)
    np.testing.assert_array_equal(unwrapped(iuv, X, Y), iuv)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(Y * 9.0 - 25, id="below"),
        pytest.param(Y * 9.0 + 20, id="above"),
        pytest.param(Y * 10.0 - 15, id="both"),
    ],
)
def test_what_left_the_range_is_at_its_edge(values: NDArray[np.float64]) -> None:
    iuv = chart(values)
    assert iuv[0, 1] > 200 or iuv[-1, 1] < 100
    np.testing.assert_array_equal(unwrapped(iuv, X, Y), chart(values.clip(0, 255)))


def test_parts_are_judged_apart_and_slivers_not_at_all() -> None:
    values = np.where(X < 10, 4.0, 251.0)
    iuv = chart(values)
    iuv[X >= 10, 0] = 10
    iuv[:5, 0] = 11
    np.testing.assert_array_equal(unwrapped(iuv, X, Y), iuv)
