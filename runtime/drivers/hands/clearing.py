"""Background that a photo's outline counts among a hand: seen between its fingers, beside a thumb.

Networks cut hands out as mittens. As long as nothing moves that shows nothing; then it would be
carried along between the fingers.
"""

from __future__ import annotations

import cv2
import numpy as np

from bunraku.runtime.drivers.body.palette import apart_from, common_colours
from bunraku.runtime.drivers.body.regions import disc
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.source.lab import in_lab
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture

AROUND = 1.2
"""The surroundings that tell how the background looks, in lengths of the hand from wrist to
knuckles,"""
APART = 0.1
"""and how far from the person they begin: its edge is mixed with it."""
KINDS, COMMON = 8, 0.02
"""Colours of the background and of a hand, and the share of them that each has at least."""
LIGHT = 0.6
"""What a step of lightness counts in Lab: a hand has a dark side."""
NEARER, AT_BONE = 8.0, 12.0
"""How much nearer to a colour of the background than to the hand's a pixel is that shows it, and
one on a bone: that may be a little off."""
FEWEST = 20
"""Pixels from which colours mean anything."""
ALIKE, MOST = 10.0, 0.3
"""Within how much a colour of the hand is the background's, and its share from which it is not."""
SAMPLES = 1500
SHADE = 0.05
"""Half of how wide a dark line between fingers that lie together may be: that is shade."""
SOFT_PX = 0.7
"""How softly it is cut away."""


def kept_of_hand(place: HandPlace, own: Region, inside: Region, window: Picture) -> Array:
    """``[n, n]`` in [0, 1]: how much of each pixel is kept when a hand moves that holds nothing.

    :param own: ``[n, n]``, of the hand. :param inside: ``[n, n]``, the person.
    :param window: ``[n, n, 3]`` uint8.
    """
    kept = np.ones(own.shape, np.float32)
    apart = distance_to(place.pixels) / np.float32(place.length)
    around = (apart <= AROUND) & (distance_to(inside) > APART * place.length)
    own = own & place.ahead(own.shape)
    sure = own & place.core(own.shape)
    if min(int(around.sum()), int(sure.sum())) < FEWEST:
        return kept
    near = around | own
    rows, columns = (slice(at.min(), at.max() + 1) for at in np.nonzero(near))
    lab = in_lab(window[rows, columns], LIGHT)
    (walls, _), (fleshes, shares) = (
        common_colours(lab[of[rows, columns]], KINDS, COMMON, SAMPLES) for of in (around, sure)
    )
    # A bone that is a little off lies on the background.
    walled = (apart_from(fleshes, walls) < ALIKE) & (shares < MOST)
    if walled.all():
        return kept
    nearer = apart_from(lab, fleshes[~walled]) - apart_from(lab, walls)
    seen = np.zeros_like(own)
    seen[rows, columns] = nearer > np.where(sure[rows, columns], AT_BONE, NEARER)
    wide = disc(SHADE * place.length)
    fingers = cv2.morphologyEx((own & ~seen).astype(np.uint8), cv2.MORPH_OPEN, wide)
    together = cv2.morphologyEx(fingers, cv2.MORPH_CLOSE, wide) > 0
    gone = (own & seen & ~together).astype(np.float32)
    beside = cv2.GaussianBlur(gone, (0, 0), SOFT_PX) * own
    return np.asarray(1.0 - np.maximum(gone, beside), np.float32)
