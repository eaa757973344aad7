"""Arms whose forearm points at the camera in the photo, made anew for when it no longer does.

What the photo shows of such a forearm is its end: drawn out it would be strips and shadow. So the
template's arm takes its place as soon as it turns out of that direction, in colours of its own: the
photo's sleeve as far as it goes, then skin, in the light that falls on it as it is held. Until then
it lies tucked in behind what the photo shows of the arm, and hides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.arm_shape import ARM_BONES, as_thick, tucked
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import face_of, is_skin, middle_of, sure_pixels
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import Grid
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.parting import Group
from bunraku.runtime.drivers.body.regions import distance_to
from bunraku.runtime.drivers.body.sleeves import GOES_OVER, Sleeve, along_upper_arm, find_sleeves
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.runtime.drivers.body.wringing import skin_spread, wrung
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone

LET_OUT_DEG = 7.0, 18.0
"""By how much a forearm must turn until it begins to be let out, and until it is wholly."""
FADE_DEG = 16.0, 30.0
"""The same for the photo's own pixels of it, which fade out once it is let out."""
LET_OUT_DRAWN, FADE_DRAWN = (1.4, 1.9), (1.8, 2.4)
"""Likewise how often as long in the picture it must be: what little it shows would be drawn out."""
NEARER = 0.1
"""How much nearer it is when let out, in trunks: so far behind the body's the photo's pixels may
lie and still hide it, which those of other limbs are not to."""
LIGHT = np.array([0.0, -0.42, -0.91], np.float32)
"""Where the light comes from: the camera's side, and above."""
BRIGHT = np.float32(0.9)
"""Cosine of the angle to the light up to which an arm is wholly in it."""
AT_SHOULDER, AT_WRIST = np.float32(0.3), np.float32(0.4)
"""How much of its shade a shoulder has: it goes over into the trunk, which has none; and what is
seen within the hand, which is lit as that."""
SHOULDER = 0.3, 0.7
"""From where on the upper arm is let out, and from where wholly, in lengths of it: the shoulder is
the photo's."""
TORN_PX = 2.0, 5.0
"""How near to its forearm and hand the photo's upper arm fades with them, wholly and from where on,
in pixels of the networks: its edge there is no sleeve's, and lies in their shadow."""
INTO_HAND, OPEN = 0.1, 0.3
"""How far an arm goes on beyond the wrist, in lengths of the forearm: the hand, which ends softly,
lies before it; and from how far before the wrist on one sees into it where the hand bends."""
_GROUPS = (Group.UPPER_ARM_L, Group.FOREARM_L, Group.HAND_L)


@dataclass(frozen=True, eq=False)
class Fading:
    """What of a photo's mesh fades with a forearm."""

    vertices: Array
    """``[v]`` in [0, 1]: how far."""
    triangles: NDArray[np.bool_]
    """``[t]``: which do so wholly."""


