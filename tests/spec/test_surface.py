from __future__ import annotations

import numpy as np

from bunraku.spec import surface
from bunraku.spec.landmarks import MIRRORED
from bunraku.spec.surface import CHANNELS, HEAD, HEAD_SCORE, LIMBS, MIRROR, PARTS, REVERSE, SCORES


def test_channels_follow_each_other() -> None:
    pieces = [surface.SCORE, surface.U, surface.V]
    assert [piece.start for piece in pieces] == [0, SCORES, SCORES + PARTS]
    assert pieces[-1].stop == CHANNELS == 73
    assert (surface.PART.start, surface.PART.stop) == (1, SCORES)
    channels = np.arange(CHANNELS)[None, :, None, None]
    scores, u, v = surface.part_charts(channels)
    assert (scores.shape[1], u.shape[1], v.shape[1]) == (24, 24, 24)
    assert (scores[0, 0, 0, 0], u[0, 0, 0, 0], v[0, 0, 0, 0]) == (1, 25, 49)
    assert tuple(range(CHANNELS)[HEAD_SCORE]) == HEAD


def test_twice_in_a_mirror_is_the_same_part() -> None:
    for order in (MIRROR, REVERSE):
        assert sorted(order) == list(range(SCORES))
        assert [order[order[part]] for part in range(SCORES)] == list(range(SCORES))
    assert (MIRROR[3], MIRROR[23], MIRROR[1]) == (4, 24, 1)
    assert (REVERSE[1], REVERSE[3]) == (2, 3)


def test_every_part_belongs_somewhere() -> None:
    limbs = tuple(range(PARTS + 1)[LIMBS])
    named = (*surface.TORSO, *surface.HANDS, *surface.FEET, *limbs, *HEAD)
    assert sorted(named) == list(range(1, PARTS + 1))


def test_landmarks_have_a_mirror_too() -> None:
    assert [MIRRORED[MIRRORED[i]] for i in range(33)] == list(range(33))
