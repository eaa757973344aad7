from __future__ import annotations

import pytest
import torch

from bunraku.networks.ablated import make_generator
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset
from bunraku.training.ablation.recipes import parts_of, recipe_of
from bunraku.training.ablation.rows import ROWS, scaled
from bunraku.training.ablation.run import used_parameters
from bunraku.training.recipe import PAPER, Part

BY_KEY = {row.key: row for row in ROWS}


def phases(key: str) -> dict[str, int]:
    return {p.name: p.steps for p in recipe_of(BY_KEY[key].options()).phases}


def test_the_full_row_is_the_paper_s_generator_and_recipe() -> None:
    options = BY_KEY["full"].options()
    assert options == OPTIONS[Preset.PAPER]
    assert recipe_of(options) == PAPER


def test_every_row_makes_as_many_steps() -> None:
    assert {recipe_of(row.options()).steps for row in ROWS} == {PAPER.steps}


def test_phases_of_what_is_left_out_are_not_made() -> None:
    assert phases("2d") == {"warping": 100_000, "together": 500_000}
    assert phases("2d-blender") == {"warping": 100_000, "together": 300_000, "blending": 200_000}
    assert phases("25d") == {"geometry": 100_000, "together": 500_000}
    assert phases("full") == {p.name: p.steps for p in PAPER.phases}


def test_terms_of_what_is_left_out_are_not_computed() -> None:
    plain = recipe_of(BY_KEY["2d"].options()).phase("together").weights
    assert plain.uv == plain.l1_geo == plain.correctness == plain.variation == 0.0
    assert (plain.pyramid, plain.pyramid_app, plain.mask_app) == (10.0, 10.0, 1.0)
    texture = recipe_of(BY_KEY["25d"].options()).phase("together").weights
    assert texture.l1_app == texture.consistency == 0.0
    assert (texture.uv, texture.pyramid) == (5.0, 10.0)


def test_what_takes_part() -> None:
    assert parts_of(BY_KEY["2d"].options()) == {Part.WARPING}
    assert parts_of(BY_KEY["25d-blender"].options()) == {
        Part.TEXTURE,
        Part.MOTION_ENCODER,
        Part.BLENDER,
    }
    assert parts_of(BY_KEY["full"].options()) == set(Part)


def test_used_parameters_are_the_whole_of_the_full_row() -> None:
    with torch.device("meta"):
        whole = make_generator(BY_KEY["full"].options())
        small = make_generator(BY_KEY["2d"].options())
    assert used_parameters(whole) == sum(p.numel() for p in whole.parameters())
    assert used_parameters(small) < 0.3 * used_parameters(whole)


def test_widths_are_scaled_and_sides_are_not() -> None:
    options = scaled(GeneratorOptions(), 0.25)
    assert (options.window, options.size, options.warping_blocks) == (256, 128, 6)
    assert options.motion == (16, 32, 64, 160)
    assert options.atlas_channels == 8  # no less
    with pytest.raises(ValueError, match="leaves nothing"):
        scaled(options, 0.0)
