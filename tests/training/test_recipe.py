from __future__ import annotations

import pytest

from bunraku.errors import InputError
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.training.losses.terms import PLAIN_TERMS, PRIOR_TERMS
from bunraku.training.recipe import LIVE, PAPER, PAPER256, RECIPES, Part


def test_the_paper_s_four_stages() -> None:
    """Section IV-A: which parts, how long, at what rate."""
    stages = {phase.name: (phase.steps, set(phase.learns)) for phase in PAPER.phases}
    assert stages == {
        "geometry": (100_000, {Part.TEXTURE, Part.MOTION_ENCODER}),
        "warping": (100_000, {Part.MOTION_ENCODER, Part.MOTION_DECODER, Part.WARPING}),
        "together": (200_000, set(Part)),
        "blending": (200_000, {Part.BLENDER}),
    }
    assert PAPER.steps == 600_000
    assert PAPER.samples == 8
    assert {phase.learning_rate for phase in PAPER.phases} == {2e-4}
    assert not any(phase.falls or phase.weight_decay for phase in PAPER.phases)


def test_the_paper_s_weights() -> None:
    weights = PAPER.phase("together").weights
    motion = weights.correctness, weights.affine, weights.variation, weights.consistency
    assert motion == (5.0, 0.01, 1.0, 5.0)
    assert (weights.uv, weights.parts) == (5.0, 1.0)
    assert (weights.pyramid, weights.pyramid_app, weights.l1, weights.l1_app) == (10, 10, 1, 1)
    assert (weights.mask, weights.mask_app, weights.mask_geo, weights.adversarial) == (1, 1, 1, 1)


def test_end_to_end_at_256() -> None:
    (phase,) = PAPER256.phases
    assert phase.steps == 600_000
    assert phase.learns == set(Part)
    assert phase.weights.correctness == phase.weights.affine == 0.0
    assert phase.weights.variation == 1.0


def test_live_sees_half_a_million_samples() -> None:
    assert LIVE.steps * LIVE.samples >= 500_000


@pytest.mark.parametrize("preset", list(Preset))
def test_a_preset_is_asked_only_for_what_it_has(preset: Preset) -> None:
    missing = PLAIN_TERMS if OPTIONS[preset].prior else PRIOR_TERMS
    for phase in RECIPES[preset].phases:
        assert [name for name in missing if getattr(phase.weights, name)] == []


def test_a_shorter_recipe() -> None:
    short = LIVE.scaled(0.001)
    assert [phase.steps for phase in short.phases] == [36, 6]
    assert [phase.warm_steps for phase in short.phases] == [3, 0]
    assert LIVE.scaled(1e-9).steps == 2


def test_an_unknown_phase_is_told() -> None:
    with pytest.raises(InputError, match=r"no phase 'x'.*Use all, learn, sharpen"):
        LIVE.phase("x")


def test_another_batch_and_rate() -> None:
    other = LIVE.with_batch(7).at_rate(5e-4)
    assert (other.people, other.drives, other.samples) == (2, 3, 6)
    assert LIVE.with_batch(1).people == 1
    assert [p.learning_rate for p in other.phases] == pytest.approx([5e-4, 1e-4])
