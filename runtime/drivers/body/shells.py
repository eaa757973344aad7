"""The photo's head as a closed shell of hair and skin, under the photo's own pixels.

It is seen where these end: its back, and its sides where a photo shows them from the edge. Hair
goes over into skin softly, so that the mesh's own lines are not seen; where none is seen it ends
in a line from behind the ears down to the nape.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import Bound
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.lines import Lines
from bunraku.runtime.drivers.body.nape import Nape
from bunraku.runtime.drivers.body.regions import grown as grown_by
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

SOFT = 0.15
"""How softly hair ends, in the unit of ``Head``."""
SIDE = 0.25, 0.6
"""Up to where within its outline a head's side has hair, behind its ears, and from where on only
where hair is seen, likewise."""
LOBES, HAIRLINE = -0.4, 0.35
"""Where such hair ends at the sides, and in the nape if none is seen to hang over it
(``Head.down``)."""
TURNING, BELOW_CHIN = 0.5, 1.2
"""Pixels that hang on the head by more are its, down to where it ends (``Head.down``)."""

WITHIN = 0.04
"""How far within the photo's own pixels its front lies, in trunks: at the outline of a head that
turns its coarse edge would stand out beside theirs."""


@dataclass(frozen=True, eq=False)
class Shell:
    """One side of it."""

    surface: Binding
    hair: Array
    """``[n, n]`` in [0, 1]: how much of its colour is hair's, the rest skin's."""
    turned: bool
    """Whether it is the side away from the photo's camera."""


def head_itself(fit: Fit, bound: Bound) -> NDArray[np.bool_]:
    """``[n, n]``: the head down to the chin, without what hangs below."""
    own = fit.inside & (bound.whole.group == Group.TRUNK)
    turning = bound.whole.weights[..., BodyBone.HEAD] > TURNING
    return np.asarray(own & turning & (bound.head.down < BELOW_CHIN))


def make_shells(fit: Fit, bound: Bound, whole: Binding, lines: Lines) -> tuple[Shell, ...]:
    """Front and back; none of a person who looks away from the camera, or without a head.

    :param whole: ``bound.whole`` as it was settled.
    :param lines: of their meshes.
    """
    head, skull, hair = bound.head, bound.skull, bound.hair
    if skull is None:
        return ()
    own = fit.inside & whole.reached & (whole.group == Group.TRUNK)
    back = lines.within(own) & head.back(own, hair)
    if not back.any():
        return ()
    softness = max(0.7, SOFT * head.unit_px)
    hairy = hair if hair.any() else ~skull.face
    locks = np.asarray(cv2.GaussianBlur(hairy.astype(np.float32), (0, 0), softness), np.float32)
    at_side = _at_side(head, fit.inside)
    locks = np.maximum(locks, head.haired(LOBES) * at_side)
    grown = np.maximum(head.haired(HAIRLINE + (LOBES - HAIRLINE) * at_side), locks * hair)
    grown = np.maximum(grown, Nape.of(fit, head, hair).hair)
    weights = head.carry(np.zeros_like(whole.weights), back, back) * back[..., None]
    depth = head.behind(back, fit.inside, whole.depth)
    front = back | lines.within(own) & skull.face
    seam = back & grown_by(~back, 1) & grown_by(~front, 1)
    within = np.minimum(whole.depth + np.float32(WITHIN * fit.trunk_px), depth)
    before, depth = (np.where(seam, 0.5 * (whole.depth + depth), d) for d in (within, depth))
    return (
        Shell(_surface(whole, whole.weights, front, before), locks, False),
        Shell(_surface(whole, weights, back, depth), np.asarray(grown, np.float32), True),
    )


def _at_side(head: Head, inside: NDArray[np.bool_]) -> Array:
    """``[n, n]`` in [0, 1]: how near a head's pixels are to its outline."""
    near, far = (units * head.unit_px for units in SIDE)
    return np.asarray(np.clip((far - distance_to(~inside)) / (far - near), 0.0, 1.0), np.float32)


def _surface(whole: Binding, weights: Array, region: NDArray[np.bool_], depth: Array) -> Binding:
    share = weights[..., BodyBone.HEAD]
    bone = np.where(share >= 0.5, BodyBone.HEAD, BodyBone.CHEST)
    bone = np.where(region, bone, -1).astype(np.int32)
    return replace(
        whole,
        reached=region,
        weights=np.ascontiguousarray(weights * region[..., None]),
        bone=bone,
        part=bone,
        depth=np.where(region, depth, 0.0).astype(np.float32),
        distance=np.where(region, 0.0, np.inf).astype(np.float32),
    )
