"""An arm of the template that hangs free: it is let out of the photo's outline as it turns.

Until then it lies tucked in behind what the photo shows, and hides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.arm_shape import hidden_while_in, tucked
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.let_out import LetOut
from bunraku.runtime.drivers.body.light import Light
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.turning import Vectors, unit
from bunraku.runtime.drivers.body.unrolled import Unrolled
from bunraku.runtime.drivers.body.wringing import Wrung, skin_spread, wrung
from bunraku.runtime.source.region import Region
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone
from bunraku.spec.smoothstep import smoothstep

NEARER = 0.1
"""How much nearer it is when let out, in trunks: so far behind the body's the photo's pixels may
lie and still hide it, which those of other limbs are not to."""
AT_SHOULDER = np.float32(0.3)
"""How much of its light a shoulder has: it goes over into the trunk, which has the photo's."""
CROOK, CROOK_WIDE = np.float32(0.25), 0.3
"""How dark the crook of an arm is where upper arm and forearm lie on each other, of 2, and how far
from the elbow that goes, in lengths of a bone: each takes the other's light."""
BENDING = 0.25
"""How far from the elbow an arm bends, in lengths of a bone."""
SHOULDER = 0.3, 0.7
"""From where on the upper arm is let out, and from where wholly, in lengths of it: the shoulder is
the photo's."""
OFF_TRUNK, TOP = 0.15, 0.1
"""How far from the trunk an upper arm is wholly so, and down to where below its joint it stays on
the trunk, both in lengths of it: let out there the top of a shoulder parts from the trunk in
cracks, and held there the armpit of a raised arm is a flap."""


@dataclass(frozen=True, eq=False)
class FreeArm:
    """An arm of the template, from the shoulder on."""

    side: int
    """0 for the left one, 1 for the right one."""
    ends: Vectors
    """``[3, 3]``: shoulder, elbow and wrist at rest."""
    used: NDArray[np.intp]
    """``[v]``: the template's vertices that it has."""
    rest: Array
    """``[v, 3]``: these at rest, in metres,"""
    normals: Array
    """``[v, 3]`` there,"""
    tucked: Array
    """``[v, 3]``: and in the photo's window, where the photo shows the arm, or what hides it."""
    tucked_mix: Array
    """``[v]`` in [0, 1]: how much of its second plane each shows there,"""
    tucked_weights: Array
    """``[v, 4]``,"""
    tucked_bones: NDArray[np.int32]
    """``[v, 4]``: and by what it is carried there,"""
    weights: Array
    """``[v, 4]``,"""
    bones: NDArray[np.int32]
    """``[v, 4]``: and by what when it is let out."""
    loose: Array
    """``[v, 1]`` in [0, 1]: how far each is let out with the forearm."""
    off_trunk: Array
    """``[v, 1]`` in [0, 1]: how far each is let out with the upper arm, if that is."""
    spread: Array
    """``[v]`` in [0, 1]: how much of the forearm's twist each has, from the elbow to the wrist."""
    at_elbow: Array
    """``[v]`` in [0, 1]: how near each is to it."""
    lit: Array
    """``[v]`` in [0, 1]: how far each is lit by how it is held, and not as the photo has it."""
    light: Light
    planes: tuple[float, float]
    """How bright its two planes are, of what the photo shows."""
    triangles: NDArray[np.int32]
    """``[t, 3]``"""
    place: Array
    """``[v, 2]``: x and y in its ``Unrolled``."""
    placed: Array
    """``Fit.placed``, with an arm as thick as it is."""
    nearer_px: float
    within: NDArray[np.bool_]
    """``[t]``: the others of its triangles are not drawn until it is let out."""
    when: LetOut

    def moved(self, transforms: Array) -> tuple[Array, Array] | None:
        """Where its vertices are, ``[v, 3]``, and how much of its second plane each shows, ``[v]``
        in [0, 1]; None while it is not let out at all.

        :param transforms: ``[bones, 3, 4]`` of ``Rig.transforms``.
        """
        out = np.float32(self.when.out(transforms))
        if out <= 0.0:
            return None
        tucked = skin(self.tucked, self.tucked_weights, self.tucked_bones, transforms)
        since_rest = self._since_rest(transforms)
        by = wrung(since_rest, self.ends, self.side)
        free = skin_spread(self.rest, self.weights, self.bones, self.spread, since_rest, by)
        free[:, 2] -= np.float32(self.nearer_px)
        normals = self._normals(since_rest, by)
        bright = self.light.on(normals) * self._crook(normals, since_rest)
        swung = np.float32(self.when.swung(transforms)) * self.off_trunk
        loose = self.loose + swung * (np.float32(1.0) - self.loose)
        mix = self.tucked_mix + out * (self._shown_in(bright) - self.tucked_mix)
        return tucked + out * loose * (free - tucked), mix

    def _since_rest(self, transforms: Array) -> Array:
        """``[bones, 3, 4]``: from the rest, and not from the photo's pose, in which the elbow is
        bent."""
        result = transforms[..., :3] @ self.placed
        result[..., 3] += transforms[..., 3]
        return np.asarray(result)

    def _normals(self, since_rest: Array, by: Wrung) -> Array:
        """``[v, 3]``, unit."""
        turning = since_rest.copy()
        turning[..., 3] = 0.0
        hung = self.weights, self.bones, self.spread
        normals = skin_spread(self.normals, *hung, turning, by.of_directions())
        long = np.sqrt((normals * normals).sum(1, keepdims=True)) + np.float32(1e-6)
        return np.asarray(normals / long)

    def _crook(self, normals: Array, since_rest: Array) -> Array:
        """``[v]``: what is left of the light in the crook of the arm."""
        bones = BodyBone.UPPER_ARM_L + self.side, BodyBone.FOREARM_L + self.side
        ways = [
            since_rest[bone, :, :3] @ along
            for bone, along in zip(bones, np.diff(self.ends, axis=0), strict=True)
        ]
        upper, fore = unit(np.stack(ways)).astype(np.float32)
        into = np.maximum(normals @ (fore - upper), np.float32(0.0))
        return np.asarray(np.float32(1.0) - CROOK * self.at_elbow * into)

    def _shown_in(self, brightness: Array) -> Array:
        """``[v]`` in [0, 1]: how much of its second plane each vertex shows in so much light."""
        first, second = self.planes
        bright = 1.0 + self.lit * (brightness - 1.0)
        return np.asarray(np.clip((first - bright) / (first - second), 0.0, 1.0), np.float32)


