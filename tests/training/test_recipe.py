from __future__ import annotations

import pytest
from torch import nn

from bunraku.errors import InputError
from bunraku.networks.presets import OPTIONS, Preset
from bunraku.training.losses.terms import PLAIN_TERMS, PRIOR_TERMS
from bunraku.training.recipe import LIVE, PAPER, PAPER256, RECIPES, Part, Phase, decay_groups


def weights_of(phase: Phase) -> dict[str, float]:
    """Those that are not 0."""
    return {name: weight for name, weight in vars(phase.weights).items() if weight}


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


GEOMETRY = {"uv": 5.0, "parts": 1.0, "l1_geo": 1.0, "mask_geo": 1.0}
SMOOTH = {"variation": 1.0, "consistency": 5.0}
MATCHED = SMOOTH | {"correctness": 5.0, "affine": 0.01}
APPEARANCE = {"pyramid_app": 10.0, "l1_app": 1.0, "mask_app": 1.0, "source_warped": 1.0}
BLENDING = {"pyramid": 10.0, "l1": 1.0, "mask": 1.0, "adversarial": 1.0}


@pytest.mark.parametrize(
    ("phase", "wanted"),
    [
        ("geometry", GEOMETRY),
        ("warping", MATCHED | APPEARANCE),
        ("together", GEOMETRY | MATCHED | APPEARANCE | BLENDING),
        ("blending", BLENDING),
    ],
)
def test_the_paper_s_weights(phase: str, wanted: dict[str, float]) -> None:
    """Equations 10 to 14: each stage has these terms and no other."""
    assert weights_of(PAPER.phase(phase)) == wanted


def test_end_to_end_at_256() -> None:
    (phase,) = PAPER256.phases
    assert phase.steps == 600_000
    assert phase.learns == set(Part)
    assert weights_of(phase) == GEOMETRY | SMOOTH | APPEARANCE | BLENDING


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


def test_biases_and_normalisation_do_not_decay() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    decayed, plain = decay_groups(network, 0.1)
    assert decayed == {"params": [network[0].weight], "weight_decay": 0.1}
    assert plain["weight_decay"] == 0.0
    assert plain["params"] == [network[0].bias, network[1].weight, network[1].bias]
