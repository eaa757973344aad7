"""Colours for what the photo never showed: a plane for each kind of surface, filled smoothly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.anew import NewArm
from bunraku.runtime.drivers.body.arm_paint import grain_of, paint_arm
from bunraku.runtime.drivers.body.backs import back_of, gone_down
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.bound import Bound
from bunraku.runtime.drivers.body.cloths import CLOTH, SHADED, SHADOW, Cloth
from bunraku.runtime.drivers.body.colours import (
    ENOUGH,
    EYES,
    bleeding,
    in_the_light,
    like_skin,
    middle_of,
)
from bunraku.runtime.drivers.body.filling import filled, gone_on, over_hips
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.forearms import LITTLE, SCRAP, like_its_hand, lit_as
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.hems import members_of
from bunraku.runtime.drivers.body.light import Light
from bunraku.runtime.drivers.body.nape import under_hair
from bunraku.runtime.drivers.body.neckline import Neckline, find_neckline
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.body.seen import INWARDS_PX, Seen, where_seen
from bunraku.runtime.drivers.body.shoulders import joined
from bunraku.runtime.drivers.body.sleeves import shaded
from bunraku.runtime.source.mask import fineness
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import MOUTH
from bunraku.spec.skeleton import SIDES

FEATURELESS = 0.5
"""How far a face's colours are evened out for its sides, in lengths from the eyes to the mouth."""
BELOW_JAW = 0.3
"""From so far below the jaw on all is throat, in the unit of ``Head``."""
_LIKE = {Cloth.HAIR: Cloth.FACE} | {
    cloth: Cloth(cloth + 1 if cloth % 2 else cloth - 1)
    for cloth in Cloth
    if cloth >= Cloth.UPPER_ARM_L
}
"""What a kind that the photo does not show looks like: the other side's."""
_FOREARMS = [Cloth.FOREARM_L, Cloth.FOREARM_R]
_THIGHS = Cloth.THIGH_L, Cloth.THIGH_R
_ARMS = Cloth.UPPER_ARM_L, Cloth.UPPER_ARM_R, Cloth.FOREARM_L, Cloth.FOREARM_R
"""An arm before another one casts its shadow on it, which would be spread over what that hides."""


@dataclass(frozen=True, eq=False)
class Textures:
    """Colours of the second layer, and which pixels of the photo are whose."""

    planes: Array
    """``[22 * n, n, 3]`` RGB in [0, 1], one plane of the window below the other: of each kind of
    surface, those of ``SHADED``, and ``BACK``; then two of each arm that is made anew, which are
    no window's (``paint_arm``)."""
    known: NDArray[np.bool_]
    """``[15]``: whether the photo shows the kind of surface."""
    cloth: NDArray[np.int32]
    """``[m]``, of the template's triangles."""
    hair: Array
    """``[v]`` in [0, 1]: how far hair covers each vertex of the template."""
    members: Array
    """``[9 * n, n]`` in [0, 1]: pixels of each group of bones, one below the other."""


