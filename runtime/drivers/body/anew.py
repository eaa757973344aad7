"""Arms whose forearm points at the camera in the photo, made anew for when it no longer does.

What the photo shows of such a forearm is its end: drawn out it would be strips and shadow. So the
template's arm takes its place as soon as it turns out of that direction, in colours of its own: the
photo's sleeve as far as it goes, then skin, in the light that falls on it as it is held. Until then
it lies tucked in behind what the photo shows of the arm, and hides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.arm_shape import (
    as_thick,
    in_its_place,
    with_sleeve,
    without_thumb,
)
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import (
    face_of,
    hued_as_lit,
    is_skin,
    middle_of,
    sure_pixels,
)
from bunraku.runtime.drivers.body.fading import Fading
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.free_arm import FreeArm, free_arm
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import Grid
from bunraku.runtime.drivers.body.groups import LEFT_ARM
from bunraku.runtime.drivers.body.light import PLANES, Light
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.sleeves import GOES_OVER, Sleeve, along_upper_arm, find_sleeves
from bunraku.runtime.drivers.body.thickness import ArmSeen, arms_seen
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.skeleton import ARM_BONES, BodyBone

FADE_DEG = 10.0, 20.0
"""By how much a forearm must turn until the photo's own pixels of it begin to fade out, once it is
let out, and until they are gone."""
FADE_DRAWN = 1.5, 2.0
"""Likewise how often as long in the picture it must be."""
TORN_PX = 2.0, 5.0
"""How near to its forearm and hand the photo's upper arm fades with them, wholly and from where on,
in pixels of the networks: its edge there is no sleeve's, and lies in their shadow."""
SHOULDER = 0.3, 0.5
"""See ``free_arm.SHOULDER``: a sleeve would have a corner beneath it as far as the photo's outline,
which the forearm hides in part, holds it."""
INTO_HAND = 0.1
"""How far an arm goes on beyond the wrist, in lengths of the forearm: the hand, which ends softly,
lies before it."""


@dataclass(frozen=True, eq=False)
class NewArm:
    """An arm of the template, from the shoulder to the wrist, in colours of its own."""

    form: FreeArm
    unrolled: Unrolled
    sleeve: Sleeve | None
    """What it is painted by; None of one in the photo's colours, which shows planes of the body."""
    planes: NDArray[np.int32] | None = None
    """``[t, 2]``, as ``Layer.cloth``: those; None of one that is painted."""
    fade_deg: tuple[float, float] = FADE_DEG
    """See ``FADE_DEG``."""
    fade_drawn: tuple[float, float] = FADE_DRAWN
    """See ``FADE_DRAWN``."""

    @property
    def side(self) -> int:
        """0 for the left one, 1 for the right one."""
        return self.form.side

    def faded(self, transforms: Array) -> float:
        """In [0, 1], how far the photo's own forearm has faded out."""
        return self.form.when.beyond(transforms, self.fade_deg, self.fade_drawn)

    def fading(self, fit: Fit, grid: Grid, binding: Binding) -> Fading:
        """What of a photo's mesh fades with its forearm."""
        before = np.isin(binding.group, [group + self.side for group in LEFT_ARM[1:]])
        bones = np.array(ARM_BONES) + self.side
        upper, fore = (((grid.bones == bone) * grid.weights).sum(1) for bone in bones)
        along = along_upper_arm(fit, self.side, grid.vertices[:, :2])
        ends = SHOULDER[0] if self.sleeve is None else self.sleeve.ends_seen
        beyond = np.clip((along - ends) / GOES_OVER, 0.0, 1.0)
        near, far = (px * fit.fine for px in TORN_PX)
        x, y = np.clip(np.rint(grid.vertices[:, :2]), 0, len(fit.inside) - 1).astype(int).T
        torn = np.clip((far - distance_to(before)[y, x]) / (far - near), 0.0, 1.0)
        share = np.minimum(fore + upper * np.maximum(beyond, torn), 1.0).astype(np.float32)
        return Fading.of(self.form, self.fade_deg, self.fade_drawn, share, grid.triangles)


