"""Random layers, as ``compose`` takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels import BodyMesh, PhotoMesh, rasterise


def scene(rng: np.random.Generator, n: int, groups: int) -> tuple[Any, ...]:
    """Triangles of a photo and of a body anywhere in and around a window of n pixels."""
    m, v = 12, 20
    vertices = rng.uniform(-0.2 * n, 1.2 * n, (v, 3)).astype(np.float32)
    triangles = rng.integers(0, v, (groups * m, 3)).astype(np.int32)
    photo = PhotoMesh(
        triangles,
        (vertices[:, :2] + rng.normal(0, 2, (v, 2))).astype(np.float32),
        rng.random(groups * m) < 0.5,
        rng.random((n, n, 4), np.float32),
        rng.random((n, n), np.float32),
        rng.uniform(0.5, 1.0, (n, n)).astype(np.float32),
        rng.random((groups, n, n), np.float32),
        np.clip(rng.uniform(-0.3, 1.6, v), 0.0, 1.0).astype(np.float32),
    )
    group = np.repeat(np.arange(groups), m)
    sheets = [
        rasterise(vertices, triangles, (n, n), keep=group == k, tight=k % 2 == 0)
        for k in range(groups)
    ]
    behind = rng.uniform(0, n, (9, 3)).astype(np.float32)
    body = BodyMesh(
        rng.integers(0, 9, (5, 3)).astype(np.int32),
        rng.uniform(-2, n + 2, (9, 2)).astype(np.float32),
        rng.integers(0, 3, (5, 2)).astype(np.int32),
        np.clip(rng.uniform(-0.5, 1.5, 9), 0.0, 1.0).astype(np.float32),
        rng.random((3, n, n, 3), np.float32),
    )
    return sheets, photo, rasterise(behind, body.triangles, (n, n), tight=True), body, 0.1 * n
