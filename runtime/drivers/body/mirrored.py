"""Arms that the photo hides, in the colours of the other one as a mirror shows it.

Of the pose network's guess where they are nothing is held: they come out from behind the person as
soon as the driver's show.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.anew import NewArm
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.cloths import (
    CLOTH,
    NEW_ARMS,
    SHADED,
    SHADOW,
    Cloth,
    of_other_side,
)
from bunraku.runtime.drivers.body.edge import LowerEdge
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import FreeArm, free_arm
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.light import PLANES, Light
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import SIDES, WHOLE_ARM, BodyBone

_MIRROR = np.array([-1.0, 1.0, 1.0], np.float32)


@dataclass(frozen=True, eq=False)
class HiddenArm:
    """An arm of the template, from the shoulder to the finger tips."""

    form: FreeArm
    place: Array
    """``[v, 2]``: x and y where each vertex reads its planes."""
    planes: NDArray[np.int32]
    """``[t, 2]``, as ``Layer.cloth``."""
    cloth: NDArray[np.int32]
    """``[t]``: of which kind of surface each triangle is."""


def make_hidden_arms(
    fit: Fit,
    mesh: Array,
    binding: Binding,
    known: NDArray[np.bool_],
    covered: tuple[bool, bool],
    arms: Sequence[NewArm],
    edge: LowerEdge | None,
    light: Light,
) -> tuple[HiddenArm, ...]:
    """The arms of which the photo shows nothing below the elbow.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    :param known: ``Textures.known``. :param covered: ``Bound.covered``: these stay where they are.
    :param arms: those that are made anew by themselves.
    :param edge: what it cuts off is not hidden: as the trunk leans, a stump would come out.
    :param light: the photo's.
    """
    anew = {arm.side: number for number, arm in enumerate(arms) if arm.sleeve is not None}
    cut = () if edge is None else edge.bones
    sides = [
        side
        for side in range(SIDES)
        if BodyBone.FOREARM_L + side in fit.unseen
        and BodyBone.FOREARM_L + side not in cut
        and not covered[side]
        and side not in [arm.side for arm in arms]
    ]
    result = []
    for side in sides:
        other = 1 - side
        triangles = fit.template.triangles[of_arms(fit, (side,))]
        unrolled, bones = Unrolled.of(fit, side), fit.template.bones
        tones, hung = PLANES if other in anew else (1.0, SHADOW), (triangles, bones, fit.placed)
        form = free_arm(fit, mesh, binding, binding.reached, unrolled, *hung, light, tones, side)
        cloth = CLOTH[main_bones(fit.template)[triangles[:, 0]]]
        if other in anew:
            fore = main_bones(fit.template)[form.used] != BodyBone.UPPER_ARM_L + side
            place = arms[anew[other]].unrolled.place(form.rest * _MIRROR, fore)
            planes = np.tile(NEW_ARMS + 2 * anew[other] + np.arange(2), (len(cloth), 1))
        else:
            like = of_other_side(cloth)
            shown = np.where(known[like], like, cloth)
            place = mesh[mirrored(fit, form.used), :2]
            planes = np.stack([shown, [SHADED[Cloth(kind)] for kind in shown]], 1)
        result.append(HiddenArm(form, place, planes.astype(np.int32), cloth.astype(np.int32)))
    return tuple(result)


def of_arms(fit: Fit, sides: Sequence[int]) -> NDArray[np.bool_]:
    """``[t]``: the template's triangles of whole arms, the hands too."""
    main = main_bones(fit.template)[fit.template.triangles[:, 0]]
    return np.isin(main, [bone + side for side in sides for bone in WHOLE_ARM])


def mirrored(fit: Fit, vertices: NDArray[np.intp]) -> NDArray[np.intp]:
    """``[v]``: the template's vertices on the other side."""
    rest = fit.template.vertices
    wanted = rest[vertices] * _MIRROR
    apart = (rest * rest).sum(1) - 2.0 * wanted @ rest.T
    return np.asarray(apart.argmin(1))
