"""A forearm of which the photo shows little: its hand, which lies before it, tells its colour."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.colours import SKIN_LIKE, hue_of, is_skin
from bunraku.spec.arrays import Array

LITTLE, SCRAP, WHOLE = 0.015, 0.002, 0.12
"""Of the trunk's square: a forearm of which less is seen, behind its hand, has one colour; one of
which only a scrap is seen has that of the other; from where on it is lit as it is seen."""


def like_its_hand(tone: Array, hand: Array | None) -> Array:
    """The colour of a forearm of which little is seen: its hand's, if that is of its hue."""
    if hand is None:
        return tone
    apart = np.abs(hue_of(tone) - hue_of(hand)).sum()
    alike = apart < SKIN_LIKE and is_skin(tone) == is_skin(hand)  # a pink sleeve is no arm
    return hand if alike else tone


def lit_as(plane: Array, tone: Array | None, lit: Array | None, seen: float) -> Array:
    """A forearm's plane as light as its hand, if that is of its hue: what little of a forearm is
    seen behind a hand lies in the shadow.

    :param tone: the forearm's; :param lit: the hand's; None where unknown.
    :param seen: how much of the forearm is seen, of the trunk's square.
    """
    if tone is None or lit is None or not np.array_equal(like_its_hand(tone, lit), lit):
        return plane
    share = float(np.clip((WHOLE - seen) / (WHOLE - LITTLE), 0.0, 1.0))
    if lit.sum() <= tone.sum():
        return plane
    return np.asarray(plane + np.float32(share) * (lit - plane), np.float32)