def make_arms(
    fit: Fit, mesh: Array, binding: Binding, window: Picture, mask: Array, light: Light
) -> tuple[NewArm, ...]:
    """The arms of a photo's person that are to be made anew. None of one who looks away, or has no
    colours: nothing tells skin from cloth then.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    :param window: ``[n, n, 3]``. :param mask: ``[n, n]`` in [0, 1]. :param light: the photo's.
    """
    if True not in fit.foreshortened:
        return ()
    colours = window.astype(np.float32) / np.float32(255.0)
    sure = sure_pixels(binding.group, mask)
    head = sure & face_of(fit, binding.bone == BodyBone.HEAD)
    face = middle_of(colours, head)
    if face is None or not is_skin(face):
        return ()
    sleeves = find_sleeves(fit, binding, colours, sure, face, hued_as_lit(face, colours[head]))
    arms = (
        make_arm(fit, mesh, binding, sleeve, seen, light, side)
        for side, (sleeve, seen) in enumerate(
            zip(sleeves, arms_seen(fit, binding, sleeves), strict=True)
        )
    )
    return tuple(arm for arm in arms if arm is not None)


def make_arm(
    fit: Fit,
    mesh: Array,
    binding: Binding,
    sleeve: Sleeve,
    seen: ArmSeen,
    light: Light,
    side: int,
) -> NewArm | None:
    """The arm of one side anew; None of one whose forearm is not foreshortened, or that the photo
    does not show at all.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    :param seen: what the photo shows of this arm. :param light: the photo's.
    """
    region = arm_region(binding, side)
    if not fit.foreshortened[side] or not region.any():
        return None
    unrolled = Unrolled.of(fit, side)
    # Fingers are folded away where the hand is drawn by itself.
    placed, wider = as_thick(fit, unrolled, sleeve, seen, side)
    hung = closed_arm(fit, unrolled, side), POSED_BY[fit.template.bones], placed
    form = free_arm(fit, mesh, binding, region, unrolled, *hung, light, PLANES, side, SHOULDER)
    along = unrolled.along(form.place[:, 1])
    rest = without_thumb(form.rest, along, unrolled)
    if seen.aside:
        upper_arm = placed[BodyBone.UPPER_ARM_L + side]
        rest = in_its_place(rest, along, unrolled, upper_arm, seen.aside)
    if sleeve.end > 0.0:
        rest = with_sleeve(rest, along, unrolled, sleeve, wider)
    return NewArm(replace(form, rest=rest, when=replace(form.when, swings=True)), unrolled, sleeve)


def arm_region(binding: Binding, side: int) -> NDArray[np.bool_]:
    """``[n, n]``: where the photo shows an arm, the hand too."""
    own = np.isin(binding.group, [group + side for group in LEFT_ARM])
    return np.asarray(binding.reached & own)


def closed_arm(fit: Fit, unrolled: Unrolled, side: int) -> NDArray[np.int32]:
    """``[t, 3]``: the template's triangles of an arm, into its hand. Where that bends, or the
    forearm points at the camera, one sees into its end: they are there from within too."""
    template = fit.template
    main = main_bones(template)
    forearm = unrolled.ends[2] - unrolled.ends[1]
    beyond = (template.vertices - unrolled.ends[2]) @ forearm / (forearm @ forearm)
    at_wrist = (POSED_BY[main] == BodyBone.HAND_L + side) & (beyond < INTO_HAND)
    of_arm = at_wrist | np.isin(main, [bone + side for bone in ARM_BONES])
    own = template.triangles[_of_arms(fit, (side,)) | of_arm[template.triangles].all(1)]
    fore = main != BodyBone.UPPER_ARM_L + side
    return np.concatenate([own, own[fore[own].all(1)][:, ::-1]])


def made_anew(fit: Fit, arms: Sequence[NewArm]) -> NDArray[np.bool_]:
    """``[t]``: the template's triangles in whose place these arms are."""
    return _of_arms(fit, [arm.side for arm in arms])


def still_hidden(hidden: Sequence[Binding], arms: Sequence[NewArm]) -> list[Binding]:
    """``Bound.hidden`` without what belongs to these arms: they have it themselves."""
    groups = [group + arm.side for arm in arms for group in LEFT_ARM]
    return [layer for layer in hidden if layer.group.max() not in groups]


def _of_arms(fit: Fit, sides: Sequence[int]) -> NDArray[np.bool_]:
    main = main_bones(fit.template)[fit.template.triangles]
    arms = np.isin(main[:, 0], [bone + side for side in sides for bone in ARM_BONES])
    # A ring at the wrist would be drawn out between the body's hand and its forearm.
    at_wrist = np.isin(main, [BodyBone.FOREARM_L + side for side in sides]).any(1)
    return np.asarray(arms | at_wrist)
