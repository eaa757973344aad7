"""Skirts and dresses, which the shipped wardrobe lacks: rings around the body, made by rule.

A skirt hangs on the body like any other garment (three body vertices and an offset for each of its
own), so that it fits every body. It moves with hips and thighs; its parts, U and V come from the
legs beneath it, as DensePose sees them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from bunraku.training.people.anatomy import GROUPS, TORSO, Anatomy
from bunraku.training.people.body import Floats
from bunraku.training.people.fabric import smooth_noise
from bunraku.training.people.garments import Garment, make_piece
from bunraku.training.people.mhclo import TEXTURE_SIZE, Proxy

_AROUND, _DOWN = 72, 22
_WAIST_OVER_HIPS = 0.15  # metres


@dataclass(frozen=True)
class Cut:
    """The shape of a skirt."""

    length: float
    """From 0, a short skirt, to 1, down to the ankles."""
    flare: float
    """Metres that the hem gains in radius for each metre of length."""
    gap: float
    """Metres between the body and the cloth."""
    pleats: int
    depth: float
    """How far the pleats move in and out at the hem, metres."""


def random_cut(rng: np.random.Generator) -> Cut:
    """From narrow and short to wide and long."""
    return Cut(
        length=float(rng.uniform(0.1, 1.0)),
        flare=float(rng.uniform(0.0, 0.45) if rng.random() < 0.8 else rng.uniform(0.45, 0.9)),
        gap=float(rng.uniform(0.018, 0.035)),
        pleats=int(rng.integers(5, 17)),
        depth=float(rng.uniform(0.0, 0.03)),
    )


def make_skirt(anatomy: Anatomy, cut: Cut) -> Garment:
    """A skirt for the body model; its texture is made by ``fold_texture``."""
    places = _places(anatomy, cut)
    body = anatomy.body
    used = np.unique(body.faces)
    shares = anatomy.group_weights(body.weights[used].toarray())
    carries = [TORSO, *(i for i, name in enumerate(GROUPS) if "leg" in name)]
    outer = used[shares[:, carries].sum(1) > 0.9]
    hung = outer[cKDTree(body.neutral[0][outer]).query(places, 3)[1]]  # [n,3]
    offset = places - body.neutral[0][hung].mean(1)
    x, y, z = offset.T / 0.1  # a proxy without scales counts its offsets in tenths of a metre
    proxy = Proxy(
        mesh="",
        scales={},
        vertices=hung,
        weights=np.full(hung.shape, 1 / 3, np.float32),
        offsets=np.stack([x, z, -y], 1).astype(np.float32),
        hidden=np.zeros(0, np.int64),
    )
    ring = np.arange(_AROUND + 1)
    row, column = np.meshgrid(np.arange(_DOWN - 1), ring[:-1], indexing="ij")
    here = (row * (_AROUND + 1) + column).ravel()
    below = here + _AROUND + 1
    faces = np.concatenate([
        np.stack([here, below, here + 1], 1), np.stack([here + 1, below, below + 1], 1)
    ])  # fmt: skip
    u, v = np.meshgrid(ring / _AROUND, np.linspace(1, 0, _DOWN))
    texcoords = np.stack([u.ravel(), v.ravel()], 1).astype(np.float32)
    piece = make_piece(
        anatomy,
        proxy.fit(body.neutral[0]),
        _weights(anatomy, places),
        faces,
        texcoords,
        faces,
        shares=anatomy.group_weights(body.weights[hung.ravel()].toarray())
        .reshape(len(hung), 3, -1)
        .mean(1),
    )
    return Garment("skirt", proxy, piece, None)


def _places(anatomy: Anatomy, cut: Cut) -> Floats:
    """Vertices [n,3] on the neutral body, ring by ring from the waist down."""
    body = anatomy.body
    joints = body.neutral[1]
    hips = joints[body.bone("upperleg01.L")]
    ankle = joints[body.bone("foot.L"), 2]
    waist = hips[2] + _WAIST_OVER_HIPS
    shortest, longest = hips[2] - 0.25, ankle + 0.06
    hem = shortest + cut.length * (longest - shortest)
    skin = body.neutral[0][np.unique(body.faces)]
    trunk = skin[(np.abs(skin[:, 0]) < 0.3) & (skin[:, 2] < waist + 0.03)]
    centre = np.array([0.0, float(trunk[np.abs(trunk[:, 2] - hips[2]) < 0.05, 1].mean())])
    angle = np.linspace(0, 2 * np.pi, _AROUND + 1)
    outwards = np.stack([np.sin(angle), -np.cos(angle)], 1)
    rings = []
    widest = np.zeros(_AROUND + 1)
    for height in np.linspace(waist, hem, _DOWN):
        level = trunk[np.abs(trunk[:, 2] - height) < 0.03, :2] - centre
        if height > hips[2] - 0.12:  # below, the cloth falls from the widest place
            widest = np.maximum(widest, (level @ outwards.T).max(0))
        down = waist - height
        fold = cut.depth * min(down / 0.5, 1) * np.cos(cut.pleats * angle)
        radius = widest + cut.gap + cut.flare * down + fold
        flat = centre + outwards * radius[:, None]
        rings.append(np.column_stack([flat, np.full(len(flat), height)]))
    return np.concatenate(rings)


def _weights(anatomy: Anatomy, places: Floats) -> sparse.csr_matrix:
    """Skin weights [n,104]: hips at the waist, more and more of the nearer leg further down."""
    body = anatomy.body
    joints = body.neutral[1]
    hip, knee, ankle = (
        joints[body.bone(f"{name}.L"), 2] for name in ("upperleg01", "lowerleg01", "foot")
    )
    thigh = 0.9 * _smooth((hip + 0.03 - places[:, 2]) / (hip - knee))
    calf = 0.5 * _smooth((knee - places[:, 2]) / (knee - ankle))
    left = _smooth(places[:, 0] / 0.24 + 0.5)
    weights = np.zeros((len(places), len(body.bones)), np.float32)
    weights[:, body.bone("spine05")] = 1 - thigh
    for side, share in ((".L", left), (".R", 1 - left)):
        weights[:, body.bone("upperleg01" + side)] = thigh * (1 - calf) * share
        weights[:, body.bone("lowerleg01" + side)] = thigh * calf * share
    return sparse.csr_matrix(weights)


def _smooth(x: Floats) -> Floats:
    x = x.clip(0, 1)
    return np.asarray(x * x * (3 - 2 * x))


def fold_texture(rng: np.random.Generator, pleats: int) -> np.ndarray:
    """Light and dark of hanging cloth, uint8 [512,512,4] grey."""
    size = TEXTURE_SIZE
    wander = smooth_noise(rng, size, 2.2) - 0.5
    along = np.linspace(0, 2 * np.pi, size) * pleats + wander * 4
    depth = np.linspace(1, 0.15, size)[:, None]  # bottom row first: folds fade towards the waist
    light = 200 + 38 * depth * np.cos(along) + 20 * (smooth_noise(rng, size, 1.6) - 0.5)
    out = np.full((size, size, 4), 255, np.uint8)
    out[..., :3] = light.clip(0, 255)[..., None]
    return out