def make_textures(
    fit: Fit,
    binding: Binding,
    bound: Bound,
    window: Picture,
    mask: Array,
    arms: Sequence[NewArm],
    light: Light,
    strays: Sequence[Region] = (),
) -> Textures:
    """The colours of a photo's person.

    :param binding: ``bound.whole`` as it was settled.
    :param window: ``[n, n, 3]``; :param mask: ``[n, n]`` in [0, 1].
    :param arms: those that are made anew. :param light: the photo's.
    :param strays: ``[n, n]`` each, of ``stray_hands``.
    """
    colours = window.astype(np.float32) / np.float32(255.0)
    seen = where_seen(fit, binding, bound, colours, mask, strays)
    sure, kind, shown, nape = seen.sure, seen.kind, seen.of, seen.nape
    known = np.array([own.sum() >= ENOUGH for own in shown])
    area = np.array([own.sum() for own in shown]) / fit.trunk_px**2
    known[_FOREARMS] &= area[_FOREARMS] >= SCRAP
    planes = []
    for cloth in Cloth:
        if known[cloth] and not (cloth in _FOREARMS and area[cloth] < LITTLE):
            line = bound.waistline if cloth == Cloth.TRUNK or cloth in _THIGHS else None
            if cloth in _ARMS:
                plane = _unshaded(colours, shown[cloth])
            else:
                plane = filled(colours, shown[cloth], line if cloth == Cloth.TRUNK else None)
            if cloth == Cloth.FACE:
                plane = _featureless(fit, plane)
            if cloth in _FOREARMS:
                lit = middle_of(colours, shown[cloth + SIDES])
                plane = lit_as(plane, middle_of(colours, shown[cloth]), lit, float(area[cloth]))
            hidden = _hidden(bound.hidden, cloth) & ~shown[cloth]
            if cloth == Cloth.HAIR:
                plane = gone_down(plane, shown[cloth])
            around = shown[cloth]
            if line is not None:
                around = shown[Cloth.TRUNK] | shown[Cloth.THIGH_L] | shown[Cloth.THIGH_R]
            elif cloth in _THIGHS:
                around = over_hips(around, shown[Cloth.TRUNK], hidden, fit.trunk_px)
            on_trunk = cloth == Cloth.TRUNK
            bare = _neckline(fit, bound, binding, hidden, seen, colours) if on_trunk else None
            if bare is not None:
                hidden &= ~bare.hidden
                clothed = around & ~bare.seen
                around = clothed if clothed.sum() >= ENOUGH else around
                plane = np.where(bare.hidden[..., None], filled(colours, bare.seen), plane)
            planes.append(gone_on(window, plane, around, hidden, line))
            continue
        other = cloth if known[cloth] else _LIKE.get(cloth)
        tone = middle_of(colours, shown[other]) if other is not None and known[other] else None
        if tone is not None and other in _FOREARMS and area[other] < LITTLE:
            tone = like_its_hand(tone, middle_of(colours, shown[other + SIDES]))
        if tone is None and cloth in (Cloth.HAND_L, Cloth.HAND_R):
            tone = seen.skin
        if tone is None and cloth in _THIGHS and known[Cloth.TRUNK]:
            planes.append(planes[Cloth.TRUNK])  # a coat goes on over them
            continue
        if tone is None:
            tone = middle_of(colours, shown[Cloth.TRUNK])
        plain = np.full(3, 0.5, np.float32) if tone is None else tone
        planes.append(np.broadcast_to(plain, colours.shape))
    for side, cloth in enumerate((Cloth.UPPER_ARM_L, Cloth.UPPER_ARM_R)):
        both = shown[cloth], shown[Cloth.TRUNK]
        planes[cloth] = joined(fit, side, planes[cloth], planes[Cloth.TRUNK], colours, both)
    planes += [SHADOW * planes[cloth] for cloth in SHADED]
    front, skin, hair = (planes[cloth] for cloth in (Cloth.TRUNK, Cloth.FACE, Cloth.HAIR))
    torso = (kind == Cloth.TRUNK) & ~bound.hair
    back = back_of(fit.stance.points, front, torso)
    above = seen.trunk & ~shown[Cloth.TRUNK]
    if above.any():
        # Of the throat the head has its upper part.
        throat = sure & (kind == Cloth.FACE) & ~bound.hair & (bound.head.below_jaw > BELOW_JAW)
        seen_here = seen.trunk | throat
        plane = np.where(
            (seen.trunk & ~above)[..., None], front, filled(colours, seen_here, bound.waistline)
        )
        elsewhere = nape.over(front, skin, hair, behind=False)
        near = grown(seen_here, round(2 * INWARDS_PX * fineness(len(mask))))
        # What is hidden has its grain from ``gone_on``, but for where a seam shows it.
        under = _hidden(bound.hidden, Cloth.TRUNK) & ~grown(seen_here, bleeding(len(mask)))
        near = seen_here | near & fit.inside & (nape.hair == 0.0) & ~under
        planes[Cloth.TRUNK] = np.where(near[..., None], plane, elsewhere)
    planes.append(nape.over(back, skin, hair, behind=True))
    for arm in arms:
        sleeve = arm.sleeve
        if sleeve is None:
            continue
        upper = sure & (binding.group == Group.UPPER_ARM_L + arm.side)
        upper[upper] = ~shaded(colours[upper], sleeve)
        grain = grain_of(colours, sure & like_skin(colours, sleeve.skin), fit.trunk_px, fit.fine)
        plane = planes[Cloth.UPPER_ARM_L + arm.side]
        planes += paint_arm(arm.unrolled, sleeve, plane, upper, grain, light, fit.fine)
    main = main_bones(fit.template)
    cloth_of = CLOTH[main][fit.template.triangles[:, 0]].astype(np.int32)
    if bound.lap is not None:
        cloth_of = bound.lap.cloths(fit.template.triangles, cloth_of)
    return Textures(
        np.ascontiguousarray(np.concatenate(planes), np.float32),
        known,
        cloth_of,
        under_hair(fit, bound.head, bound.hair, nape.hair > 0.5),
        members_of(binding),
    )


def _neckline(
    fit: Fit, bound: Bound, binding: Binding, hidden: Region, seen: Seen, colours: Array
) -> Neckline | None:
    """Where the trunk's skin goes on beneath arms."""
    groups = np.where(bound.hair, Group.NOBODY, binding.group).astype(np.int32)
    told = seen.sure, colours, seen.skin, seen.nape.out
    return find_neckline(fit, bound.head, groups, hidden, *told)


def _hidden(layers: Sequence[Binding], cloth: Cloth) -> NDArray[np.bool_]:
    """``[n, n]``: what is hidden of a kind of surface."""
    result = np.zeros(layers[0].reached.shape if layers else (1, 1), np.bool_)
    for layer in layers:
        result |= layer.reached & (CLOTH[np.maximum(layer.bone, 0)] == cloth)
    return result


def _unshaded(colours: Array, arm: Region) -> Array:
    """``filled``, but not with the shadow that lies on some of the arm."""
    plane = filled(colours, in_the_light(colours, arm))
    np.copyto(plane, colours, where=arm[..., None])
    return plane


def _featureless(fit: Fit, face: Array) -> Array:
    """A face's colours without eyes and lips, which nobody has on cheeks and nape."""
    points = fit.stance.points
    length = np.linalg.norm(points[EYES, :2].mean(0) - points[list(MOUTH), :2].mean(0))
    softness = max(1.0, float(length) * FEATURELESS)
    return np.asarray(cv2.GaussianBlur(face, (0, 0), softness), np.float32)
