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
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.colours import face_of, is_skin, middle_of, sure_pixels
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.grid import Grid
from bunraku.runtime.drivers.body.parting import Group
from bunraku.runtime.drivers.body.regions import distance_to, nearest_reached
from bunraku.runtime.drivers.body.sleeves import (
    GOES_OVER,
    Sleeve,
    along_upper_arm,
    find_sleeves,
)
from bunraku.runtime.drivers.body.turning import Vectors, cross, unit
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.runtime.drivers.body.wringing import skin_spread, wrung
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone

LET_OUT_DEG = 7.0, 18.0
"""By how much a forearm must turn until it begins to be let out, and until it is wholly."""
FADE_DEG = 16.0, 30.0
"""The same for the photo's own pixels of it, which fade out once it is let out."""
NEARER = 0.1
"""How much nearer it is when let out, in trunks: so far behind the body's the photo's pixels may
lie and still hide it, which those of other limbs are not to."""
LIGHT = np.array([0.0, -0.42, -0.91], np.float32)
"""Where the light comes from: the camera's side, and above."""
BRIGHT = np.float32(0.9)
"""Cosine of the angle to the light up to which an arm is wholly in it."""
AT_SHOULDER = np.float32(0.3)
"""How much of its shade a shoulder has: it goes over into the trunk, which has none."""
SHOULDER = 0.3, 0.7
"""From where on the upper arm is let out, and from where wholly, in lengths of it: the shoulder is
the photo's."""
TORN_PX = 2.0, 5.0
"""How near to its forearm and hand the photo's upper arm fades with them, wholly and from where on,
in pixels of the networks: its edge there is no sleeve's, and lies in their shadow."""
WRIST = 0.05
"""Of a vertex of the hand, how much must hang on the forearm for it to belong to the arm too."""
THICKEST = 1.25, 1.12
"""How thick a bare upper arm and forearm may be, in the template's."""
_BONES = (BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L)
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
        out = np.float32(_risen(self.turned_deg(transforms), LET_OUT_DEG))
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
        return tucked + out * self.loose * (free - tucked), shade

    def faded(self, transforms: Array) -> float:
        """In [0, 1], how far the photo's own forearm has faded out."""
        return _risen(self.turned_deg(transforms), FADE_DEG)

    def turned_deg(self, transforms: Array) -> float:
        """By how much the forearm has turned since the photo, any way."""
        now = transforms[BodyBone.FOREARM_L + self.side, :, :3] @ self.forearm
        length = float(np.linalg.norm(now) * np.linalg.norm(self.forearm))
        cosine = min(max(float(now @ self.forearm) / max(length, 1e-6), -1.0), 1.0)
        return float(np.degrees(np.arccos(cosine)))

    def fading(self, fit: Fit, grid: Grid, binding: Binding) -> Fading:
        """What of a photo's mesh fades with its forearm."""
        before = np.isin(binding.group, [group + self.side for group in _GROUPS[1:]])
        upper, fore = (((grid.bones == bone + self.side) * grid.weights).sum(1) for bone in _BONES)
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
    of_forearm = (template.bones == BodyBone.FOREARM_L + side) * template.weights
    # What of a hand hangs on its forearm too may be seen behind the hand.
    at_wrist = (main == BodyBone.HAND_L + side) & (of_forearm.sum(1) > WRIST)
    own = _of_arms(fit, (side,)) | at_wrist[template.triangles].any(1)
    used, corners = np.unique(template.triangles[own], return_inverse=True)
    rest = np.ascontiguousarray(template.vertices[used])
    unrolled = Unrolled.of(fit, side)
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
        _tucked(mesh[used], region, binding, loose[:, 0] <= 0.0, NEARER * fit.trunk_px),
        np.ascontiguousarray(template.weights[used]),
        np.ascontiguousarray(template.bones[used]),
        np.asarray(loose, np.float32),
        np.clip(along[:, 0] - 1.0, 0.0, 1.0).astype(np.float32),
        np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        place,
        _as_thick(fit, unrolled, sleeve, side),
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
    return np.isin(main, [bone + side for side in sides for bone in _BONES])


def _as_thick(fit: Fit, unrolled: Unrolled, sleeve: Sleeve, side: int) -> Array:
    """``Fit.placed`` with a bare arm no thicker than it may be: at the end of a forearm the outline
    is that of the hand before it."""
    result = fit.placed.copy()
    if sleeve.end > 1.0:
        return result
    for bone, along, most in zip(_BONES, np.diff(unrolled.ends, axis=0), THICKEST, strict=True):
        own = bone + side
        across = unit(cross(along, np.array([0.0, 0.0, 1.0]))[None])[0]
        girth = float(np.linalg.norm(fit.placed[own, :, :3] @ across)) / fit.stance.size
        share = min(most / girth, 1.0)
        frames, inverse = fit.stance.frames[own], fit.stance.inverse[own]
        thinner = frames @ np.diag([1.0, share, share, 1.0]) @ inverse
        result[own] = thinner[:3, :3] @ fit.placed[own]
        result[own, :, 3] += thinner[:3, 3]
    return result


def _tucked(
    mesh: Array,
    region: NDArray[np.bool_],
    binding: Binding,
    held: NDArray[np.bool_],
    apart: float,
) -> Array:
    """A mesh within a region of the window, behind the photo's own pixels, the trunk's too: its
    triangles reach across what lies between the pieces of the region.

    :param held: ``[v]``: what stays where it is. :param apart: how far behind the trunk's front.
    """
    n = len(region)
    x, y = np.clip(np.rint(mesh[:, :2]), 0, n - 1).astype(int).T
    at = nearest_reached(region)[y, x]
    result = mesh.copy()
    beside = ~(region[y, x] | held)
    result[beside, 0], result[beside, 1] = at[beside] % n, at[beside] // n
    trunk = binding.depth[binding.reached & (binding.group == Group.TRUNK)]
    back = float(np.median(trunk)) if len(trunk) else -np.inf
    behind = np.maximum(np.maximum(result[:, 2], binding.depth.ravel()[at]), back + apart)
    result[:, 2] = np.where(held, result[:, 2], behind)
    return result


def _risen(value: float, between: tuple[float, float]) -> float:
    """From 0 to 1 as a value goes from one to the other, softly."""
    share = min(max((value - between[0]) / (between[1] - between[0]), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)
