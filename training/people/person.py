"""One synthetic person: a body, a wardrobe's pieces on it, and the look of their surfaces."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy import sparse

from bunraku.training.people.anatomy import TORSO, Anatomy
from bunraku.training.people.body import BodyModel, Floats, Ints
from bunraku.training.people.garments import Garment, Piece, make_piece
from bunraku.training.people.look import make_look
from bunraku.training.people.mhclo import Proxy
from bunraku.training.people.poses import Skeleton
from bunraku.training.people.renderer import BOTTOM, LAYERS, TOP, Look, Mesh
from bunraku.training.people.skirts import make_skirt, random_cut
from bunraku.training.people.traits import Traits, lightness_of
from bunraku.training.people.wardrobe import Wardrobe


@dataclass(frozen=True)
class Person:
    """A dressed person in the rest pose. Vertices of all pieces stand one after another."""

    skeleton: Skeleton
    vertices: Floats  # [v,3]
    normals: Floats  # [v,3]
    weights: sparse.csr_matrix  # [v,104]
    mesh: Mesh
    look: Look
    body_vertices: Ints  # [b] which body vertices the first b vertices are
    moved: tuple[tuple[slice, Proxy], ...]  # pieces that follow the face's expression
    torso: tuple[float, float]  # half width and half depth, metres
    description: str
    traits: Traits

    def pose(
        self, pose: Floats, root: Floats, actions: dict[str, float] | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """Vertices [v,3], normals [v,3] and joints [104,3] in the world."""
        rest = self.vertices
        if actions:
            movement = self.skeleton.body.expression(actions)
            rest = rest.copy()
            rest[: len(self.body_vertices)] += movement[self.body_vertices]
            for place, proxy in self.moved:
                rest[place] += proxy.carry(movement)
        transforms, joints = self.skeleton.place(pose, root)
        each = (self.weights @ transforms.reshape(len(transforms), 12)).reshape(-1, 3, 4)
        each = each.astype(np.float32)
        vertices = np.einsum("nij,nj->ni", each[:, :, :3], rest) + each[:, :, 3]
        return vertices, np.einsum("nij,nj->ni", each[:, :, :3], self.normals), joints


def _skin_piece(anatomy: Anatomy) -> tuple[Piece, Ints]:
    """The body without its eyeballs, which have an asset of their own."""
    body = anatomy.body
    eyes = np.asarray(body.weights[:, [body.bone("eye.L"), body.bone("eye.R")]].sum(1)).ravel()
    keep = ~(eyes[body.faces] > 0.5).any(1)
    used, faces = np.unique(body.faces[keep], return_inverse=True)
    piece = make_piece(
        anatomy,
        body.neutral[0][used],
        body.weights[used],
        faces.reshape(-1, 3),
        body.texcoords,
        body.face_texcoords[keep],
    )
    return piece, used


class Tailor:
    """Makes people out of a wardrobe."""

    def __init__(self, wardrobe: Wardrobe) -> None:
        self.wardrobe = wardrobe
        self.anatomy = wardrobe.anatomy
        self._skin, self._skin_vertices = _skin_piece(self.anatomy)
        neutral, joints = self.anatomy.body.neutral
        hips = joints[self.anatomy.body.bone("upperleg01.L"), 2]
        self._below_waist = neutral[:, 2] < hips + 0.06

    def make(self, rng: np.random.Generator) -> Person:
        """A person drawn at random; the same generator state gives the same person."""
        wardrobe, body = self.wardrobe, self.anatomy.body
        sex = "male" if rng.random() < 0.5 else "female"
        skin = _pick(rng, wardrobe.skins[sex])
        phenotype = _phenotype(rng, sex, skin.parent.name)
        vertices, joints = body.rest(phenotype, _details(rng, body))
        worn = [
            (TOP, wardrobe.garment(_pick(rng, wardrobe.suits[sex]))),
            (LAYERS.index("shoes"), wardrobe.garment(_pick(rng, wardrobe.shoes))),
            (LAYERS.index("eyes"), wardrobe.garment(wardrobe.eyes[0])),
            (LAYERS.index("brows"), wardrobe.garment(_pick(rng, wardrobe.brows), True)),
        ]
        hat = wardrobe.hats and rng.random() < 0.06
        hair = _pick_hair(rng, wardrobe.hair, sex)
        if hair is not None:
            worn.append((LAYERS.index("hair"), wardrobe.garment(hair, True)))
        if hat:
            worn.append((LAYERS.index("hat"), wardrobe.garment(_pick(rng, wardrobe.hats), True)))
        suit = worn[0][1].piece
        skirted = rng.random() < (0.3 if sex == "female" else 0.04)
        if skirted and suit.upper.any() and not suit.upper.all():
            skirt = make_skirt(self.anatomy, random_cut(rng))
            worn.append((LAYERS.index("skirt"), skirt))
        looseness = rng.uniform(0.002, 0.022) if rng.random() < 0.45 else 0.0
        return self._dress(rng, vertices, joints, worn, skin, looseness, phenotype["weight"])

    def _dress(
        self, rng: np.random.Generator, body: Floats, joints: Floats,
        worn: list[tuple[int, Garment]], skin: Path, looseness: float, weight: float,
    ) -> Person:  # fmt: skip
        skirted = any(LAYERS[layer] == "skirt" for layer, _ in worn)
        hidden = np.zeros(len(body), bool)
        for layer, garment in worn:
            if layer == TOP:
                hidden[garment.proxy.hidden] = True
                if skirted:  # worn instead of the suit's trousers, over bare legs
                    hidden[self._below_waist] = False
        for layer, garment in worn:
            if LAYERS[layer] == "shoes":
                hidden[garment.proxy.hidden] = True
        skin_vertices = body[self._skin_vertices]
        bare = np.asarray(~hidden[self._skin_vertices][self._skin.vertex_triangles].all(1))
        parts = _Parts()
        parts.add(self._skin, skin_vertices, self._skin.normals(skin_vertices), 0, bare)
        moved = []
        hem = np.inf  # height that the trousers reach down to
        for layer, garment in worn:  # the suit comes first
            piece = garment.piece
            places = garment.proxy.fit(body)
            normals = piece.normals(places)
            if layer == TOP:
                places = places + looseness * normals
            layers = np.where(piece.upper, TOP, BOTTOM) if layer == TOP else layer
            start = parts.count
            shown = None
            if layer == TOP and skirted:
                shown = piece.upper
            elif layer == TOP:
                hem = float(places[:, 2].min())
            elif LAYERS[layer] == "shoes":  # shafts inside of the trousers would come through
                shown = places[piece.vertex_triangles, 2].mean(1) < hem + 0.02
            parts.add(piece, places, normals, layers, shown)
            if layer in (LAYERS.index("eyes"), LAYERS.index("brows")):
                moved.append((slice(start, parts.count), garment.proxy))
        neutral = self.anatomy.body.neutral[1]
        trunk = skin_vertices[self._trunk]
        half_width = float(np.percentile(np.abs(trunk[:, 0]), 90))
        half_depth = float(np.percentile(np.abs(trunk[:, 1] - joints[0][1]), 90))
        chest = float(neutral[self.anatomy.body.bone("neck01"), 2])
        look = make_look(rng, self.wardrobe, dict(worn), skin, chest)
        return Person(
            skeleton=Skeleton(self.anatomy.body, joints),
            vertices=np.concatenate(parts.vertices),
            normals=np.concatenate(parts.normals),
            weights=sparse.vstack(parts.weights, format="csr"),
            mesh=parts.mesh(),
            look=look,
            body_vertices=self._skin_vertices,
            moved=tuple(moved),
            torso=(half_width, half_depth),
            description=" ".join([skin.parent.name, *(garment.name for _, garment in worn)]),
            traits=Traits.of(
                lightness=lightness_of(look.textures[0], look.tint[0]),
                weight=weight,
                skin=skin.parent.name,
                skirted=skirted,
                loose=looseness > 0.0,
            ),
        )

    @cached_property
    def _trunk(self) -> np.ndarray:
        """Skin vertices of the belly and the chest, for the width of the torso."""
        shares = self.anatomy.group_weights(self._skin.weights.toarray())
        height = self._skin.neutral[:, 2]
        body = self.anatomy.body
        low, high = (body.neutral[1][body.bone(name), 2] for name in ("spine05", "spine01"))
        return np.asarray((shares[:, TORSO] > 0.9) & (height > low) & (height < high))


class _Parts:
    """Collects pieces into one mesh."""

    def __init__(self) -> None:
        self.vertices: list[Floats] = []
        self.normals: list[Floats] = []
        self.weights: list[sparse.csr_matrix] = []
        self.count = 0
        self._corners: list[tuple[Ints, Floats, Floats, Floats]] = []
        self._triangles: list[Ints] = []
        self._corner_count = 0

    def add(self, piece: Piece, vertices: Floats, normals: Floats, layer: int | np.ndarray,
            shown: np.ndarray | None = None) -> None:  # fmt: skip
        """Append a piece; ``layer`` for all of it or per triangle; ``shown`` bool per triangle."""
        layers = np.zeros(len(piece.corner_vertex))
        layers[piece.triangles] = np.reshape(layer, (-1, 1))
        tag = np.column_stack([layers, piece.corner_groups, piece.corner_border])
        rest = piece.neutral[piece.corner_vertex]
        self._corners.append((piece.corner_vertex + self.count, piece.corner_texcoord, rest, tag))
        triangles = piece.triangles if shown is None else piece.triangles[shown]
        self._triangles.append(triangles + self._corner_count)
        self._corner_count += len(tag)
        self.vertices.append(vertices.astype(np.float32))
        self.normals.append(normals)
        self.weights.append(piece.weights)
        self.count += len(vertices)

    def mesh(self) -> Mesh:
        """All pieces as one."""
        vertex, texcoord, rest, tag = (
            np.concatenate(part) for part in zip(*self._corners, strict=True)
        )
        return Mesh(vertex, texcoord, rest, tag, np.concatenate(self._triangles))


def _pick(rng: np.random.Generator, options: tuple[Path, ...]) -> Path:
    return options[int(rng.integers(len(options)))]


def _pick_hair(rng: np.random.Generator, hair: tuple[Path, ...], sex: str) -> Path | None:
    """Short hair on most men, long hair on most women, none on a few men."""
    if sex == "male" and rng.random() < 0.07:
        return None
    usual = rng.random() < (0.9 if sex == "male" else 0.85)
    short = [path for path in hair if path.stem.startswith(("short", "afro"))]
    long = [path for path in hair if path not in short]
    wanted = short if (sex == "male") == usual else long
    return _pick(rng, tuple(wanted) or hair)


def _phenotype(rng: np.random.Generator, sex: str, skin: str) -> dict[str, float]:
    age, race, _ = skin.split("_")
    youngest, oldest = {"young": (0.62, 0.73), "middleage": (0.73, 0.86)}.get(age, (0.86, 0.97))
    races = {name: float(rng.uniform(0, 0.25)) for name in ("african", "asian", "caucasian")}
    races[race] = 1.0
    return {
        "gender": float(rng.uniform(0, 0.15) if sex == "male" else rng.uniform(0.85, 1)),
        "age": float(rng.uniform(youngest, oldest)),
        "muscle": float(rng.uniform(0.3, 0.85)),
        "weight": float(np.clip(rng.normal(0.48, 0.17), 0.2, 0.95)),
        "height": float(rng.uniform(0.3, 0.75)),
        "proportions": float(rng.uniform(0.35, 0.95)),
        "cupsize": float(rng.uniform(0.2, 0.8)),
        "firmness": float(rng.uniform(0.4, 0.8)),
        **races,
    }


def _details(rng: np.random.Generator, body: BodyModel) -> dict[str, float]:
    chosen = rng.choice(len(body.detail_names), 40, replace=False)
    return {body.detail_names[i]: float(np.clip(rng.normal() * 0.28, -0.7, 0.7)) for i in chosen}
