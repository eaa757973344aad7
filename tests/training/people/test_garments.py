from __future__ import annotations

from pathlib import Path

import numpy as np

from bunraku.training.people.anatomy import GROUPS, HEAD, Anatomy
from bunraku.training.people.garments import load_garment


def test_suit_has_an_upper_and_a_lower_half(anatomy: Anatomy, assets: Path) -> None:
    path = assets / "makehuman/clothes/male_casualsuit04/male_casualsuit04.mhclo"
    piece = load_garment(anatomy, path, None).piece
    height = piece.neutral[piece.vertex_triangles].mean(1)[:, 2]
    assert 0.2 < piece.upper.mean() < 0.8
    assert height[piece.upper].min() > height[~piece.upper].min() + 0.4


def test_borders_between_groups_run_through_triangles(anatomy: Anatomy, assets: Path) -> None:
    path = assets / "makehuman/clothes/female_sportsuit01/female_sportsuit01.mhclo"
    piece = load_garment(anatomy, path, None).piece
    first, second = piece.corner_groups.T
    assert set(np.unique(first).astype(int)) <= set(range(len(GROUPS)))
    mixed = first != second
    assert 0 < mixed.mean() < 0.3
    assert (piece.corner_border[~mixed] == 1).all()
    # A shared vertex is decided alike by all triangles whose candidates are the same two.
    assert np.abs(piece.corner_border).max() <= 1


def test_hair_is_head_wherever_it_hangs(anatomy: Anatomy, assets: Path) -> None:
    path = assets / "makehuman/hair/bob02/bob02.mhclo"
    garment = load_garment(anatomy, path, None, hair=True)
    assert (garment.piece.corner_groups == HEAD).all()
    weights = np.asarray(garment.piece.weights.sum(1)).ravel()
    assert np.allclose(weights, 1, atol=1e-4)


def test_normals_point_outwards(anatomy: Anatomy, assets: Path) -> None:
    path = assets / "makehuman/clothes/male_casualsuit04/male_casualsuit04.mhclo"
    piece = load_garment(anatomy, path, None).piece
    normals = piece.normals(piece.neutral)
    belly = (np.abs(piece.neutral[:, 2] - 0.35) < 0.1) & (np.abs(piece.neutral[:, 0]) < 0.08)
    outwards = np.sign(piece.neutral[belly, 1] - piece.neutral[belly, 1].mean())
    assert np.mean(normals[belly, 1] * outwards > 0) > 0.9
