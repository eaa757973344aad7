"""Arms in the photo's own colours, for when what the photo shows of them does not serve.

An elbow that is bent in the photo is a block with torn edges as it opens, and a forearm that is
drawn out a ribbon; of an arm half behind the trunk there is no more than a strip. Then the
template's arm takes its place, round, and narrower towards the wrist.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.anew import SHOULDER, NewArm, arm_region, closed_arm
from bunraku.runtime.drivers.body.arm_shape import without_thumb
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.cloths import CLOTH, SHADED, SHADOW, Cloth, of_other_side
from bunraku.runtime.drivers.body.crossed import are_folded
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import free_arm
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import GROUP
from bunraku.runtime.drivers.body.let_out import BENT_DEG
from bunraku.runtime.drivers.body.light import Light
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.mirrored import mirrored
from bunraku.runtime.drivers.body.outlined import limb_alone
from bunraku.runtime.drivers.body.shading import in_shade
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import ARM_BONES, SIDES, BodyBone

LEAST, STRIP = 0.3, 0.7
"""The share of its upper arm and of its forearm that the photo must show of an arm to tell what it
looks like, and the share of the upper arm below which what it shows is a strip."""
MORE = 0.2
"""By how much more the photo must show of the other arm for this one to have its colours."""
STRIP_DEG, STRIP_FADES_DEG = (25.0, 40.0), (28.0, 42.0)
"""By how much the forearm of a strip must turn until the arm begins to be let out, and until it is
wholly; and until the photo's own pixels of it begin to fade out, and are gone."""
FOLDED_DEG, FOLDED_FADES_DEG = (8.0, 20.0), (10.0, 22.0)
"""Likewise of a folded arm's."""
NEVER_DEG = 360.0, 720.0


def make_spare_arms(
    fit: Fit, mesh: Array, binding: Binding, light: Light, arms: Sequence[NewArm]
) -> tuple[NewArm, ...]:
    """The arms that the photo shows bent, or as a strip, if it shows enough to tell what they look
    like. All others stay the photo's own: nothing is as sharp.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled. :param light: the photo's.
    :param arms: those that are made anew otherwise.
    """
    taken = [arm.side for arm in arms]
    shown = shown_of_arms(fit, binding)
    folded = are_folded(fit.stance.points, fit.trunk_px)
    spare = (
        _spare_arm(fit, mesh, binding, light, side, shown, folded)
        for side in range(SIDES)
        if side not in taken
        and BodyBone.FOREARM_L + side not in fit.unseen
        and shown[side].min() >= LEAST
    )
    return tuple(
        arm for arm in spare if shown[arm.side, 0] < STRIP or arm.form.when.bent_deg >= BENT_DEG
    )


def shown_of_arms(fit: Fit, binding: Binding) -> Array:
    """``[2, 2]``: how large each side's upper arm and forearm are in the photo, of what the body's
    would be if nothing hid them."""
    result = np.zeros((SIDES, len(ARM_BONES)), np.float32)
    for side in range(SIDES):
        for number, bone in enumerate(ARM_BONES):
            limb = GROUP[bone + side]
            whole = limb_alone(fit, limb)
            result[side, number] = (binding.group == limb).sum() / max(int(whole.sum()), 1)
    return result


def _spare_arm(
    fit: Fit, mesh: Array, binding: Binding, light: Light, side: int, shown: Array, folded: bool
) -> NewArm:
    region, unrolled = arm_region(binding, side), Unrolled.of(fit, side)
    triangles = closed_arm(fit, unrolled, side)
    hung = triangles, POSED_BY[fit.template.bones], fit.placed
    form = free_arm(
        fit, mesh, binding, region, unrolled, *hung, light, (1.0, SHADOW), side, SHOULDER
    )
    rest = without_thumb(form.rest, unrolled.along(form.place[:, 1]), unrolled)
    cloth: NDArray[np.integer] = CLOTH[main_bones(fit.template)[triangles[:, 0]]]
    cloth = np.where(cloth == Cloth.HAND_L + side, Cloth.FOREARM_L + side, cloth)
    place, used = mesh[form.used, :2], form.used
    if shown[1 - side].min() > shown[side].min() + MORE:
        cloth = of_other_side(cloth)
        place = mesh[mirrored(fit, used), :2]
    deg, fades_deg = NEVER_DEG, NEVER_DEG
    if folded:
        deg, fades_deg = FOLDED_DEG, FOLDED_FADES_DEG
    elif shown[side, 0] < STRIP:
        deg, fades_deg = STRIP_DEG, STRIP_FADES_DEG
    form = replace(
        form,
        rest=rest,
        tucked=mesh[used],
        within=np.ones(len(form.triangles), np.bool_),
        tucked_mix=in_shade(fit.template, mesh)[used],
        tucked_weights=fit.template.weights[used],
        tucked_bones=fit.template.bones[used],
        place=np.ascontiguousarray(place, np.float32),
        when=replace(form.when, deg=deg, opens=True, swings=True),
    )
    planes = np.stack([cloth, [SHADED[Cloth(kind)] for kind in cloth]], 1).astype(np.int32)
    return NewArm(form, unrolled, None, planes, fades_deg)
