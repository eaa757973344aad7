"""A body of three squares, in a window of 32 pixels: quick to draw in every form.

The photo shows two, the trunk and an upper arm that fades and has a rim; behind both is a third,
and an arm that hangs free beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np

from bunraku.kernels import BodyMesh, PhotoMesh
from bunraku.runtime.drivers.body.cloths import Cloth
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fading import Fading
from bunraku.runtime.drivers.body.grid import Grid
from bunraku.runtime.drivers.body.groups import GROUPS, Group
from bunraku.runtime.drivers.body.layer import Layer
from bunraku.runtime.drivers.body.light import studio
from bunraku.runtime.drivers.body.rims import Rim
from bunraku.runtime.drivers.body.spots import Hanging
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BodyBone

N = 32
SURE = np.ones(33, np.float32)
BONES = 4
NEVER = (0.0, 0.0)
_SQUARE = np.array([[0, 1, 2], [0, 2, 3]], np.int32)


@dataclass(frozen=True)
class Arm:
    """An arm that hangs free, let out as its bone goes right, by whatever limits."""

    used: Any
    tucked: Array
    triangles: Any
    within: Any

    def out(self, transforms: Array) -> float:
        return self.beyond(transforms, NEVER, NEVER)

    @property
    def when(self) -> Arm:
        return self

    def beyond(
        self, transforms: Array, _deg: tuple[float, float], _drawn: tuple[float, float]
    ) -> float:
        return float(min(max(transforms[3, 0, 3] / 4.0, 0.0), 1.0))

    def moved(self, transforms: Array) -> tuple[Array, Array] | None:
        if self.beyond(transforms, NEVER, NEVER) == 0.0:
            return None
        return self.tucked + transforms[3, :, 3], np.full(len(self.used), 0.75, np.float32)


def small_body(*, desk: bool = False, seed: int = 3) -> Body:
    """Random colours; with a desk before all but arms."""
    rng = np.random.default_rng(seed)
    front = _squares((5.5, 4.5, 14.5, 27.5, 3), (12.5, 4.5, 26.5, 24.5, 2))
    back = _squares((2.5, 3.5, 29.5, 28.5, 9), (20.5, 6.5, 27.5, 20.5, 1))
    triangles = np.concatenate([_SQUARE, _SQUARE + 4]).astype(np.int32)
    group = np.repeat(np.array([Group.TRUNK, Group.UPPER_ARM_L], np.int32), 2)
    a, b, c = front[triangles, :2].transpose(1, 0, 2).astype(np.float64)
    limits = np.full((4, 3), np.inf, np.float32)
    limits[3, 1] = 30.0**2
    grid = Grid(
        front,
        *_hung(0, 1),
        np.repeat(np.arange(2, dtype=np.int32), 4),
        triangles,
        group,
        np.repeat(np.array([0.0, 0.5], np.float32), 4),
        limits,
        np.linalg.inv(np.stack([b - a, c - a], -1)).astype(np.float32),
        np.tile(np.array([2.5, 4.0], np.float32), (4, 1)),
    )
    ones, planes = np.ones((N, N), np.float32), rng.random((3, N, N, 3), np.float32)
    picture = np.concatenate([rng.random((N, N, 3), np.float32), ones[..., None]], -1)
    place = np.ascontiguousarray(front[:, :2])
    members, cut = rng.random((GROUPS, N, N), np.float32), np.array([False, True, False, False])
    photo = PhotoMesh(triangles, place, cut, picture, ones, ones, members, np.ones(8, np.float32))
    cloth = np.array([[0, 1], [0, 1], [2, 0], [2, 0]], np.int32)
    behind = np.ascontiguousarray(back[:, :2])
    mix = rng.random(8, np.float32)
    within = np.array([False, True])  # one triangle is hidden until the arm is let out
    arm: Any = Arm(np.arange(4), back[4:], triangles[2:] - 4, within)
    layer = Layer(
        back,
        behind,
        *_hung(2, 3),
        triangles,
        np.repeat(np.array([[Cloth.TRUNK] * 2, [Cloth.UPPER_ARM_L] * 2], np.int32), 2, 0),
        mix,
        np.zeros(8, np.float32),
        np.ones(4, np.bool_),
        np.repeat(np.array([Cloth.TRUNK, Cloth.FOREARM_L], np.int32), 2),
        (arm,),
        (arm,),
        np.zeros(2, np.bool_),
    )
    fading = Fading(
        arm,
        NEVER,
        NEVER,
        np.repeat(np.array([0.0, 1.0], np.float32), 4),
        np.array([False, False, True, True]),
    )
    known: Any = SimpleNamespace(known=np.zeros(len(Cloth), np.bool_))
    fit: Any = SimpleNamespace(trunk_px=40.0)
    before = np.zeros((N, N), np.float32)
    before[20:] = 0.75
    return Body(
        fit,
        grid,
        layer,
        known,
        photo,
        BodyMesh(triangles, behind, cloth, mix, planes),
        np.arange(4),
        np.array([0, 2, *[4] * (GROUPS - 1)]),
        (fading,),
        (False, False),
        (False, False),
        (False, False),
        Hanging(np.tile(np.arange(4, dtype=np.int32), (8, 1)), rng.random((8, 4), np.float32)),
        Hanging(np.tile(np.arange(4, dtype=np.int32), (8, 1)), rng.random((8, 4), np.float32)),
        studio(),
        (_rim(rng.random((20, 4), np.float32)),),
        before if desk else None,
    )


def _rim(lost: Array) -> Rim:
    end = np.array([20.0, 24.0, 2.0], np.float32)
    return Rim(BodyBone.UPPER_ARM_L, end, 20.0, 5, 12, lost)


def moves(step: float, arm: float = 0.0) -> Array:
    """``[4, 3, 4]``: the photo's two squares go their ways, and the free arm goes right."""
    result = np.tile(np.eye(3, 4, dtype=np.float32), (BONES, 1, 1))
    result[0, :2, 3] = step, -0.25 * step
    result[1, :2, 3] = -0.5 * step, -step
    result[3, 0, 3] = arm
    return result


def slips(far: float) -> Array:
    """``[4, 3, 4]``: the spots slip, each another way."""
    result = np.zeros((4, 3, 4), np.float32)
    result[:, :2, 3] = far * np.array([[1.0, 0.5], [-0.5, 1.0], [0.0, -1.0], [0.75, 0.0]])
    return result


def _squares(*corners: tuple[float, float, float, float, float]) -> Array:
    return np.array(
        [
            point
            for x0, y0, x1, y1, z in corners
            for point in ((x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z))
        ],
        np.float32,
    )


def _hung(*bones: int) -> tuple[Array, Any]:
    """Weights and bones of squares that hang on a bone each."""
    weights = np.tile(np.array([1, 0, 0, 0], np.float32), (4 * len(bones), 1))
    return weights, np.repeat(np.array(bones, np.int32), 4)[:, None].repeat(4, 1)
