"""How the trunk goes on beneath an arm."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.hidden import BENEATH, beneath_alike

N, TRUNK_PX = 64, 150.0


def test_the_trunk_goes_on_beneath_a_sleeve_of_its_colour_and_not_a_bare_arm() -> None:
    rows, columns = np.indices((N, N))
    seen = columns < 32
    bare = (rows >= 32) & ~seen
    window = np.where(bare[..., None], (225, 170, 140), (40, 70, 160)).astype(np.uint8)
    beneath = beneath_alike(seen, window, TRUNK_PX)
    reach = int(BENEATH * TRUNK_PX)
    assert beneath[:24, 32 : 32 + reach - 1].all()
    assert not beneath[:, 33 + reach :].any()
    assert not (beneath & seen).any()
    assert not beneath[40:].any()


def test_what_only_the_rim_of_the_trunk_is_alike_to_is_not_the_trunk() -> None:
    columns = np.indices((N, N))[1]
    seen = columns < 32
    wall = (columns >= 28)[..., None]
    window = np.where(wall, (200, 205, 200), (20, 20, 25)).astype(np.uint8)
    assert not beneath_alike(seen, window, TRUNK_PX).any()


def test_of_a_trunk_that_is_hardly_seen_nothing_is_beneath() -> None:
    seen = np.indices((N, N))[1] < 2
    assert not beneath_alike(seen, np.zeros((N, N, 3), np.uint8), TRUNK_PX).any()
