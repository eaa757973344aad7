"""Which way the charts of the back run, read off images in which they run either way."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.iuv_images.people import facing, from_behind, in_mirror

from bunraku.runtime.drivers.iuv_images.backs import BackCharts
from bunraku.runtime.drivers.iuv_images.charts import Turned, convert

ALL = frozenset({1, 7, 8, 11, 12})
NONE: frozenset[int] = frozenset()


@pytest.mark.parametrize("turn_u", [False, True])
@pytest.mark.parametrize("turn_v", [False, True])
@pytest.mark.parametrize("mirror", [False, True])
def test_both_axes_are_found(turn_u: bool, turn_v: bool, mirror: bool) -> None:
    iuv = from_behind(turn_u=turn_u, turn_v=turn_v)
    charts = BackCharts()
    charts.learn(in_mirror(iuv) if mirror else iuv)
    assert charts.turned == Turned(ALL if turn_u else NONE, ALL if turn_v else NONE)
    # Whichever way the axes run, the same points of the body are found.
    parts, u, v = convert(iuv, charts.turned)
    right_parts, right_u, right_v = convert(from_behind())
    np.testing.assert_array_equal(parts, right_parts)
    np.testing.assert_allclose(u, right_u, atol=0.01)
    np.testing.assert_allclose(v, right_v, atol=0.01)


def test_front_views_say_nothing_of_the_back() -> None:
    charts = BackCharts()
    charts.learn(facing())
    assert charts.turned == Turned()


def test_one_image_that_disagrees_does_not_count() -> None:
    charts = BackCharts()
    for _ in range(4):
        charts.learn(from_behind(turn_u=True))
    charts.learn(from_behind())
    assert charts.turned == Turned(u=ALL)


def test_a_torso_alone_still_has_its_handedness() -> None:
    iuv = from_behind(turn_v=True)
    iuv[iuv[..., 0] != 1] = 0
    charts = BackCharts()
    charts.learn(iuv)
    assert charts.turned == Turned(v=frozenset({1}))
