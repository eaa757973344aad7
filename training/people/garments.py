"""Meshes made ready for the renderer: the skin, and garments fitted to the body model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from bunraku.training.people.anatomy import HEAD, Anatomy
from bunraku.training.people.body import BodyModel, Floats, Ints
from bunraku.training.people.mhclo import Proxy, read_mesh, read_proxy


@dataclass(frozen=True)
class Piece:
    """A mesh ready for the renderer, made once for the skin and once for every asset.

    Corners are the distinct (vertex, texture coordinate, groups) triples of the triangles. Every
    triangle has two candidate groups; ``border`` is positive where the first one holds.
    """

    corner_vertex: Ints  # [c]
    corner_texcoord: Floats  # [c,2]
    corner_groups: Floats  # [c,2]
    corner_border: Floats  # [c]
    triangles: Ints  # [t,3] over corners
    neutral: Floats  # [v,3] vertices on the neutral body
    weights: sparse.csr_matrix  # [v,104]
    upper: np.ndarray  # bool [t]: the triangle belongs to a garment of the upper body

    @cached_property
    def vertex_triangles(self) -> Ints:
        """[t,3] triangles over vertices."""
        return np.asarray(self.corner_vertex[self.triangles])

    @cached_property
    def incidence(self) -> sparse.csr_matrix:
        """[v,t] matrix that sums the triangles' normals at their vertices."""
        count = len(self.triangles)
        return sparse.csr_matrix(
            (
                np.ones(3 * count, np.float32),
                (self.vertex_triangles.ravel(), np.repeat(np.arange(count), 3)),
            ),
            shape=(len(self.neutral), count),
        )

    def normals(self, vertices: Floats) -> Floats:
        """Unit normals [v,3] of the rest pose."""
        a, b, c = np.moveaxis(vertices[self.vertex_triangles], 1, 0)
        summed = self.incidence @ np.cross(b - a, c - a)
        return np.asarray(
            summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12), np.float32
        )


def make_piece(
    anatomy: Anatomy,
    neutral: Floats,
    weights: sparse.csr_matrix,
    faces: Ints,
    texcoords: Floats,
    face_texcoords: Ints,
    group: int | None = None,
    shares: Floats | None = None,
) -> Piece:
    """Prepare a mesh.

    Groups follow from the skin weights unless ``group`` sets them (hair is head, wherever it
    hangs) or ``shares`` [v,14] gives them for every vertex.
    """
    count = len(faces)
    if group is None:
        if shares is None:
            shares = anatomy.group_weights(weights.toarray())
        total = shares[faces].sum(1)  # [t,14]
        ranked = np.argsort(total, axis=1, kind="stable")
        first, second = ranked[:, -1], ranked[:, -2]
        border = shares[faces, first[:, None]] - shares[faces, second[:, None]]
        inside = (border > 0).all(1)
        second = np.where(inside, first, second)
        border[inside] = 1.0
    else:
        first = second = np.full(count, group)
        border = np.ones((count, 3), np.float32)
    corners = np.empty((count, 3, 6), np.float32)
    corners[..., 0] = faces
    corners[..., 1:3] = texcoords[face_texcoords]
    corners[..., 3], corners[..., 4], corners[..., 5] = first[:, None], second[:, None], border
    distinct, index = np.unique(corners.reshape(-1, 6), axis=0, return_inverse=True)
    return Piece(
        corner_vertex=distinct[:, 0].astype(np.int64),
        corner_texcoord=distinct[:, 1:3],
        corner_groups=distinct[:, 3:5],
        corner_border=distinct[:, 5],
        triangles=index.reshape(-1, 3),
        neutral=neutral.astype(np.float32),
        weights=weights,
        upper=_upper_garments(anatomy, faces, neutral),
    )


def _upper_garments(anatomy: Anatomy, faces: Ints, neutral: Floats) -> np.ndarray:
    """Suits are one mesh: its connected pieces that end above the thighs dress the upper body."""
    edges = faces[:, [0, 1, 1, 2]].reshape(-1, 2)
    size = len(neutral)
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), shape=(size, size))
    label = connected_components(graph, directed=False)[1]
    lowest = np.full(size, np.inf)
    np.minimum.at(lowest, label, neutral[:, 2])
    hip = anatomy.body.neutral[1][anatomy.body.bone("upperleg01.L"), 2]
    return np.asarray(lowest[label[faces[:, 0]]] > hip - 0.2)


@dataclass(frozen=True)
class Garment:
    """An asset prepared for one body model."""

    name: str
    proxy: Proxy
    piece: Piece
    texture: Path | None


def load_garment(anatomy: Anatomy, path: Path, texture: Path | None, hair: bool = False) -> Garment:
    """Read and prepare the asset of an .mhclo file."""
    body: BodyModel = anatomy.body
    proxy = read_proxy(path)
    texcoords, faces, face_texcoords = read_mesh(path.parent / proxy.mesh)
    count = len(proxy.vertices)
    hang = sparse.csr_matrix(
        (proxy.weights.ravel(), (np.repeat(np.arange(count), 3), proxy.vertices.ravel())),
        shape=(count, body.weights.shape[0]),
    )
    weights = np.asarray((hang @ body.weights).todense(), np.float32).clip(0)
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-8)
    piece = make_piece(
        anatomy,
        proxy.fit(body.neutral[0]),
        sparse.csr_matrix(weights),
        faces,
        texcoords,
        face_texcoords,
        HEAD if hair else None,
    )
    return Garment(path.stem, proxy, piece, texture)
