"""MakeHuman's files: garments (.mhclo), meshes (.obj) and textures.

An .mhclo file says how a garment's vertices hang on the body's, so that it fits every body; this
follows MakeHuman's proxy format.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from PIL import Image

from bunraku.errors import InputError
from bunraku.training.people.body import Floats, Ints

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
    for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
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
    for line in path.read_text(encoding="utf-8", errors="ignore").splitlines():
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