@dataclass(frozen=True, eq=False)
class NewArm:
    """An arm of the template, from the shoulder to the wrist."""

    side: int
    """0 for the left one, 1 for the right one."""
    sleeve: Sleeve
    unrolled: Unrolled
    rest: Array
    """``[v, 3]``: its vertices at rest, in metres,"""
    normals: Array
    """``[v, 3]`` there,"""
    tucked: Array
    """``[v, 3]``: and in the photo's window, where the photo shows the arm."""
    weights: Array
    """``[v, 4]``"""
    bones: NDArray[np.int32]
    """``[v, 4]``"""
    loose: Array
    """``[v, 1]`` in [0, 1]: how far each is let out with the forearm."""
    spread: Array
    """``[v]`` in [0, 1]: how much of the forearm's twist each has, from the elbow to the wrist."""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    place: Array
    """``[v, 2]``: x and y in its picture (``Unrolled``)."""
    placed: Array
    """``Fit.placed``, with an arm as thick as it is."""
    forearm: Vectors
    """``[3]``, in the photo's window, from the elbow to the wrist."""
    nearer_px: float

    def moved(self, transforms: Array) -> tuple[Array, Array] | None:
        """Where its vertices are, ``[v, 3]``, and how far each is in shade, ``[v]`` in [0, 1]; None
        while it is not let out at all.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        out = np.float32(self._beyond(transforms, LET_OUT_DEG, LET_OUT_DRAWN))
        if out <= 0.0:
            return None
        tucked = skin(self.tucked, self.weights, self.bones, transforms)
        # From the rest, and not from the photo's pose, in which the elbow is bent.
        since_rest = transforms[..., :3] @ self.placed
        since_rest[..., 3] += transforms[..., 3]
        by = wrung(since_rest, self.unrolled.ends, self.side)
        hung = self.weights, self.bones, self.spread
        free = skin_spread(self.rest, *hung, since_rest, by)
        free[:, 2] -= np.float32(self.nearer_px)
        since_rest[..., 3] = 0.0
        normals = skin_spread(self.normals, *hung, since_rest, by.of_directions())
        facing = normals @ LIGHT / (np.sqrt((normals * normals).sum(1)) + np.float32(1e-6))
        shade = np.clip((BRIGHT - facing) / BRIGHT, 0.0, 1.0)
        shade *= AT_SHOULDER + (np.float32(1.0) - AT_SHOULDER) * self.loose[:, 0]
        shade[self.spread >= 1.0] *= AT_WRIST
        return tucked + out * self.loose * (free - tucked), shade

    def faded(self, transforms: Array) -> float:
        """In [0, 1], how far the photo's own forearm has faded out."""
        return self._beyond(transforms, FADE_DEG, FADE_DRAWN)

    def turned_deg(self, transforms: Array) -> float:
        """By how much the forearm has turned since the photo, any way."""
        now = transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm
        length = float(np.linalg.norm(now) * np.linalg.norm(self.forearm))
        cosine = min(max(float(now @ self.forearm) / max(length, 1e-6), -1.0), 1.0)
        return float(np.degrees(np.arccos(cosine)))

    def _beyond(
        self, transforms: Array, deg: tuple[float, float], drawn: tuple[float, float]
    ) -> float:
        now = transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm
        longer = float(np.linalg.norm(now[:2]) / (np.linalg.norm(self.forearm[:2]) + 1e-6))
        return max(_risen(self.turned_deg(transforms), deg), _risen(longer, drawn))

    def fading(self, fit: Fit, grid: Grid, binding: Binding) -> Fading:
        """What of a photo's mesh fades with its forearm."""
        before = np.isin(binding.group, [group + self.side for group in _GROUPS[1:]])
        bones = np.array(ARM_BONES) + self.side
        upper, fore = (((grid.bones == bone) * grid.weights).sum(1) for bone in bones)
        along = along_upper_arm(fit, self.side, grid.vertices[:, :2])
        beyond = np.clip((along - self.sleeve.ends_seen) / GOES_OVER, 0.0, 1.0)
        near, far = (px * fit.fine for px in TORN_PX)
        x, y = np.clip(np.rint(grid.vertices[:, :2]), 0, len(fit.inside) - 1).astype(int).T
        torn = np.clip((far - distance_to(before)[y, x]) / (far - near), 0.0, 1.0)
        share = np.minimum(fore + upper * np.maximum(beyond, torn), 1.0).astype(np.float32)
        return Fading(share, (share[grid.triangles] >= 1.0).all(1))


