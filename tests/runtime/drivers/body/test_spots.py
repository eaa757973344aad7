from __future__ import annotations

from itertools import pairwise

import numpy as np

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.spots import Hanging, Spots, heaviest, in_a_row, weights_of
from bunraku.runtime.drivers.body.template import load_template
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

TEMPLATE = load_template()
SPOTS = Spots.of(TEMPLATE)
RIG = Rig(TEMPLATE.landmarks)
WEIGHTS = weights_of(TEMPLATE.weights, TEMPLATE.bones)
BARE = WEIGHTS[:, [BodyBone.HEAD, BodyBone.HAND_L, BodyBone.HAND_R]].max(1)


def of_template(placed: Array) -> Hanging:
    """How the template's own vertices hang on the spots where it stands."""
    weights, bones = heaviest(WEIGHTS)
    return SPOTS.hang(skin(TEMPLATE.vertices, weights, bones, placed), weights, bones, placed)


def still(size: float) -> Array:
    """``[bones, 3, 4]``: the template as it stands at rest, in pixels."""
    stance = RIG.stance(TEMPLATE.landmarks * np.float32(size), size)
    return stance.placed(stance.frames @ RIG.at_rest.inverse)


def test_all_of_the_body_but_head_and_hands_hangs_on_spots() -> None:
    hanging = of_template(still(100.0))
    shares = hanging.shares.sum(1)
    np.testing.assert_allclose(shares[BARE == 0.0], 1.0, atol=1e-5)
    assert shares[BARE > 0.5].max() == 0.0
    assert len(np.unique(hanging.spots[:, 0])) == len(SPOTS.bone)
    assert not np.isin(SPOTS.bone, [BodyBone.HEAD, BodyBone.HAND_L, BodyBone.HAND_R]).any()


def test_a_body_hangs_on_the_same_spots_wherever_it_stands() -> None:
    placed = still(100.0)
    before = of_template(placed)
    moved = placed.copy()
    moved[:, :, 3] += np.array([30.0, -20.0, 5.0], np.float32)
    for other in (moved, still(150.0)):
        after = of_template(other)
        field = np.random.default_rng(2).standard_normal(len(SPOTS.bone))
        told = [(field[one.spots] * one.shares).sum(1) for one in (before, after)]
        np.testing.assert_allclose(told[1], told[0], atol=0.02)


def test_what_moves_one_thigh_does_not_move_the_other() -> None:
    hanging = of_template(still(100.0))
    alone = SPOTS.bone == BodyBone.THIGH_L
    share = (alone[hanging.spots] * hanging.shares).sum(1)
    assert share[WEIGHTS[:, BodyBone.THIGH_L] > 0.95].mean() > 0.7
    assert share[WEIGHTS[:, BodyBone.THIGH_R] > 0.95].max() < 0.1


def test_neighbours_are_numbered_one_after_the_other() -> None:
    shuffled = 3 * np.random.default_rng(0).permutation(60).astype(np.int32)
    alone = np.full((1, 4), 1000, np.int32)
    together = np.concatenate([np.stack([shuffled[k : k + 4] for k in range(57)]), alone])
    spots = np.append(np.sort(shuffled), 500)
    order = in_a_row(spots, together)
    np.testing.assert_array_equal(np.sort(order), spots)
    number = {int(spot): k for k, spot in enumerate(order)}
    apart = [abs(number[int(a)] - number[int(b)]) for a, b in pairwise(shuffled)]
    assert max(apart) <= 6  # 58 as they came
