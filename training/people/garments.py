"""MakeHuman's wardrobe: reading clothes, hair, eyes and eyebrows, and fitting them to a body.

An asset is an .mhclo file (how its vertices hang on the body's), an .obj mesh and a texture, in
the folder layout of MakeHuman: ``clothes/NAME/NAME.mhclo``, ``hair/…``, ``eyebrows/…``, ``eyes/…``,
``skins/NAME/*.png``. Fitting follows MakeHuman's proxy format.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from bunraku.errors import InputError
from bunraku.training.people.anatomy import HEAD, Anatomy
from bunraku.training.people.body import BodyModel, Floats, Ints

TEXTURE_SIZE = 512


@dataclass(frozen=True)
class Proxy:
    """An .mhclo file: every vertex is a mix of three body vertices plus an offset."""

    mesh: str
    scales: dict[str, tuple[int, int, float]]
    vertices: Ints  # [n,3]
    weights: Floats  # [n,3]
    offsets: Floats  # [n,3] in MakeHuman's axes: x, y up, z to the front
    hidden: Ints  # body vertices under the garment

    def fit(self, body: Floats) -> Floats:
        """Vertices [n,3] on a body [19158,3] in its rest pose."""
        scale = np.full(3, 0.1)
        for i, (key, axis) in enumerate((("x", 0), ("y", 2), ("z", 1))):
            if key in self.scales:
                a, b, size = self.scales[key]
                scale[i] = abs(body[a, axis] - body[b, axis]) / size
        x, y, z = (self.offsets * scale).T
        base = np.einsum("nkc,nk->nc", body[self.vertices], self.weights)
        return np.asarray(base + np.stack([x, -z, y], 1), np.float32)

    def carry(self, movement: Floats) -> Floats:
        """Movement [n,3] that follows from a movement [19158,3] of the body."""
        moved = np.einsum("nkc,nk->nc", movement[self.vertices], self.weights)
        return np.asarray(moved, np.float32)


def read_proxy(path: Path) -> Proxy:
    """Read an .mhclo file. Raises InputError when it names no mesh or no vertices."""
    mesh = ""
    scales: dict[str, tuple[int, int, float]] = {}
    rows: list[tuple[list[int], list[float], list[float]]] = []
    hidden: list[int] = []
    section = ""
    for line in path.read_text(errors="ignore").splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        key = words[0]
        if key == "obj_file":
            mesh = " ".join(words[1:])
        elif key in ("x_scale", "y_scale", "z_scale"):
            scales[key[0]] = (int(words[1]), int(words[2]), float(words[3]))
        elif key in ("verts", "delete_verts"):
            section = key
        elif not key.lstrip("-").isdigit():
            pass  # material, z_depth and the like, which may stand between the list and its header
        elif section == "verts":
            if len(words) == 1:
                rows.append(([int(key)] * 3, [1.0, 0.0, 0.0], [0.0] * 3))
            else:
                offset = [float(word) for word in words[6:9]] or [0.0] * 3
                rows.append(([int(w) for w in words[:3]], [float(w) for w in words[3:6]], offset))
        elif section == "delete_verts":
            hidden += _ranges(words)
    if not mesh or not rows:
        raise InputError(f"{path} is no MakeHuman garment: it names no mesh or no vertices.")
    vertices, weights, offsets = zip(*rows, strict=True)
    return Proxy(
        mesh=mesh,
        scales=scales,
        vertices=np.array(vertices, np.int64),
        weights=np.array(weights, np.float32),
        offsets=np.array(offsets, np.float32),
        hidden=np.array(hidden, np.int64),
    )


def _ranges(words: list[str]) -> list[int]:
    """``["3", "5", "-", "8"]`` means 3, 5, 6, 7, 8."""
    out: list[int] = []
    numbers = iter(range(len(words)))
    for i in numbers:
        if words[i] == "-" and out and i + 1 < len(words):
            out += range(out[-1] + 1, int(words[i + 1]) + 1)
            next(numbers)
        elif words[i].isdigit():
            out.append(int(words[i]))
    return out


def read_mesh(path: Path) -> tuple[Floats, Ints, Ints]:
    """Texture coordinates [m,2], triangles [n,3] and their texture coordinates [n,3] of an .obj."""
    texcoords: list[tuple[float, float]] = []
    faces: list[list[int]] = []
    face_texcoords: list[list[int]] = []
    for line in path.read_text(errors="ignore").splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "vt":
            texcoords.append((float(words[1]), float(words[2])))
        elif words[0] == "f":
            corners = [
                [int(i or 1) - 1 for i in (word + "/1").split("/")[:2]] for word in words[1:]
            ]
            for a, b in pairwise(corners[1:]):
                faces.append([corners[0][0], a[0], b[0]])
                face_texcoords.append([corners[0][1], a[1], b[1]])
    return np.array(texcoords, np.float32), np.array(faces), np.array(face_texcoords)


def read_texture(path: Path, opaque: bool, size: int = TEXTURE_SIZE) -> np.ndarray:
    """A texture uint8 [size,size,4] RGBA, bottom row first as OpenGL wants it.

    Clothes come with darkening maps for their folds (``*_ao.png``), which are multiplied in.
    """
    with Image.open(path) as opened:
        pixels = np.array(opened.convert("RGBA").resize((size, size), Image.Resampling.LANCZOS))
    shadow = path.with_name(path.name.replace("_diffuse", "_ao"))
    if opaque:
        pixels[..., 3] = 255
    if shadow != path and shadow.is_file():
        with Image.open(shadow) as opened:
            layers = opened.convert("LA").resize((size, size), Image.Resampling.LANCZOS)
        folds, cover = np.moveaxis(np.asarray(layers) / 255.0, -1, 0)
        amount = (1 - cover * (1 - folds))[..., None]
        pixels[..., :3] = (pixels[..., :3] * amount).astype(np.uint8)
    return np.ascontiguousarray(pixels[::-1])


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
