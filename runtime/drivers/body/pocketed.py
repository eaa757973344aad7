"""Hands in pockets: the pose network sees them through the cloth, and the photo shows trousers.

A piece of these would be lifted with the arm, and a hole of its shape stay behind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.colours import face_of, is_skin, like_skin, middle_of
from bunraku.runtime.drivers.body.crossed import behind_group
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import CLOTHES, Group, Groups
from bunraku.runtime.drivers.body.palette import apart_from, common_colours, without_grain
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Picture
from bunraku.spec.skeleton import SIDES, BodyBone

HIDDEN = 0.6
"""The share of a hand before the clothes that looks like these, and neither like skin nor like its
sleeve, from which on it is beneath them."""
FEWEST = 30
"""Pixels from which colours mean anything."""
AROUND = 0.35
"""How far around a hand the clothes are looked at, in trunks."""
UNLIKE = 14.0
"""From how far in Lab a colour is none of theirs."""
OF_SLEEVE = 0.25
"""The share of a forearm that each of its sleeve's colours has at least."""


def without_pocketed_hands(
    fit: Fit,
    groups: Groups,
    bone: NDArray[np.int32],
    of_vertex: NDArray[np.integer],
    window: Picture,
) -> Groups:
    """Groups ``[n, n]`` of the fitted body, with hands that the clothes hide given to these. Hands
    whose own points are known stay, as do all in photos without colours.

    :param bone: ``[n, n]``, likewise. :param of_vertex: ``[v]``, the group of each of its vertices.
    :param window: ``[n, n, 3]`` uint8.
    """
    colours = window.astype(np.float32) / np.float32(255.0)
    head = bone == BodyBone.HEAD
    face = middle_of(colours, fit.inside & face_of(fit, head))
    if face is None or not is_skin(face):
        return groups
    result = groups.copy()
    skin, lab = like_skin(colours, face), without_grain(window, fit.fine)
    clothes = fit.inside & np.isin(groups, CLOTHES) & ~head
    for side in range(SIDES):
        own = fit.inside & (groups == Group.HAND_L + side)
        if fit.places[side] is not None or own.sum() < FEWEST:
            continue
        behind = behind_group(fit, of_vertex, Group.HAND_L + side)
        over = own & np.isin(behind, CLOTHES)
        near = clothes & (distance_to(own) <= AROUND * fit.trunk_px)
        if over.sum() < HIDDEN * own.sum() or near.sum() < FEWEST:
            continue
        kinds, _ = common_colours(lab[near])
        cloth = over & ~skin & (apart_from(lab, kinds) < UNLIKE)
        sleeve = fit.inside & (groups == Group.FOREARM_L + side)
        if sleeve.sum() >= FEWEST:  # it may reach over the hand
            kinds, _ = common_colours(lab[sleeve], least=OF_SLEEVE)
            cloth &= apart_from(lab, kinds) >= UNLIKE
        if cloth.sum() > HIDDEN * over.sum():
            hand = groups == Group.HAND_L + side
            given = np.where(np.isin(behind, CLOTHES), behind, Group.FOREARM_L + side)
            result[hand] = given[hand]
    return result