def make_arms(
    fit: Fit, mesh: Array, binding: Binding, window: Picture, mask: Array
) -> tuple[NewArm, ...]:
    """The arms of a photo's person that are to be made anew. None of one who looks away, or has no
    colours: nothing tells skin from cloth then.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    :param window: ``[n, n, 3]``. :param mask: ``[n, n]`` in [0, 1].
    """
    if True not in fit.foreshortened:
        return ()
    colours = window.astype(np.float32) / np.float32(255.0)
    sure = sure_pixels(binding, mask)
    face = middle_of(colours, sure & face_of(fit, binding.bone == BodyBone.HEAD))
    if face is None or not is_skin(face):
        return ()
    sleeves = find_sleeves(fit, binding, colours, sure, face)
    arms = (make_arm(fit, mesh, binding, sleeve, side) for side, sleeve in enumerate(sleeves))
    return tuple(arm for arm in arms if arm is not None)


def make_arm(fit: Fit, mesh: Array, binding: Binding, sleeve: Sleeve, side: int) -> NewArm | None:
    """The arm of one side anew; None of one whose forearm is not foreshortened, or that the photo
    does not show at all.

    :param mesh: ``Settled.mesh``. :param binding: as it was settled.
    """
    region = binding.reached & np.isin(binding.group, [group + side for group in _GROUPS])
    if not fit.foreshortened[side] or not region.any():
        return None
    template = fit.template
    main = main_bones(template)
    unrolled = Unrolled.of(fit, side)
    forearm = unrolled.ends[2] - unrolled.ends[1]
    beyond = (template.vertices - unrolled.ends[2]) @ forearm / (forearm @ forearm)
    at_wrist = (POSED_BY[main] == BodyBone.HAND_L + side) & (beyond < INTO_HAND)
    of_arm = at_wrist | np.isin(main, [bone + side for bone in ARM_BONES])
    own = template.triangles[_of_arms(fit, (side,)) | of_arm[template.triangles].all(1)]
    near = (main != BodyBone.UPPER_ARM_L + side) & (beyond > -OPEN)
    inside = own[near[own].all(1)][:, ::-1]
    used, corners = np.unique(np.concatenate([own, inside]), return_inverse=True)
    rest = np.ascontiguousarray(template.vertices[used])
    place = unrolled.place(rest, main[used] != BodyBone.UPPER_ARM_L + side)
    low, high = SHOULDER
    along = unrolled.along(place[:, 1:])
    loose = np.clip((along - low) / (high - low), 0.0, 1.0)
    elbow, wrist = fit.stance.points[[LEFT_ELBOW + side, LEFT_WRIST + side]]
    return NewArm(
        side,
        sleeve,
        unrolled,
        rest,
        np.ascontiguousarray(template.normals[used]),
        tucked(mesh[used], region, binding, loose[:, 0] <= 0.0, NEARER * fit.trunk_px),
        np.ascontiguousarray(template.weights[used]),
        # Fingers are folded away where the hand is drawn by itself.
        POSED_BY[template.bones[used]].astype(np.int32),
        np.asarray(loose, np.float32),
        np.clip(along[:, 0] - 1.0, 0.0, 1.0).astype(np.float32),
        np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        place,
        as_thick(fit, unrolled, sleeve, side),
        wrist - elbow,
        NEARER * fit.trunk_px,
    )


def made_anew(fit: Fit, arms: Sequence[NewArm]) -> NDArray[np.bool_]:
    """``[t]``: the template's triangles in whose place these arms are."""
    return _of_arms(fit, [arm.side for arm in arms])


def still_hidden(hidden: Sequence[Binding], arms: Sequence[NewArm]) -> list[Binding]:
    """``Bound.hidden`` without what belongs to these arms: they have it themselves."""
    groups = [group + arm.side for arm in arms for group in _GROUPS]
    return [layer for layer in hidden if layer.group.max() not in groups]


def _of_arms(fit: Fit, sides: Sequence[int]) -> NDArray[np.bool_]:
    main = main_bones(fit.template)[fit.template.triangles[:, 0]]
    return np.isin(main, [bone + side for side in sides for bone in ARM_BONES])


def _risen(value: float, between: tuple[float, float]) -> float:
    """From 0 to 1 as a value goes from one to the other, softly."""
    share = min(max((value - between[0]) / (between[1] - between[0]), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
