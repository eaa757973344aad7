"""The parts that a photo's person is cut into: bones, and pieces of them that hang free."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.regions import far_from
from bunraku.runtime.drivers.hands.landmarks import WRIST as HAND_WRIST
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER
from bunraku.spec.skeleton import ADJACENT, BODY_BONES, BodyBone

ARMPIT = 0.4
"""Of the upper arm's length: from there on it hangs beside the trunk and not on it."""
FREE = BODY_BONES
"""Number of the part that is the left upper arm below the armpit; the right one's is the next."""
FINGERS = FREE + 2
"""Number of the part that is the left hand beyond its wrist; the right one's is the next."""
ENDWISE = FREE + 4
"""Number of the part that is the left forearm if it is foreshortened; the right one's is the next:
it lies before its upper arm, or behind, and only seems to go over into it."""
HAIR = FREE + 6
"""Number of the part that is hair."""
LAP = HAIR + 1
"""Number of the part that is the trunk's cloth before raised thighs, which do not carry it."""
WRIST = 0.45
"""Of a hand's length from wrist to knuckles: so far around its wrist it goes over into the arm."""


def _hanging() -> NDArray[np.bool_]:
    result = np.zeros((LAP + 1, LAP + 1), np.bool_)
    result[:FREE, :FREE] = np.array(ADJACENT)[:BODY_BONES, :BODY_BONES]
    for side in (0, 1):
        arm = BodyBone.UPPER_ARM_L + side
        own = [arm, FREE + side, BodyBone.FOREARM_L + side]
        result[FREE + side, own] = result[own, FREE + side] = True
        own = [BodyBone.HAND_L + side, FINGERS + side]
        result[FINGERS + side, own] = result[own, FINGERS + side] = True
        own = [BodyBone.HAND_L + side, ENDWISE + side]
        result[ENDWISE + side, own] = result[own, ENDWISE + side] = True
    under_hair = [BodyBone.CHEST, BodyBone.PELVIS, BodyBone.HEAD, HAIR]
    result[HAIR, under_hair] = result[under_hair, HAIR] = True
    around_lap = [BodyBone.CHEST, BodyBone.PELVIS, HAIR, LAP]
    result[LAP, around_lap] = result[around_lap, LAP] = True
    return result


HANGING = _hanging()
"""``[23, 23]``, which hang together: bones, upper arms below the armpit, hands, hair, laps."""


def parts_of(fit: Fit, bone: NDArray[np.int32]) -> NDArray[np.int32]:
    """``Binding.part``: an upper arm is of two parts, as is a hand."""
    rows, columns = np.ogrid[: bone.shape[0], : bone.shape[1]]
    result = bone.copy()
    for side in (0, 1):
        start, end = fit.stance.points[[LEFT_SHOULDER + side, LEFT_ELBOW + side], :2]
        along = end - start
        share = (columns - start[0]) * along[0] + (rows - start[1]) * along[1]
        free = share > ARMPIT * max(float(along @ along), 1e-6)
        result[(bone == BodyBone.UPPER_ARM_L + side) & free] = FREE + side
        if fit.foreshortened[side]:
            result[bone == BodyBone.FOREARM_L + side] = ENDWISE + side
        place = fit.places[side]
        if place is not None:
            beyond = far_from(place.points[HAND_WRIST], WRIST * place.length, bone.shape)
            result[(bone == BodyBone.HAND_L + side) & beyond] = FINGERS + side
    return result


def part_known_hands(fit: Fit, weights: Array, bone: NDArray[np.int32]) -> None:
    """Change weights so that hands whose pixels are known are wholly themselves, and forearms none.

    The fitted hand is not exactly where the photo's is; relaxing bends the wrist between the two.
    """
    for side, place in enumerate(fit.places):
        if place is None:
            continue
        own, fore = BodyBone.HAND_L + side, BodyBone.FOREARM_L + side
        pixels = bone == own
        weights[pixels] = 0.0
        weights[pixels, own] = 1.0
        pixels = bone == fore
        weights[pixels, fore] += weights[pixels, own]
        weights[pixels, own] = 0.0
