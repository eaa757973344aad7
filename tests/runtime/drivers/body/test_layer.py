"""The second layer: what the photo never showed."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.layer import drawn_in


def test_a_hidden_outline_is_no_stair_of_the_grid() -> None:
    y, x = np.indices((30, 30))
    disc = (x - 14) ** 2 + (y - 14) ** 2 <= 10**2
    rows, columns = np.mgrid[0:30:3, 0:30:3]
    nodes = np.stack([columns.ravel(), rows.ravel(), np.full(rows.size, 5.0)], -1)
    drawn = drawn_in(nodes.astype(np.float32), disc)
    inside = disc[rows.ravel(), columns.ravel()]
    assert np.array_equal(drawn[inside], nodes[inside])
    apart = np.hypot(*(drawn[~inside, :2] - 14.0).T)
    assert apart.max() <= 10.0
    assert apart.min() > 9.0
    assert (drawn[:, 2] == 5.0).all()
