"""Hands that the photo shows of arms of which it hides the rest.

The pose network guesses such an arm elsewhere, so that its hand counts as part of the trunk or of a
leg beside it. There it would stay, as a third hand, when the arm comes out.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import (
    face_of,
    is_skin,
    like_skin,
    middle_of,
    sure_pixels,
)
from bunraku.runtime.drivers.body.fading import Fading
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import FreeArm
from bunraku.runtime.drivers.body.grid import Grid
from bunraku.runtime.drivers.body.groups import GROUP, Group
from bunraku.runtime.drivers.body.let_out import LET_OUT_DEG, LET_OUT_DRAWN
from bunraku.runtime.drivers.body.lines import STEP_PX
from bunraku.runtime.source.region import Region, distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_WRIST
from bunraku.spec.skeleton import BodyBone

BEYOND = 0.02
"""How far beyond the fitted body it begins, in trunks."""
SKIN = 0.3
"""The share of it that has the hue of the face: gloves, straps and shade have not."""
AROUND, BARE = 0.15, 0.5
"""How far around it, in trunks, the share of skin is less: bare legs and shoulders are no hands."""
LEAST, MOST = 0.01, 0.15
"""How large it is, in squares of the trunk."""
RIM = 0.04
"""How far it goes on before the body, in trunks: that hides it no better than it is bound."""
_BESIDE = (Group.TRUNK, Group.LEG_L, Group.LEG_R)


def fading_strays(
    fit: Fit, grid: Grid, strays: Sequence[Region], arms: Sequence[FreeArm]
) -> tuple[Fading, ...]:
    """What of the grid are hands of arms that the photo hides: of each of these, if there is any.

    :param strays: of ``stray_hands``.
    :param arms: those that the photo hides.
    """
    if not arms:
        return ()
    own = [np.zeros_like(fit.inside) for _ in arms]
    wrists = fit.stance.points[[LEFT_WRIST + arm.side for arm in arms], :2]
    for hand in strays:
        middle = np.argwhere(hand).mean(0)[::-1]
        own[int(np.linalg.norm(wrists - middle, axis=1).argmin())] |= hand
    made = [_fading(fit, grid, hands, arm) for hands, arm in zip(own, arms, strict=True)]
    return tuple(fading for fading in made if fading is not None)


def stray_hands(
    fit: Fit, binding: Binding, hair: Region, window: Picture, mask: Array
) -> list[Region]:
    """``[n, n]`` each: pieces that stand out of the fitted trunk and legs and look like skin.

    :param binding: as it was settled. :param hair: ``[n, n]``. :param window: ``[n, n, 3]`` uint8.
    :param mask: ``[n, n]`` in [0, 1].
    """
    if not fit.unseen:
        return []
    colours = window.astype(np.float32) / np.float32(255.0)
    head = binding.bone == BodyBone.HEAD
    face = middle_of(colours, sure_pixels(binding.group, mask) & face_of(fit, head))
    if face is None or not is_skin(face):
        return []
    beside = fit.inside & np.isin(binding.group, _BESIDE) & ~head & ~hair
    beyond = beside & binding.reached & (binding.distance > BEYOND * fit.trunk_px)
    skin = like_skin(colours, face)
    count, piece = cv2.connectedComponents(beyond.astype(np.uint8))
    result = []
    for number in range(1, count):
        one = np.asarray(piece == number)
        size = float(one.sum()) / fit.trunk_px**2
        if not LEAST <= size <= MOST or skin[one].mean() < SKIN:
            continue
        around = beside & ~one & (distance_to(one) <= AROUND * fit.trunk_px)
        if around.any() and skin[around].mean() < BARE:
            result.append(one)
    return result


def _fading(fit: Fit, grid: Grid, hands: Region, arm: FreeArm) -> Fading | None:
    if not hands.any():
        return None
    x, y = np.clip(np.rint(grid.vertices[:, :2]), 0, len(hands) - 1).astype(int).T
    near = distance_to(hands)[y, x] <= max(RIM * fit.trunk_px, STEP_PX)
    share = (near & np.isin(GROUP[grid.bone], _BESIDE)).astype(np.float32)
    return Fading.of(arm, LET_OUT_DEG, LET_OUT_DRAWN, share, grid.triangles)
