"""Fewer vertices for a mesh: edges are drawn together where the surface changes least.

After Garland and Heckbert, "Surface simplification using quadric error metrics" (1997), with one
difference: a vertex moves onto its neighbour instead of both to a new place, so that those which
are left are the old ones and keep all that is known of them.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

import numpy as np

from bunraku.training.people.body import Floats, Ints

_UNEVEN = 0.01
"""How much the length of a step counts beside the error of the surface: a step of 10 mm on a plane
costs as much as an error of 1 mm."""
_TURN = 0.2
"""Cosine of how far a triangle may turn when one of its corners moves."""
_SLIM = 0.08
"""Twice a triangle's area by the square of its longest edge: those below are not made."""

_Face = tuple[int, int, int]


class Decimation:
    """A triangle mesh that loses vertex after vertex, and stays whole while it does.

    :param vertices: ``[n,3]``. :param faces: ``[m,3]``; a surface with or without a rim. A vertex
        of the rim moves only along it.
    :param detail: ``[n]``, what an error at a vertex counts.
    :param kind: ``[n]``; a vertex moves only onto one of its own kind.
    :param longest: ``[n]``, how long the edges of a vertex may become.
    """

    def __init__(
        self, vertices: Floats, faces: Ints, detail: Floats, kind: Ints, longest: Floats
    ) -> None:
        self._points = vertices.astype(np.float64)
        self._faces: dict[int, _Face] = dict(enumerate(map(tuple, faces.tolist())))
        self._around: list[set[int]] = [set() for _ in vertices]
        self._detail, self._kind, self._longest = detail.tolist(), kind.tolist(), longest.tolist()
        self._errors = np.zeros((len(vertices), 4, 4))
        self._areas = np.zeros(len(vertices))
        corners = self._points[faces]
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        doubled = np.linalg.norm(normals, axis=1)
        planes = np.concatenate([normals, -(normals * corners[:, 0]).sum(1, keepdims=True)], 1)
        planes /= np.maximum(doubled, 1e-12)[:, None]
        errors = doubled[:, None, None] / 6 * planes[:, :, None] * planes[:, None, :]
        for number, face in self._faces.items():
            for vertex in face:
                self._around[vertex].add(number)
                self._errors[vertex] += errors[number]
                self._areas[vertex] += doubled[number] / 6
        self.count = sum(bool(around) for around in self._around)
        """Vertices that are left."""

    def reduce(self, count: int) -> Ints:
        """Take vertices away until ``count`` are left, or none can go any more.

        :return: the faces that are left, ``[k,3]`` of the vertices as they were numbered.
        """
        age = [0] * len(self._around)
        queue = [
            (self._cost(one, other), one, other, 0, 0)
            for one, around in enumerate(self._around)
            if around
            for other in sorted(self._neighbours(one))
        ]
        heapify(queue)
        while self.count > count and queue:
            _, gone, onto, *ages = heappop(queue)
            if ages != [age[gone], age[onto]] or not self._may(gone, onto):
                continue
            self._move(gone, onto)
            age[gone] += 1
            age[onto] += 1
            for other in sorted(self._neighbours(onto)):
                for edge in ((onto, other), (other, onto)):
                    heappush(queue, (self._cost(*edge), *edge, age[edge[0]], age[edge[1]]))
        return np.array([self._faces[number] for number in sorted(self._faces)], np.int64)

    def _neighbours(self, vertex: int) -> set[int]:
        found = {other for face in self._around[vertex] for other in self._faces[face]}
        found.discard(vertex)
        return found

    def _cost(self, gone: int, onto: int) -> float:
        """What it costs that ``gone`` moves onto ``onto``."""
        x, y, z = self._points[onto].tolist()
        point = np.array([x, y, z, 1.0])
        error = float(point @ (self._errors[gone] + self._errors[onto]) @ point)
        step = self._points[gone] - self._points[onto]
        return float(self._detail[gone] * (error + _UNEVEN * (step @ step) * self._areas[gone]))

    def _on_rim(self, vertex: int) -> bool:
        return len(self._neighbours(vertex)) > len(self._around[vertex])

    def _may(self, gone: int, onto: int) -> bool:
        """Whether the surface stays whole, unfolded and even."""
        if self._kind[gone] != self._kind[onto]:
            return False
        shared = self._around[gone] & self._around[onto]
        if len(self._neighbours(gone) & self._neighbours(onto)) != len(shared):
            return False  # two sheets would touch
        if self._on_rim(gone) and len(shared) != 1:
            return False
        if self._around[gone] == shared:
            return False  # a corner of the rim would be cut off
        place = self._points[onto]
        for number in self._around[gone] - shared:
            a, b = (v for v in self._turned(number, gone) if v != gone)
            before = _normal(self._points[gone], self._points[a], self._points[b])
            after = _normal(place, self._points[a], self._points[b])
            sides = (
                self._points[a] - place,
                self._points[b] - place,
                self._points[a] - self._points[b],
            )
            square = max(float(side @ side) for side in sides)
            size = float(np.sqrt(after @ after))
            limit = max(self._longest[v] for v in (onto, a, b))
            if square > limit * limit or size < _SLIM * square:
                return False
            if float(before @ after) < _TURN * size * float(np.sqrt(before @ before)):
                return False
        return True

    def _turned(self, number: int, first: int) -> _Face:
        """A face's corners in their order, from ``first`` on."""
        a, b, c = self._faces[number]
        return (a, b, c) if a == first else (b, c, a) if b == first else (c, a, b)

    def _move(self, gone: int, onto: int) -> None:
        for number in self._around[gone] & self._around[onto]:
            for vertex in self._faces.pop(number):
                self._around[vertex].discard(number)
        for number in self._around[gone]:
            a, b, c = (onto if v == gone else v for v in self._faces[number])
            self._faces[number] = (a, b, c)
            self._around[onto].add(number)
        self._around[gone] = set()
        self._errors[onto] += self._errors[gone]
        self._areas[onto] += self._areas[gone]
        self.count -= 1


def _normal(a: Floats, b: Floats, c: Floats) -> Floats:
    (ux, uy, uz), (vx, vy, vz) = (b - a).tolist(), (c - a).tolist()
    return np.array([uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx])
