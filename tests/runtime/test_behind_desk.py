"""A desk stays before the person whatever paints them, networks too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.fakes import puppet, red, street, with_person

from bunraku.runtime.source.desk import Desk

PHOTO = with_person(street(), 100, 60)
EDGE = 150


@pytest.mark.parametrize("window_only", [False, True])
def test_what_a_network_paints_is_behind_the_desk(window_only: bool) -> None:
    p = puppet()
    p.set_source(PHOTO)
    known = p.identity
    _, top, side = known.source.framing.window.box
    n = len(known.source.mask)
    desk = Desk((EDGE - top) * n / side, 0.0)
    seated = replace(known.source, desk=desk, mask=known.source.mask * (1.0 - desk.below(n)))
    driving = p.drive(known, PHOTO, 0.0)
    assert driving is not None
    moved = p.move(known, driving)
    standing = p.paint(known, moved, window_only=window_only)
    sitting = p.paint(replace(known, source=seated), moved, window_only=window_only)
    edge, soft = (round(desk.row), 3) if window_only else (EDGE, round(3 * side / n))
    assert red(standing)[edge + soft :].any()
    assert not red(sitting)[edge + soft :].any()
    assert np.array_equal(sitting[: edge - soft], standing[: edge - soft])
