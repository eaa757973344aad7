"""Of which pixels each kind of surface has its colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.seen import where_seen
from bunraku.runtime.drivers.body.settling import settle
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE
from bunraku.spec.skeleton import BodyBone

SKIN, SLEEVE = np.array([205, 155, 130], np.uint8), np.array([40, 42, 60], np.uint8)


def test_of_folded_arms_a_sleeve_does_not_have_the_colours_of_the_hand_on_it() -> None:
    """Spread over what lies hidden of it, they would make it a bare forearm."""
    fit = fitted(OUTLINE)
    window = np.broadcast_to(SKIN, (N, N, 3)).copy()
    bound = bind_photo(fit, window)
    fore = bound.whole.group == Group.FOREARM_L
    rows, columns = np.nonzero(fore)
    middle = np.zeros((N, N), np.bool_)
    middle[round(rows.mean()), round(columns.mean())] = True
    hand, left = distance_to(middle) < 2.0, distance_to(middle) < 4.0
    bone = np.where(hand & fore, np.int32(BodyBone.HAND_R), bound.whole.bone)
    binding = replace(bound.whole, bone=bone)
    bare = shown_of_forearm(fit, binding, bound, window)
    window[fore & ~left] = SLEEVE
    sleeved = shown_of_forearm(fit, binding, bound, window)
    assert (bare & left).any()
    assert sleeved.sum() > 10
    assert not (sleeved & left).any()


def shown_of_forearm(fit: Fit, binding: Binding, bound: Bound, window: Picture) -> Region:
    """``[n, n]``: pixels that lend the left one their colours."""
    colours = window.astype(np.float32) / np.float32(255.0)
    seen = where_seen(fit, binding, bound, colours, fit.inside.astype(np.float32))
    return seen.of[Cloth.FOREARM_L]


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
