"""Where on the body a point lies: 14 groups, 24 DensePose parts, analytic U and V, 33 landmarks.

A point's group comes from its skin weights. Its part, U and V follow from its position on the
neutral body alone, so that clothes and hair, fitted to that body, share the skin's coordinates.
Each group has an axis: V runs along it from 0 to 1, U is the angle around it (DensePose's parts 3
to 6 take the whole turn, all others half a turn, front or back; the head splits right and left).
The renderer evaluates the same formulas for every pixel.

Parts are numbered as DensePose numbers them: 1 back, 2 front of the torso; 3/4 right/left hand;
5/6 left/right foot; 7-10 upper legs; 11-14 lower legs; 15-18 upper arms; 19-22 lower arms;
23/24 right/left half of the head. Left is the person's own left. V of the limbs runs away from the
torso, which for the legs is opposite to DensePose; charts of hands, feet and arms differ too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bunraku.training.people.body import BodyModel, Floats, Ints

GROUPS = (
    "torso", "head", "hand.R", "hand.L", "foot.R", "foot.L", "upper leg.R", "upper leg.L",
    "lower leg.R", "lower leg.L", "upper arm.R", "upper arm.L", "lower arm.R", "lower arm.L",
)  # fmt: skip
TORSO, HEAD = 0, 1
PARTS = (
    (1, 2), (23, 24), (3, 3), (4, 4), (6, 6), (5, 5), (7, 9), (8, 10),
    (11, 13), (12, 14), (18, 16), (17, 15), (22, 20), (21, 19),
)  # fmt: skip
"""(back, front) part of each group; right and left for the head."""

_BONES = {
    "hand": ("wrist", "finger", "metacarpal"),
    "foot": ("foot", "toe"),
    "upper leg": ("upperleg",),
    "lower leg": ("lowerleg",),
    "upper arm": ("upperarm",),
    "lower arm": ("lowerarm",),
    "head": ("neck", "head", "eye"),
}

LANDMARK_BONES = {
    11: "upperarm01.L", 12: "upperarm01.R", 13: "lowerarm01.L", 14: "lowerarm01.R",
    15: "wrist.L", 16: "wrist.R", 17: "finger5-1.L", 18: "finger5-1.R", 19: "finger2-1.L",
    20: "finger2-1.R", 21: "finger1-2.L", 22: "finger1-2.R", 23: "upperleg01.L",
    24: "upperleg01.R", 25: "lowerleg01.L", 26: "lowerleg01.R", 27: "foot.L", 28: "foot.R",
    31: "toe1-2.L", 32: "toe1-2.R",
}  # fmt: skip
"""Landmarks (BlazePose's order) that are joints: the head of a bone."""

LANDMARK_PARTS: dict[int, tuple[int, ...]] = {
    **dict.fromkeys(range(11), (23, 24)),
    11: (1, 2, 15, 17), 12: (1, 2, 16, 18), 13: (15, 17, 19, 21), 14: (16, 18, 20, 22),
    15: (4, 19, 21), 16: (3, 20, 22), 17: (4,), 18: (3,), 19: (4,), 20: (3,), 21: (4,), 22: (3,),
    23: (1, 2, 8, 10), 24: (1, 2, 7, 9), 25: (8, 10, 12, 14), 26: (7, 9, 11, 13),
    27: (5, 12, 14), 28: (6, 11, 13), 29: (5,), 30: (6,), 31: (5,), 32: (6,),
}  # fmt: skip
"""Parts near which a landmark has to be seen for it to count as visible."""


def group_of_bone(name: str) -> int:
    """Index into GROUPS of a bone of the MakeHuman skeleton."""
    for kind, prefixes in _BONES.items():
        if name.startswith(prefixes):
            return GROUPS.index(kind if kind == "head" else kind + name[-2:])
    return TORSO


@dataclass(frozen=True)
class Anatomy:
    """Part maps and landmarks of one body model, in its neutral pose."""

    body: BodyModel

    @cached_property
    def bone_groups(self) -> Ints:
        """[104] group of every bone."""
        return np.array([group_of_bone(name) for name in self.body.bones])

    def group_weights(self, weights: Floats) -> Floats:
        """Skin weights [n,104] summed into groups [n,14]."""
        out = np.zeros((len(GROUPS), weights.shape[0]), np.float32)
        np.add.at(out, self.bone_groups, weights.T)
        return np.ascontiguousarray(out.T)

    @cached_property
    def frames(self) -> Floats:
        """[14,4,3]: origin, axis divided by its length, front and side of every group."""
        return np.array([self._frame(name) for name in GROUPS], np.float32)

    def _frame(self, group: str) -> tuple[Floats, Floats, Floats, Floats]:
        kind, side = group.split(".") if "." in group else (group, "L")

        def joint(bone: str) -> Floats:
            own = bone if bone in self.body.bones else f"{bone}.{side}"
            return np.asarray(self.body.neutral[1][self.body.bone(own)], np.float64)

        start: Floats
        end: Floats
        front: Floats = np.array([0.0, -1.0, 0.0])
        match kind:
            case "torso":
                start = joint("upperleg01") * [0, 1, 1] - [0, -0.02, 0.08]
                end = joint("neck01") + [0, 0, 0.02]
            case "head":
                start, end = joint("neck01") - [0, 0, 0.03], joint("head") + [0, 0, 0.22]
                front = np.array([1.0, 0.0, 0.0])  # splits right from left instead
            case "upper leg":
                start, end = joint("upperleg01") + [0, 0, 0.1], joint("lowerleg01")
            case "lower leg":
                start, end = joint("lowerleg01"), joint("foot")
            case "upper arm":
                start, end = joint("upperarm01"), joint("lowerarm01")
            case "lower arm":
                start, end = joint("lowerarm01"), joint("wrist")
            case "foot":
                start = joint("foot") + [0, 0.06, -0.02]
                end = joint("toe3-3") + [0, -0.03, 0]
                front = np.array([0.0, 0.0, 1.0])
            case _:  # hand
                start = joint("wrist")
                end = start + 1.2 * (joint("finger3-3") - start)
                across = joint("finger2-1") - joint("finger5-1")
                front = np.cross(end - start, across) * (1 if side == "L" else -1)
        axis = end - start
        length = float(np.linalg.norm(axis))
        axis /= length
        front = front - axis * (front @ axis)
        front /= np.linalg.norm(front)
        return start, axis / length, front, np.cross(axis, front)

    def uv(self, groups: Ints, points: Floats) -> tuple[Ints, Floats, Floats]:
        """Part, U and V of points [n,3] on the neutral body whose groups [n] are known."""
        start, axis, front, side = np.moveaxis(self.frames[groups], 1, 0)
        offset = points - start
        v = np.einsum("nc,nc->n", offset, axis)
        angle = np.arctan2(
            np.einsum("nc,nc->n", offset, side), np.einsum("nc,nc->n", offset, front)
        )
        back_part, front_part = np.array(PARTS)[groups].T
        turn = angle / (2 * np.pi) + 0.5
        is_front = np.abs(angle) < np.pi / 2
        half = np.where(is_front, angle / np.pi + 0.5, (angle % (2 * np.pi)) / np.pi - 0.5)
        u = np.where(back_part == front_part, turn, half)
        return np.where(is_front, front_part, back_part), u.clip(0, 1), v.clip(0, 1)

    @cached_property
    def landmark_vertices(self) -> dict[int, int]:
        """Vertices of the landmarks that lie on the skin: those of the face, and the heels."""
        vertices, joints = self.body.neutral
        weights = self.group_weights(self.body.weights.toarray())
        used = np.unique(self.body.faces)
        skin = used[weights[used, HEAD] > 0.5]
        # Eyeballs, teeth and tongue lie inside the head.
        eyes = [self.body.bone("eye.L"), self.body.bone("eye.R")]
        skin = skin[np.asarray(self.body.weights[skin][:, eyes].sum(1)).ravel() < 0.5]
        points = vertices[skin]

        def nearest(point: Floats) -> int:
            return int(skin[np.argmin(((points - point) ** 2).sum(1))])

        def on_face(x: float, z: float) -> int:
            cost = (np.abs(points[:, 0] - x) + np.abs(points[:, 2] - z)) * 20 + points[:, 1]
            return int(skin[np.argmin(cost)])

        nose = int(skin[np.argmin(points[:, 1] + 9 * (np.abs(points[:, 0]) > 0.015))])
        nose_z = float(vertices[nose, 2])
        found = {0: nose, 9: on_face(0.024, nose_z - 0.032), 10: on_face(-0.024, nose_z - 0.032)}
        for sign, first, ear, eye in ((1, 1, 7, "eye.L"), (-1, 4, 8, "eye.R")):
            centre = joints[self.body.bone(eye)]
            offsets = ((-0.014, -0.02), (0.0, -0.02), (0.016, -0.015))  # inner, middle, outer
            for i, (x, y) in enumerate(offsets):
                found[first + i] = nearest(centre + np.array([x * sign, y, 0], np.float32))
            level = np.abs(points[:, 2] - nose_z - 0.01) > 0.03
            found[ear] = int(skin[np.argmax(points[:, 0] * sign - 9 * level)])
        body = vertices[used]
        for index, bone in ((29, "foot.L"), (30, "foot.R")):
            ankle = joints[self.body.bone(bone)]
            height = body[:, 2] - body[:, 2].min()
            cost = np.abs(body[:, 0] - ankle[0]) * 3 + height * 2 - body[:, 1]
            found[index] = int(used[np.argmin(cost + 9 * (body[:, 2] > ankle[2]))])
        return found
