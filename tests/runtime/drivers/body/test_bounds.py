"""What photos can show of their people: as far as their edges, and less where these cut them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, N, fitted, source_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.bounds import Bounds


def test_a_face_may_go_where_the_photos_is_and_no_nearer_to_an_edge() -> None:
    fit, photo = fitted(OUTLINE), street((N, N))
    bounds = Bounds.of(source_of(photo), fit, grounded=True, measured=True)
    margin = 0.25 * fit.trunk_px
    face = PERSON[:11, :2].mean(0)
    assert bounds.head_low[0] == pytest.approx(margin - 0.5, abs=1e-3)
    assert bounds.head_high[0] == pytest.approx(N - 0.5 - margin, abs=1e-3)
    assert bounds.head_low[1] == pytest.approx(min(margin - 0.5, float(face[1])), abs=1e-3)
    assert bounds.head_high[1] == np.inf
    beside = Bounds.of(source_of(photo, -int(face[0])), fit, grounded=True, measured=True)
    assert beside.head_low[0] == pytest.approx(face[0], abs=1e-3)


def test_a_stage_is_the_photo_and_holds_who_is_hidden_where_they_are() -> None:
    fit, photo = fitted(OUTLINE), street((N, N))
    trunk, own = fit.trunk_px, PERSON[[11, 12], :2].mean(0)
    whole = Bounds.of(source_of(photo), fit, grounded=True, measured=True)
    assert whole.low == pytest.approx((0.2 * trunk - 0.5,) * 2, abs=1e-3)
    assert whole.high == pytest.approx((N - 0.5 - 0.2 * trunk,) * 2, abs=1e-3)
    assert whole.lean == pytest.approx(np.pi)
    half = Bounds.of(source_of(photo, half=True), fit, grounded=False, measured=True)
    assert half.low[1] == pytest.approx(own[1] - 0.2 * trunk, abs=1e-3)
    assert half.high == whole.high
    desk = Bounds.of(source_of(photo), fit, grounded=False, measured=False)
    assert desk.high[1] == pytest.approx(own[1] + 0.2 * trunk, abs=1e-3)
    assert desk.sizes == (1.0, 1.0)
    narrow = Bounds.of(source_of(street((N, 130))), fit, grounded=True, measured=True)
    assert narrow.high[0] == pytest.approx(own[0], abs=1e-3)  # the person at its edge stays there


@pytest.mark.parametrize(("left", "right"), [(True, False), (False, True), (True, True)])
def test_who_is_cut_by_a_side_of_the_photo_does_not_move_off_it(left: bool, right: bool) -> None:
    fit = fitted(OUTLINE)
    own, slip = PERSON[[11, 12], :2].mean(0), 0.06 * fit.trunk_px
    source = source_of(street((N, N)), half=True)
    mask = source.mask.copy()
    mask[int(own[1]) + 20 :, : N // 2 if left else 0] = 1.0
    mask[int(own[1]) + 20 :, N // 2 if right else N :] = 1.0
    bounds = Bounds.of(replace(source, mask=mask), fit, grounded=False, measured=True)
    free = Bounds.of(source, fit, grounded=False, measured=True)
    assert bounds.high[0] == pytest.approx(own[0] + slip if left else free.high[0])
    assert bounds.low[0] == pytest.approx(own[0] - slip if right else free.low[0])
    mask[int(own[1]) + 20 : N - 30] = source.mask[int(own[1]) + 20 : N - 30]  # a hand, or so
    hardly = Bounds.of(replace(source, mask=mask), fit, grounded=False, measured=True)
    assert hardly == free
    whole = replace(source, mask=mask, framing=replace(source.framing, half=False))
    assert Bounds.of(whole, fit, grounded=True, measured=True).high[0] == free.high[0]