def free_arm(
    fit: Fit,
    mesh: Array,
    binding: Binding,
    region: Region,
    unrolled: Unrolled,
    triangles: NDArray[np.int32],
    bones: NDArray[np.integer],
    placed: Array,
    light: Light,
    planes: tuple[float, float],
    side: int,
    shoulder: tuple[float, float] = SHOULDER,
) -> FreeArm:
    """An arm of triangles ``[t, 3]`` of the template.

    :param mesh: ``[v, 3]``, the template as it was settled. :param binding: likewise.
    :param region: ``[n, n]``, within which it is tucked. :param unrolled: of this arm.
    :param bones: ``[v, 4]``, on which the template's vertices hang.
    :param placed: ``FreeArm.placed``. :param light: the photo's. :param planes: of ``FreeArm``.
    :param side: 0 for the left one, 1 for the right one. :param shoulder: see ``SHOULDER``.
    """
    template = fit.template
    used, corners = np.unique(triangles, return_inverse=True)
    corners = corners.reshape(-1, 3)
    rest = np.ascontiguousarray(template.vertices[used])
    place = unrolled.place(rest, main_bones(template)[used] != BodyBone.UPPER_ARM_L + side)
    low, high = shoulder
    along = unrolled.along(place[:, 1:])
    loose = np.asarray(np.clip((along - low) / (high - low), 0.0, 1.0), np.float32)
    joints = [LEFT_SHOULDER + side, LEFT_ELBOW + side, LEFT_WRIST + side]
    upper_arm, forearm = np.diff(fit.stance.points[joints], axis=0)
    apart_px = NEARER * fit.trunk_px
    weights, bones = bent_softly(template.weights[used], bones[used], along[:, 0], side)
    behind = tucked(mesh[used], region, binding, loose[:, 0] <= 0.0, apart_px)
    return FreeArm(
        side,
        unrolled.ends,
        used.astype(np.intp),
        rest,
        np.ascontiguousarray(template.normals[used]),
        behind,
        np.zeros(len(used), np.float32),
        weights,
        bones,
        weights,
        bones,
        loose,
        _off_trunk(fit.template, used, triangles, unrolled.ends[:2]),
        np.clip(along[:, 0] - 1.0, 0.0, 1.0).astype(np.float32),
        np.exp(-(((along[:, 0] - 1.0) / CROOK_WIDE) ** 2)).astype(np.float32),
        AT_SHOULDER + (np.float32(1.0) - AT_SHOULDER) * loose[:, 0],
        light,
        planes,
        np.ascontiguousarray(corners, np.int32),
        place,
        placed,
        apart_px,
        hidden_while_in(corners, behind, loose, binding, fit.inside, side),
        LetOut(side, upper_arm, forearm),
    )


def _off_trunk(
    template: Template, used: NDArray[np.integer], triangles: NDArray[np.int32], bone: Vectors
) -> Array:
    """``FreeArm.off_trunk``: how far vertices lie from the top of the shoulder, where other
    triangles of the template go on.

    :param used: ``[v]``. :param triangles: ``[t, 3]``, the arm's.
    :param bone: ``[2, 3]``, the upper arm's at rest.
    """
    rest, long = template.vertices[used], float(np.linalg.norm(bone[1] - bone[0]))
    own, whole = (
        np.bincount(of.ravel(), minlength=len(template.vertices))[used]
        for of in (triangles, template.triangles)
    )
    shared = rest[(own < whole) & (rest[:, 1] < bone[0, 1] + TOP * long)]
    apart = np.linalg.norm(rest[:, None] - shared, axis=2).min(1, initial=np.inf)
    return np.asarray(np.clip(apart / (OFF_TRUNK * long), 0.0, 1.0)[:, None], np.float32)


def bent_softly(
    weights: Array, bones: NDArray[np.integer], along: Array, side: int
) -> tuple[Array, NDArray[np.int32]]:
    """Weights and bones ``[v, 4]`` that go from the upper arm over to the forearm evenly: the
    template's do so within a hand's breadth, and a bent elbow has two corners.

    :param along: ``[v]``: where on the arm each vertex lies (``Unrolled``).
    :param side: 0 for the left one, 1 for the right one.
    """
    near = np.abs(along - 1.0) < BENDING
    weights, bones = weights.copy(), bones.astype(np.int32)
    fore = smoothstep(np.clip(0.5 + 0.5 * (along[near] - 1.0) / BENDING, 0.0, 1.0))
    weights[near], bones[near] = 0.0, BodyBone.UPPER_ARM_L + side
    weights[near, 0], weights[near, 1] = np.float32(1.0) - fore, fore
    bones[near, 1] = BodyBone.FOREARM_L + side
    return np.ascontiguousarray(weights), np.ascontiguousarray(bones)
