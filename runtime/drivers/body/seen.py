"""Which pixels of a photo show each kind of a person's surface, and may lend it their colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import Bound
from bunraku.runtime.drivers.body.cloths import CLOTH, LEGS, Cloth
from bunraku.runtime.drivers.body.colours import (
    ENOUGH,
    SKIN_LIKE,
    SURE,
    face_of,
    hue_of,
    lit_skin,
    middle_of,
    sure_pixels,
)
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.nape import Nape
from bunraku.runtime.drivers.body.regions import grown, without_scraps
from bunraku.runtime.source.mask import fineness
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array

INWARDS_PX = 3
"""So far within the outline, in the networks' pixels, a trunk has its own colours: at the edge it
is in shade, which would be spread over sides and back."""
FROM_HAND_PX = 3.0
"""How far, in the networks' pixels, around a hand beside a leg colours are the hand's, and skin
before the other arm's sleeve."""
SLEEVED = 0.5
"""Of a forearm in a sleeve less than this share is skin."""
SCRAP = 0.05
"""What of a leg is smaller, beside its largest piece, has the colours of what it lies beside: of a
leg that the other one hides they would be spread over half of it."""
ARMHOLE = 0.08
"""How far from the trunk, in lengths of it, what has its colour is not an upper arm's."""
UNLIKE = 2.0
"""How much farther than usual a pixel of hair is from the main colour to be none."""


@dataclass(frozen=True, eq=False)
class Seen:
    """What a photo shows of a person."""

    sure: Region
    """``[n, n]``: pixels that are the person's alone."""
    kind: NDArray[np.intp]
    """``[n, n]``: the kind of surface of each; -1 for none."""
    of: tuple[Region, ...]
    """``[n, n]`` by ``Cloth``: pixels of which each kind has its colours."""
    trunk: Region
    """``[n, n]``: those of the trunk, and of the throat in its collar."""
    skin: Array | None
    """``[3]`` RGB in [0, 1], the face's; None if it is not seen."""
    nape: Nape


def where_seen(
    fit: Fit,
    binding: Binding,
    bound: Bound,
    colours: Array,
    mask: Array,
    strays: Sequence[Region] = (),
) -> Seen:
    """Where a photo shows each kind of surface.

    :param binding: ``bound.whole`` as it was settled.
    :param colours: ``[n, n, 3]`` RGB in [0, 1]. :param mask: ``[n, n]`` in [0, 1].
    :param strays: ``[n, n]`` each, of ``stray_hands``: legs have no colours of these.
    """
    of_strays = np.zeros_like(fit.inside)
    from_hand_px = round(FROM_HAND_PX * fit.fine)
    for hand in strays:
        of_strays |= grown(hand, from_hand_px)
    sure = sure_pixels(binding.group, mask)
    kind = np.where(binding.bone >= 0, CLOTH[np.maximum(binding.bone, 0)], -1)
    head = kind == Cloth.FACE
    face = face_of(fit, head)
    skin = middle_of(colours, sure & face)
    trunk = binding.reached & (binding.group == Group.TRUNK)
    nape = Nape.of(fit, bound.head, bound.hair)
    shown = []
    for cloth in Cloth:
        own = sure & (kind == cloth)
        if cloth in LEGS:
            own = without_scraps(own & ~of_strays, SCRAP)
        if cloth == Cloth.TRUNK:
            bare = own & ~bound.hair
            own = bare if bare.sum() >= 0.3 * own.sum() else own
            deep = own & ~grown(mask <= SURE, round(INWARDS_PX * fineness(len(mask))))
            of_trunk = deep if deep.sum() >= 0.5 * own.sum() else own
            own = nape.clothed(bound.head, of_trunk, colours, skin)
        if cloth in (Cloth.UPPER_ARM_L, Cloth.UPPER_ARM_R):
            own = _not_of(trunk, own, colours, round(ARMHOLE * fit.trunk_px))
        if cloth in (Cloth.FOREARM_L, Cloth.FOREARM_R):
            side = cloth - Cloth.FOREARM_L
            hand = binding.group == Group.HAND_R - side
            own = _without_hand(own, grown(hand, from_hand_px), colours, skin)
        if cloth in (Cloth.HAND_L, Cloth.HAND_R):
            own = _bare(own & (binding.distance == 0), colours, skin)
        if cloth == Cloth.HAIR:
            own = _deep_in(sure & bound.hair)
            own = own if own.sum() >= ENOUGH else sure & head & ~face
            own = _alike(own, colours)
        shown.append(own)
    return Seen(sure, kind, tuple(shown), of_trunk, skin, nape)


def _deep_in(hair: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Hair without what shines through at its ends, if that leaves any."""
    deep = cv2.erode(hair.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return deep if deep.sum() >= ENOUGH else hair


def _alike(own: NDArray[np.bool_], colours: Array) -> NDArray[np.bool_]:
    """Pixels whose colours are not far from the middle one: without ears, and what shines through.
    They would be spread over the whole back of the head."""
    main = middle_of(colours, own)
    if main is None:
        return own
    apart = np.abs(colours[own] - main).sum(-1)
    result = own.copy()
    result[own] = apart <= UNLIKE * np.median(apart)
    return result


def _bare(hand: NDArray[np.bool_], colours: Array, tone: Array | None) -> NDArray[np.bool_]:
    """The hand's pixels of the face's hue, if it has such: not those of a sleeve."""
    if tone is None:
        return hand
    hue = hue_of(colours)
    alike = np.abs(hue - hue_of(tone)).sum(-1) < SKIN_LIKE
    return hand & alike if (hand & alike).sum() >= 0.2 * hand.sum() else hand


def _without_hand(
    fore: NDArray[np.bool_], hand: NDArray[np.bool_], colours: Array, tone: Array | None
) -> NDArray[np.bool_]:
    """A sleeve's pixels without the skin among them that hangs together with the other arm's hand:
    folded arms lie on each other, and all that is hidden of the sleeve would be skin.

    :param hand: ``[n, n]``, and what is near to it. :param tone: ``[3]``, the face's.
    """
    if tone is None or not (fore & hand).any():
        return fore
    skin = fore & lit_skin(colours, tone)
    if skin.sum() >= SLEEVED * fore.sum():
        return fore
    _, piece = cv2.connectedComponents(skin.astype(np.uint8))
    return fore & ~(skin & np.isin(piece, np.unique(piece[skin & hand])))


def _not_of(
    trunk: NDArray[np.bool_], arm: NDArray[np.bool_], colours: Array, near_px: int
) -> NDArray[np.bool_]:
    """An arm's pixels without those beside the trunk that have its hue, as an armhole does."""
    close = arm & grown(trunk, near_px)
    hue = hue_of(colours)
    other, tone = middle_of(hue, trunk & grown(arm, near_px)), middle_of(hue, arm)
    if tone is None or other is None:
        return arm
    apart, nearer = (np.abs(hue - one).sum(-1) for one in (tone, other))
    rest = arm & ~(close & (nearer < apart))
    return rest if rest.sum() >= 0.5 * arm.sum() else arm
