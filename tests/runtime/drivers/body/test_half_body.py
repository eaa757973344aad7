"""A half body that turns or lifts its arms: closed down to the photo's edge, in its colours."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.body.test_hair import (
    BROWN,
    PERSON,
    RIG,
    SHIRT,
    SURE,
    N,
    fitted,
    painted,
)

from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.light import studio
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.body.showing import shown_by
from bunraku.runtime.drivers.body.texture import make_textures
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_HIP, LEFT_KNEE

SOURCE, _ = painted(BROWN, SHIRT)
HIPS = int(PERSON[LEFT_HIP, 1])
EDGE = 244  # below, the outline itself parts between the legs


def turned(angle_deg: float) -> Array:
    """The person, all of it, turned about the trunk's middle line."""
    result = PERSON.copy()
    angle = np.deg2rad(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = PERSON[[11, 12, 23, 24]].mean(0)[[0, 2]]
    result[:, [0, 2]] = (PERSON[:, [0, 2]] - middle) @ turn.T + middle
    return result


@pytest.mark.parametrize("angle", [-60.0, -35.0, 35.0, 60.0])
def test_nothing_is_cut_above_the_photos_edge(angle: float) -> None:
    fit = fitted(SOURCE)
    showing = shown_by(fit, np.ones((N, N), np.bool_), half=True)
    body = showing.without_hidden(make_body(SOURCE, fit))
    seen = SURE.copy()
    seen[LEFT_KNEE:] = 0.0
    transforms = RIG.transforms(fit.stance, turned(angle), seen)
    drawn = body.draw(showing.carry(transforms, fit.stance, turned(angle)), seen)
    mask = drawn.mask[0, 0, HIPS - 20 : EDGE]
    wide = (mask > 0.5).sum(1)
    assert wide.min() > 0.8 * wide[0]
    for row in mask:  # whatever the arms do beside it
        there = np.flatnonzero(row > 0.5)
        middle = round(float(np.median(there)))
        assert row[middle - 12 : middle + 13].min() > 0.85


def test_a_sleeve_takes_no_colour_from_the_armhole_of_a_vest() -> None:
    vest, sleeve = np.array([150, 125, 115]), np.array([190, 90, 105])
    fit = fitted(SOURCE)
    bound = bind_photo(fit, SOURCE.window)
    group = bound.whole.group
    trunk, arm = group == Group.TRUNK, group == Group.UPPER_ARM_L
    armhole = arm & grown(trunk, 5)
    window = np.where((arm & ~armhole)[..., None], sleeve, vest).astype(np.uint8)
    textures = make_textures(fit, bound.whole, bound, window, SOURCE.mask, (), studio())
    plane = textures.planes[Cloth.UPPER_ARM_L * N :][:N] * 255.0
    rows = slice(int(PERSON[11, 1]) + 25, int(PERSON[13, 1]) - 25)
    behind = (trunk & grown(arm, 12))[rows]
    behind[:, : int(PERSON[0, 0])] = False
    colours = plane[rows][behind]
    assert behind.sum() > 60
    assert np.abs(colours - sleeve).sum(-1).mean() < 0.3 * np.abs(vest - sleeve).sum()
