"""Of which pixels each kind of surface has its colours."""

from __future__ import annotations

import numpy as np
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted

from bunraku.runtime.drivers.body.binding import bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.seen import where_seen
from bunraku.runtime.drivers.body.settling import settle
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE


def test_a_scrap_of_a_leg_lends_it_no_colours() -> None:
    x, y = np.rint(PERSON[[LEFT_HIP, LEFT_KNEE], :2].mean(0)).astype(int)
    window = np.full((N, N, 3), (90, 80, 70), np.uint8)
    fit = fitted(OUTLINE)
    bound = bind_photo(fit, window)
    _, binding = settle(fit, bound.whole)
    mask = OUTLINE.astype(np.float32)
    mask[y - 6 : y + 7, x - 6 : x + 7] = 0.0
    mask[y - 2 : y + 3, x - 2 : x + 3] = 1.0  # a hand's rim, cut off by the hand
    seen = where_seen(fit, binding, bound, window.astype(np.float32) / np.float32(255.0), mask)
    assert seen.sure[y, x]
    thigh = seen.of[Cloth.THIGH_L]
    assert thigh.sum() > 100
    assert not thigh[y - 6 : y + 7, x - 6 : x + 7].any()
