from __future__ import annotations

import numpy as np
import pytest

from bunraku.training.people.anatomy import GROUPS, Anatomy
from bunraku.training.people.skirts import Cut, fold_texture, make_skirt, random_cut

SHORT = Cut(length=0.0, flare=0.1, gap=0.02, pleats=8, depth=0.0)
LONG = Cut(length=1.0, flare=0.4, gap=0.02, pleats=8, depth=0.02)


@pytest.mark.parametrize("cut", [SHORT, LONG])
def test_skirt_goes_around_the_body(anatomy: Anatomy, cut: Cut) -> None:
    piece = make_skirt(anatomy, cut).piece
    body = anatomy.body.neutral[0][np.unique(anatomy.body.faces)]
    top, hem = piece.neutral[:, 2].max(), piece.neutral[:, 2].min()
    for height in np.linspace(hem + 0.05, top - 0.02, 5):
        ring = piece.neutral[np.abs(piece.neutral[:, 2] - height) < 0.03]
        inside = body[(np.abs(body[:, 2] - height) < 0.02) & (np.abs(body[:, 0]) < 0.3)]
        assert ring[:, 0].max() > inside[:, 0].max()
        assert ring[:, 1].min() < inside[:, 1].min()
        assert ring[:, 1].max() > inside[:, 1].max()


def test_length_and_flare(anatomy: Anatomy) -> None:
    short, long = (make_skirt(anatomy, cut).piece.neutral for cut in (SHORT, LONG))
    joints = anatomy.body.neutral[1]
    knee = joints[anatomy.body.bone("lowerleg01.L"), 2]
    assert short[:, 2].min() > knee
    assert long[:, 2].min() < knee - 0.2
    assert np.ptp(long[:, 0]) > np.ptp(short[:, 0]) + 0.3


def test_skirt_fits_other_bodies(anatomy: Anatomy) -> None:
    skirt = make_skirt(anatomy, SHORT)
    wide = anatomy.body.rest({"age": 0.7, "weight": 0.95, "gender": 1.0})[0]
    fitted = skirt.proxy.fit(wide)
    skin = wide[np.unique(anatomy.body.faces)]
    low, high = np.percentile(fitted[:, 2], [15, 70])
    level = (skin[:, 2] > low) & (skin[:, 2] < high) & (np.abs(skin[:, 0]) < 0.35)
    assert np.ptp(fitted[:, 1]) > np.ptp(skin[level, 1]) - 0.01
    assert np.ptp(fitted[:, 0]) > np.ptp(skin[level, 0]) - 0.01


def test_each_side_follows_its_leg(anatomy: Anatomy) -> None:
    piece = make_skirt(anatomy, LONG).piece
    weights = piece.weights.toarray()
    assert np.allclose(weights.sum(1), 1, atol=1e-5)
    left = weights[:, anatomy.body.bone("upperleg01.L")]
    hem = piece.neutral[:, 2] < piece.neutral[:, 2].min() + 0.02
    far_left = hem & (piece.neutral[:, 0] > 0.2)
    far_right = hem & (piece.neutral[:, 0] < -0.2)
    assert left[far_left].min() > 0.3
    assert left[far_right].max() == 0
    groups = {GROUPS[int(g)] for g in piece.corner_groups[:, 0]}
    assert groups >= {"torso", "upper leg.L", "upper leg.R"}


def test_cuts_vary_and_folds_are_grey(rng: np.random.Generator) -> None:
    lengths = [random_cut(rng).length for _ in range(40)]
    assert np.std(lengths) > 0.2
    texture = fold_texture(rng, 9)
    assert texture.dtype == np.uint8
    assert (texture[..., 3] == 255).all()
    assert (texture[..., 0] == texture[..., 2]).all()
    assert texture[0, :, 0].std() > texture[-1, :, 0].std()  # deeper at the hem
